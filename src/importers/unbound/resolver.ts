// Whom Unbound asks and what it believes, as properties of *recursive*; forwarders over TLS as blocks of their own. Knows settings; knows
// no
// client.
import { parseAddress, parseCIDR } from '../../dns/address.ts';
import { parseRR } from '../../dns/rr.ts';
import { TYPE } from '../../dns/type-name.ts';
import { isWritable } from '../corefile-text.ts';
import { plainName } from '../names.ts';
import type { Fate, Line } from '../outcome.ts';
import type { Source } from '../source.ts';
import type { Clause, Setting } from './read.ts';
import { serverOf } from './zones.ts';

const NUMBERS: ReadonlySet<string> = new Set(['serve-expired-ttl', 'serve-expired-reply-ttl', 'serve-expired-client-timeout',
  'cache-min-ttl',
  'cache-max-ttl']);

/** The settings about resolving. */
export class Resolver {
  readonly #source: Source;
  readonly #lines: Line[] = [];
  readonly #encrypted: { readonly zone: string; readonly to: readonly string[] }[] = [];
  readonly #anchors: string[] = [];
  readonly #private: string[] = [];
  readonly #public: string[] = [];
  readonly #insecure: string[] = [];
  readonly #said = new Map<string, string>();
  #validates = true;
  #follows = false;

  constructor(source: Source) {
    this.#source = source;
  }
  /** A setting of the clause `server`; `unknown` where it is about something else. */
  take({ name, values: [value = ''] }: Setting): Fate | undefined | 'unknown' {
    switch (name) {
      case 'private-address': return this.#network(value);
      case 'private-domain': return this.#name(value, this.#public);
      case 'domain-insecure': return this.#name(value, this.#insecure);
      case 'auto-trust-anchor-file': {
        this.#follows = true;
        return { note: 'the root\'s keys are built in' };
      }
      case 'trust-anchor': case 'trust-anchor-file': case 'trusted-keys-file': return this.#anchor(name, value);
      case 'root-hints': return this.#source.has(value) && isWritable(value) ? void this.#lines.push({ words: ['root_hints', value] })
        : { lost: 'it cannot be read' };
      case 'qname-minimisation': case 'qname-minimisation-strict': case 'prefetch': case 'do-ip6': case 'serve-expired':
        return value === 'yes' || value === 'no' ? void this.#said.set(name, value) : { lost: `${value} is neither yes nor no` };
      case 'do-ip4': return value === 'yes' ? undefined : { lost: 'servers are asked over IPv4 too' };
      default:
        if (!NUMBERS.has(name)) return 'unknown';
        return /^\d{1,9}$/.test(value) ? void this.#said.set(name, value) : { lost: `${value} is no number` };
    }
  }
  #network(value: string): Fate | undefined {
    const octets = parseAddress(value);
    if (octets === undefined && parseCIDR(value) === undefined) return { lost: `${value} is no network` };
    this.#private.push(octets === undefined ? value : `${value}/${octets.length * 8}`);
    return undefined;
  }
  #name(value: string, into: string[]): Fate | undefined {
    const name = value === '.' ? '.' : plainName(value);
    if (name === undefined) return { lost: `${value} is no name` };
    into.push(name);
    return undefined;
  }
  /** `module-config`. */
  modules(value: string): Fate | undefined {
    this.#validates = value.split(/\s+/).includes('validator');
    return undefined;
  }
  #anchor(name: string, value: string): Fate | undefined {
    try {
      const type = name === 'trust-anchor' ? parseRR(value)?.type : undefined;
      if (name === 'trust-anchor' ? type !== TYPE.DS && type !== TYPE.DNSKEY
        : !this.#source.has(value)) return { lost: 'there is no key in it' };
    } catch (error) {
      return { lost: (error as Error).message };
    }
    if (name === 'trusted-keys-file') return { lost: 'keys in the form of BIND: write them as DS records, for trust-anchor-file' };
    if (!isWritable(value)) return { lost: 'it cannot be written' };
    this.#anchors.push(value);
    return undefined;
  }
  /** A clause `stub-zone` or `forward-zone`. */
  zone({ kind, settings }: Clause): Fate | undefined {
    const prefix = kind === 'stub-zone' ? 'stub' : 'forward';
    const all = (name: string): string[] => settings.filter((each) => each.name === name).map(({ values: [value = ''] }) => value);
    const named = all('name').at(-1) ?? '', zone = named === '.' ? '.' : plainName(named);
    if (zone === undefined) return { lost: 'its name cannot be written' };
    if (all(`${prefix}-host`).length > 0) return { lost: `servers by their names: name ${prefix}-addr` };
    if (all(`${prefix}-first`).at(-1) === 'yes') return { lost: 'servers that fail are not passed over for those of the world' };
    const texts = all(`${prefix}-addr`), servers = texts.map(serverOf);
    if (servers.length === 0 || servers.includes(undefined)) return { lost: `its servers are no addresses` };
    const isEncrypted = [...all(`${prefix}-tls-upstream`), ...all(`${prefix}-ssl-upstream`)].at(-1) === 'yes';
    if (!isEncrypted) {
      this.#lines.push({ words: [prefix, zone, ...servers as string[]] });
      return undefined;
    }
    if (prefix === 'stub') return { lost: 'servers of zones are not asked over TLS' };
    this.#encrypted.push({ zone: zone === '.' ? '' : zone, to: texts.map(encryptedServer) });
    return this.#isValidating ? { note: 'what comes over TLS is not validated here a second time' } : undefined;
  }
  get #isValidating(): boolean {
    return this.#validates && (this.#anchors.length > 0 || this.#follows);
  }
  #cache(stale: readonly Line[] = []): Line[] {
    const least = this.#said.get('cache-min-ttl'), most = this.#said.get('cache-max-ttl');
    const isLeast = least !== undefined && Number(least) > 0;
    const inside: Line[] = [
      ...isLeast ? [{ words: ['success', '9984', String(Math.max(Number(most ?? 86_400), Number(least))), least] }] : [], ...stale,
    ];
    return [{ words: ['cache', ...most === undefined ? [] : [String(Math.max(1, Number(most)))]], ...inside.length === 0 ? {}
      : { inside } }];
  }
  /**
   * What a block has that resolves, or forwards over TLS. `special` are zones for which others are asked although a resolver would answer
   * itself: by whoever has all names.
   */
  lines(special: readonly string[]): Line[] {
    if (this.#encrypted.some(({ zone }) => zone === '')) return this.#over(this.#encrypted.find(({ zone }) => zone === '')!.to);
    const yes = (name: string, otherwise: string): boolean => (this.#said.get(name) ?? otherwise) === 'yes';
    const expired = Number(this.#said.get('serve-expired-ttl') ?? 86_400);
    const [, , ...all] = this.#lines.find(({ words: [, zone] }) => zone === '.')?.words ?? [];
    const known = new Set(this.#lines.map(({ words: [, zone] }) => zone));
    const asked = all.length === 0 ? [] : special.filter((zone) => !known.has(zone));
    const inside: Line[] = [
      ...asked.map((zone) => ({ words: ['forward', zone, ...all] })), ...this.#anchors.map((each) => ({ words: ['trust_anchor', each] })),
        ...this.#lines,
      ...this.#isValidating ? this.#insecure.map((each) => ({ words: ['insecure', each] })) : [{ words: ['insecure', '.'] }],
      ...!yes('qname-minimisation', 'yes') ? [{ words: ['minimise', 'off'] }]
        : yes('qname-minimisation-strict', 'no') ? [{ words: ['minimise', 'strict'] }] : [],
      ...yes('do-ip6', 'yes') ? [] : [{ words: ['ipv6', 'off'] }],
      ...yes('serve-expired', 'no') ? [{ words: ['stale', expired === 0 ? '8760h' : `${expired}s`,
        'answer', `${this.#said.get('serve-expired-reply-ttl') ?? '30'}s`, 'after',
          `${this.#said.get('serve-expired-client-timeout') ?? '1800'}ms`] }] : [],
      ...yes('prefetch', 'no') ? [{ words: ['prefetch'] }] : [], ...this.#privateLine(),
    ];
    return [...this.#cache(), { words: ['recursive'], inside }];
  }
  #privateLine(): Line[] {
    if (this.#private.length === 0) return [];
    return [{ words: ['private', ...this.#private, ...this.#public.length === 0 ? [] : ['except', ...this.#public]] }];
  }
  #over(to: readonly string[]): Line[] {
    const inside = this.#privateLine();
    const kept = Number(this.#said.get('serve-expired-ttl') ?? 86_400);
    const stale: Line[] = [
      ...this.#said.get('prefetch') === 'yes' ? [{ words: ['prefetch', '2'] }] : [],
      ...this.#said.get('serve-expired') === 'yes' ? [{ words: ['serve_stale', kept === 0 ? '8760h' : `${kept}s`, 'verify'] }] : [],
    ];
    return [...this.#cache(stale), { words: ['forward', '.', ...to], ...inside.length === 0 ? {} : { inside } }];
  }
  /** Blocks of zones that are forwarded over TLS. */
  encrypted(): { readonly zone: string; readonly lines: Line[] }[] {
    const zones = this.#encrypted.filter(({ zone }) => zone !== '').map(({ zone, to }) => ({ zone, lines: this.#over(to) }));
    if (zones.length === this.#encrypted.length) return zones;
    // Zones that have servers of their own beside those for all names.
    const plain = this.#lines.filter(({ words: [, zone] }) => zone !== '.' && zone !== undefined && !zone.includes('/'));
    return [...zones, ...plain.map((line) => ({ zone: line.words[1]!,
      lines: [...this.#cache(), { words: ['recursive'], inside: [line, { words: ['insecure', '.'] }] }] }))];
  }
}
/** `192.0.2.1@853#dns.example`. */
function encryptedServer(text: string): string {
  const name = text.split('#')[1], server = serverOf(text)!;
  const place = server.includes(':') && !server.includes('.') && !server.startsWith('[') ? `[${server}]` : server;
  return `tls://${place}${name === undefined ? '' : `%${name}`}`;
}
