// A resolved.conf of systemd, with its drop-ins, as a Corefile. Knows its settings; what networkd says of links is not in it.
import { dirname, basename, join } from 'node:path';
import { parseAddress } from '../dns/address.ts';
import type { Importer } from './importer.ts';
import { plainName } from './names.ts';
import type { Fate, Line, Where } from './outcome.ts';
import type { Source } from './source.ts';

interface Setting extends Where {
  readonly name: string;
  readonly value: string;
}

/** Imports a file with the drop-ins beside it (`resolved.conf.d/*.conf`). Throws ImportError. */
export const importResolved: Importer = (file, source, outcome) => {
  const settings = [file, ...dropIns(file, source)].flatMap((path) => settingsOf(source.text(path, { file: path, line: 0 }), path));
  const resolved = new Resolved();
  for (const each of settings) outcome.tell(each, `${each.name}=${each.value}`, resolved.take(each));
  for (const { zone, port, lines } of resolved.blocks()) outcome.blocks.push({ keys: [`${zone}:${port}`], lines });
  if (resolved.servers.length === 0) outcome.tell({ file, line: 0 }, 'DNS=',
    { lost: 'no server is named: those of links are not in this file' });
};

function dropIns(file: string, source: Source): string[] {
  const folder = join(dirname(file), `${basename(file)}.d`);
  try {
    return source.list(folder, { file, line: 0 }).filter((name) => name.endsWith('.conf')).map((name) => join(folder, name));
  } catch {
    return [];
  }
}
function settingsOf(text: string, file: string): Setting[] {
  const found: Setting[] = [];
  let section = '';
  for (const [i, row] of text.split('\n').entries()) {
    const line = row.trim();
    if (line === '' || /^[#;]/.test(line)) continue;
    const [, title] = /^\[(.*)\]$/.exec(line) ?? [];
    const equals = line.indexOf('=');
    if (title !== undefined) section = title;
    else if (section !== 'Resolve' || equals < 0) found.push({ file, line: i + 1, name: equals < 0 ? line
      : `[${section}] ${line.slice(0, equals)}`, value: '' });
    else found.push({ file, line: i + 1, name: line.slice(0, equals).trim(), value: line.slice(equals + 1).trim() });
  }
  return found;
}
const BOOLEANS: Readonly<Record<string, boolean>> = { yes: true, true: true, on: true, 1: true, no: false, false: false, off: false,
  0: false };
interface Upstream {
  readonly address: string;
  readonly port: string | undefined;
  readonly name: string | undefined;
}

class Resolved {
  #servers: Upstream[] = [];
  #fallback: Upstream[] = [];
  #zones: string[] = [];
  readonly #extra: { readonly address: string; readonly port: string }[] = [];
  readonly #words = new Map<string, string>();

  /** Those that are asked: the others are for when there are none. */
  get servers(): readonly Upstream[] {
    return this.#servers.length > 0 ? this.#servers : this.#fallback;
  }
  take({ name, value }: Setting): Fate | undefined {
    switch (name) {
      case 'DNS': return this.#list(value, 'servers');
      case 'FallbackDNS': return this.#list(value, 'fallback');
      case 'Domains': return this.#domains(value);
      case 'DNSStubListenerExtra': return this.#listener(value);
      case 'Cache': case 'DNSOverTLS': case 'DNSSEC': case 'ReadEtcHosts': case 'DNSStubListener': this.#words.set(name,
        value); return this.#said(name, value);
      case 'StaleRetentionSec': return /^\d{1,9}$/.test(value) ? void this.#words.set(name, value) : { lost: 'it is no number of seconds' };
      case 'LLMNR': case 'MulticastDNS': return BOOLEANS[value] === false ? undefined
        : { lost: `${name} is no DNS: names of neighbours are not asked of them` };
      case 'ResolveUnicastSingleLabel': return BOOLEANS[value] === true ? undefined
        : { note: 'names without a dot are asked of upstreams as others are' };
      case 'CacheFromLocalhost': return { idle: 'answers of servers on this machine are kept too' };
      default: return { lost: 'there is no such setting' };
    }
  }
  /** An empty list forgets those before. */
  #list(value: string, which: 'servers' | 'fallback'): Fate | undefined {
    const list = value.split(/\s+/).filter((each) => each !== '').map(upstreamOf);
    if (list.includes(undefined)) return { lost: `${value} is no list of servers` };
    if (which === 'servers') this.#servers = value === '' ? [] : [...this.#servers, ...list as Upstream[]];
    else this.#fallback = value === '' ? [] : [...this.#fallback, ...list as Upstream[]];
    return undefined;
  }
  #domains(value: string): Fate | undefined {
    if (value === '') this.#zones = [];
    const words = value.split(/\s+/).filter((each) => each !== '');
    const routed = words.filter((each) => each.startsWith('~')).map((each) => (each === '~.' ? '.' : plainName(each.slice(1))));
    if (routed.includes(undefined)) return { lost: `${value} is no list of domains` };
    this.#zones.push(...(routed as string[]).filter((zone) => zone !== '.'));
    return words.some((each) => !each.startsWith('~')) ? { note: 'search domains are the clients\' own matter' } : undefined;
  }
  #listener(value: string): Fate | undefined {
    const [, address = '', port = '53'] = parseAddress(value) !== undefined ? ['', value]
      : /^(?:udp:|tcp:)?\[?([^\]]*?)\]?:(\d{1,5})$/.exec(value) ?? [];
    if (parseAddress(address) === undefined || Number(port) === 0 || Number(port) > 65535) return { lost: `${value} is no address` };
    this.#extra.push({ address, port });
    return this.#extra.some((each) => each.port !== port) ? { lost: 'one port for all addresses: write a block for each' } : undefined;
  }
  #said(name: string, value: string): Fate | undefined {
    const is = BOOLEANS[value];
    if (name === 'Cache') return is !== undefined || value === 'no-negative' ? undefined
      : { lost: `${value} is none of yes, no, no-negative` };
    if (name === 'DNSSEC') return is === false ? undefined : is === true && !this.#isEncrypted ? undefined
      : { lost: 'upstreams over TLS, or those that may not know of DNSSEC, are not validated' };
    if (name === 'DNSOverTLS') return is !== undefined ? undefined : value === 'opportunistic'
      ? { note: 'without TLS, since not every server has it' } : { lost: `${value} is none of yes, no, opportunistic` };
    if (name === 'DNSStubListener') return is === false ? { note: 'it listens all the same: this is a server' } : undefined;
    return is === undefined ? { lost: `${value} is neither yes nor no` } : undefined;
  }
  get #isEncrypted(): boolean {
    return BOOLEANS[this.#words.get('DNSOverTLS') ?? 'no'] === true;
  }
  blocks(): { readonly zone: string; readonly port: string; readonly lines: Line[] }[] {
    const [port = '53'] = this.#extra.map((each) => each.port);
    const bind: Line = { words: ['bind', ...this.#extra.length === 0 ? ['127.0.0.53'] : new Set(this.#extra.map(({ address }) =>
      address))] };
    const stale = this.#words.get('StaleRetentionSec'), cache = this.#words.get('Cache') ?? 'yes';
    const inside: Line[] = [...cache === 'no-negative' ? [{ words: ['disable', 'denial'] }] : [],
      ...stale === undefined || Number(stale) === 0 ? [] : [{ words: ['serve_stale', `${stale}s`, 'verify'] }]];
    const to = [...new Set(this.servers.map((each) => placeOf(each, this.#isEncrypted)))];
    const asks = to.length === 0 ? [] : [BOOLEANS[this.#words.get('DNSSEC') ?? 'no'] === true && !this.#isEncrypted
      ? { words: ['recursive'], inside: [{ words: ['forward', '.', ...to] }] } : { words: ['forward', '.', ...to] }];
    const lines: Line[] = [{ words: ['errors'] }, bind, ...BOOLEANS[cache] === false ? [] : [{ words: ['cache'], ...inside.length === 0
      ? {} : { inside } }],
      ...BOOLEANS[this.#words.get('ReadEtcHosts') ?? 'yes'] === false ? [] : [{ words: ['hosts', '/etc/hosts'],
        inside: [{ words: ['fallthrough'] }] }], ...asks];
    return ['.', ...new Set(this.#zones)].map((zone) => ({ zone, port, lines }));
  }
}
/** `ADDRESS[:PORT][%INTERFACE][#NAME]`. */
function upstreamOf(text: string): Upstream | undefined {
  const [place = '', name] = text.split('#');
  const bare = place.replace(/%.*$/, '');
  const [, address = '', port] = parseAddress(bare) !== undefined ? ['', bare] : /^\[?([^\]]*?)\]?:(\d{1,5})$/.exec(bare) ?? [];
  if (parseAddress(address) === undefined || (name !== undefined && plainName(name) === undefined)) return undefined;
  return port !== undefined && (Number(port) === 0 || Number(port) > 65535) ? undefined : { address, port, name };
}
function placeOf({ address, port, name }: Upstream, isEncrypted: boolean): string {
  const six = address.includes(':');
  const place = port === undefined ? (six && isEncrypted ? `[${address}]` : address) : six ? `[${address}]:${port}` : `${address}:${port}`;
  return isEncrypted ? `tls://${place}${name === undefined ? '' : `%${name}`}` : place;
}
