// What a dnsmasq.conf says, option by option, as values. Knows what options mean; knows no Corefile.
import { parseAddress, parseCIDR } from '../../dns/address.ts';
import { isWritable } from '../corefile-text.ts';
import { plainName } from '../names.ts';
import type { Fate, Line } from '../outcome.ts';
import type { LocalRecord } from '../records.ts';
import type { Source } from '../source.ts';
import { plain } from './lines.ts';
import type { Option } from './lines.ts';
import type { HostEntry, Made, RecordDefaults } from './records.ts';
import { Servers } from './servers.ts';

/** A hosts file, or a folder of them, and the option that names it. */
export interface HostsFile {
  readonly path: string;
  readonly isFolder: boolean;
  readonly option: Option;
}
/** What becomes of an option; `unknown` where nobody here obeys it. */
type Taken = Fate | undefined | 'unknown';

/** The options of a file. */
export class Settings {
  readonly servers = new Servers();
  readonly hosts: HostEntry[] = [];
  readonly records: LocalRecord[] = [];
  readonly hostsFiles: HostsFile[] = [];
  readonly listens: string[] = [];
  readonly leaves: string[] = [];
  readonly resolvFiles: string[] = [];
  readonly rebindOk: string[] = [];
  readonly bogus: string[] = [];
  readonly filtered = new Set<string>();
  /** Lines that each block has before its cache. */
  readonly lists: Line[] = [];
  readonly switches = new Set<string>();
  readonly numbers = new Map<string, number>();
  defaults: RecordDefaults = { ttl: 0, mailHost: 'localhost', domain: undefined };

  readonly #source: Source;

  constructor(source: Source) {
    this.#source = source;
  }
  /** Options that count for others, wherever they stand. */
  first(options: readonly Option[], hostname: string): void {
    const last = (name: string): string => options.findLast((each) => each.name === name)?.value ?? '';
    const ttl = Number(/^\d{1,10}$/.exec(last('local-ttl'))?.[0] ?? 0);
    const domains = options.filter(({ name, value = '' }) => name === 'domain' && !value.includes(','));
    this.defaults = { ttl: Math.min(ttl, 0x7fffffff), mailHost: last('mx-target') === '' ? hostname : last('mx-target'),
      domain: plainName(domains.at(-1)?.value ?? '') };
  }
  /** Keeps what an option of a record makes. */
  keep(made: Made): Fate | undefined {
    if ('lost' in made || 'idle' in made || 'note' in made) return made;
    this.records.push(...made.records ?? []);
    this.hosts.push(...made.hosts ?? []);
    return undefined;
  }
  /** Takes any other one. */
  take(option: Option): Taken {
    const { name, value } = option;
    if (SWITCHES.has(name)) return void this.switches.add(name);
    if (Object.hasOwn(NUMBERS, name)) return this.#number(name, value ?? (name === 'use-stale-cache' ? '86400' : ''));
    return this.#listed(option, value ?? '');
  }
  #listed(option: Option, value: string): Taken {
    const { name } = option;
    switch (name) {
      case 'server': case 'local': return this.servers.server(value);
      case 'address': return this.servers.address(value);
      case 'rev-server': return this.servers.reverse(value);
      case 'resolv-file': case 'addn-hosts': case 'hostsdir': return this.#file(option, plain(value));
      case 'listen-address': return this.#addresses(value, this.listens);
      case 'interface': case 'except-interface': return this.#interfaces(name, value);
      case 'domain': return this.#domain(value);
      case 'mx-target': return plainName(value) === undefined ? { lost: `${plain(value)} is no name` } : undefined;
      case 'rebind-domain-ok': return this.#rebind(value);
      case 'bogus-nxdomain': return this.#addresses(value, this.bogus);
      case 'filter-A': case 'filter-AAAA': this.filtered.add(name.slice(7)); return FILTERED;
      case 'filter-rr': return this.#types(value);
      default: return 'unknown';
    }
  }
  #file(option: Option, path: string): Fate | undefined {
    if (path === '' || !isWritable(path)) return { lost: 'a path that a Corefile cannot name' };
    if (option.name === 'resolv-file') {
      if (!this.#source.has(path)) return { lost: 'it cannot be read' };
      this.resolvFiles.push(path);
    } else this.hostsFiles.push({ path, isFolder: option.name === 'hostsdir', option });
    return undefined;
  }
  #number(name: string, value: string): Fate | undefined {
    const most = NUMBERS[name]!;
    if (!/^\d{1,10}$/.test(value) || Number(value) > most) return { lost: `${plain(value)} is no number up to ${most}` };
    this.numbers.set(name, Number(value));
    if (name === 'port' && Number(value) === 0) return { lost: 'port 0 is no DNS at all' };
    return undefined;
  }
  #addresses(value: string, list: string[]): Fate | undefined {
    for (const each of value.split(',').map((part) => part.trim())) {
      if (parseAddress(each) === undefined && parseCIDR(each) === undefined) return { lost: `${plain(each)} is no address` };
      list.push(each);
    }
    return undefined;
  }
  #interfaces(name: string, value: string): Fate | undefined {
    const names = value.split(',').map((part) => part.trim());
    if (names.some((each) => each.includes('*') || !/^[\w.:-]+$/.test(each))) return { lost: 'interfaces are named whole: see bind' };
    (name === 'interface' ? this.listens : this.leaves).push(...names);
    return undefined;
  }
  #domain(value: string): Fate | undefined {
    const [name = '', network] = value.split(',');
    if (name === '#' || plainName(name) === undefined) return { lost: 'the domain of DHCP clients is not read from elsewhere' };
    return network === undefined ? undefined : { idle: 'the domain of DHCP clients of one network' };
  }
  #rebind(value: string): Fate | undefined {
    const names = value.replaceAll(/^\/|\/$/g, '').split('/').map(plainName);
    if (names.includes(undefined)) return { lost: `${plain(value)} is no list of domains` };
    this.rebindOk.push(...names as string[]);
    return undefined;
  }
  #types(value: string): Fate {
    const types = value.split(',').map((each) => each.trim().toUpperCase());
    if (types.some((each) => !/^[A-Z][A-Z0-9]*$/.test(each)
      || each === 'ANY')) return { lost: `${plain(value)} are no types by their names` };
    for (const each of types) this.filtered.add(each);
    return FILTERED;
  }
}
const FILTERED: Fate = { note: 'acl answers such questions with nothing, own records among them' };
const SWITCHES: ReadonlySet<string> = new Set(['no-resolv', 'strict-order', 'all-servers', 'no-hosts', 'expand-hosts', 'bogus-priv',
  'domain-needed',
  'stop-dns-rebind', 'rebind-localhost-ok', 'no-negcache', 'log-queries', 'dns-loop-detect']);
const NUMBERS: Readonly<Record<string, number>> = { port: 65535, 'cache-size': 0x7fffffff, 'local-ttl': 0x7fffffff, 'max-ttl': 0x7fffffff,
  'max-cache-ttl': 0x7fffffff, 'min-cache-ttl': 3600, 'use-stale-cache': 0x7fffffff, 'dns-forward-max': 1_000_000 };
