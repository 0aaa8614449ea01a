// Whom dnsmasq asks for which names, and what it answers for whole domains: `server`, `local`, `address`, `rev-server`. Knows their forms;
// knows no Corefile.
import { reverseZones } from '../../corefile/reverse.ts';
import { parseAddress } from '../../dns/address.ts';
import { plainName } from '../names.ts';
import type { Fate } from '../outcome.ts';
import { plain } from './lines.ts';

/** Whom a domain's names are asked for. */
export interface Domain {
  readonly servers: string[];
  /** `#`: as all other names. */
  standard: boolean;
}
/** What a domain's names are answered with; nothing at all is NXDOMAIN. */
export interface Answered {
  readonly a: string[];
  readonly aaaa: string[];
}

/** All rules about domains; the root's are those of `#`. */
export class Servers {
  readonly upstreams: string[] = [];
  readonly domains = new Map<string, Domain>();
  readonly answered = new Map<string, Answered>();
  /** The addresses from which servers are asked. */
  readonly sources = new Set<string>();

  /** `server=`, `local=`. */
  server(value: string): Fate | undefined {
    const { names, rest } = parted(value);
    if (names === undefined) return rest === '' ? { idle: 'it names no server' } : this.#upstream(rest, this.upstreams);
    const domains = domainsOf(names);
    if (!Array.isArray(domains)) return domains;
    for (const domain of domains) {
      if (domain === '') {
        const fate = rest === '' || rest === '#' ? { lost: 'it is about all names' } : this.#upstream(rest, this.upstreams);
        if (fate !== undefined) return fate;
        continue;
      }
      const known = this.domains.get(domain) ?? { servers: [], standard: false };
      this.domains.set(domain, known);
      if (rest === '#') known.standard = true;
      const fate = rest === '' || rest === '#' ? undefined : this.#upstream(rest, known.servers);
      if (fate !== undefined) return fate;
    }
    return undefined;
  }
  /** `address=`. */
  address(value: string): Fate | undefined {
    const { names, rest } = parted(value);
    if (names === undefined) return { lost: 'a domain between slashes is missing' };
    const domains = domainsOf(names);
    if (!Array.isArray(domains)) return domains;
    const octets = parseAddress(rest)?.length;
    if (rest !== '' && rest !== '#' && octets === undefined) return { lost: `${plain(rest)} is no address` };
    for (const domain of domains) {
      const known = this.answered.get(domain) ?? { a: [], aaaa: [] };
      this.answered.set(domain, known);
      if (rest === '#') known.a.push('0.0.0.0');
      if (rest === '#') known.aaaa.push('::');
      if (octets !== undefined) (octets === 4 ? known.a : known.aaaa).push(rest);
    }
    return undefined;
  }
  /** `rev-server=NETWORK,SERVER`. */
  reverse(value: string): Fate | undefined {
    const comma = value.indexOf(',');
    const network = comma < 0 ? value : value.slice(0, comma);
    const zones = reverseZones(network.includes('/') ? network : `${network}/${network.includes(':') ? 128 : 32}`);
    if (zones === undefined) return { lost: `${plain(network)} is no network` };
    return this.server(`/${zones.map((zone) => zone.slice(0, -1)).join('/')}/${comma < 0 ? '' : value.slice(comma + 1)}`);
  }
  /** `ADDRESS[#PORT][@INTERFACE][@SOURCE[#PORT]]`. */
  #upstream(text: string, list: string[]): Fate | undefined {
    const [server = '', ...from] = text.split('@');
    const [host = '', port = '53'] = server.split('#');
    const octets = parseAddress(host)?.length;
    if (!/^\d{1,5}$/.test(port) || Number(port) > 65535) return { lost: `${plain(port)} is no port` };
    const named = octets === undefined ? plainName(host) : host;
    if (named === undefined) return { lost: `${plain(host)} is no server` };
    const source = from.map((each) => each.split('#')[0]!);
    if (source.some((each) => parseAddress(each) === undefined)) {
      return { lost: 'servers are asked by the route of the machine, not by an interface' };
    }
    for (const each of source) this.sources.add(each);
    const address = octets === 16 ? `[${named}]:${port}` : `${named}:${port}`;
    list.push(port !== '53' ? address : named);
    return undefined;
  }
}

/** `/a/b/rest`; no names where it begins with no slash. */
function parted(value: string): { readonly names: readonly string[] | undefined; readonly rest: string } {
  if (!value.startsWith('/')) return { names: undefined, rest: value };
  const end = value.lastIndexOf('/');
  return end === 0 ? { names: [], rest: value.slice(1) } : { names: value.slice(1, end).split('/'), rest: value.slice(end + 1) };
}
/** The names as they are kept, the root's for `#`; or why they cannot be. */
function domainsOf(names: readonly string[]): string[] | Fate {
  const domains: string[] = [];
  for (const each of names) {
    if (each === '') return { lost: 'names without a dot have no servers of their own here' };
    if (/^\*[^.]/.test(each)) return { lost: 'a pattern that ends within a label' };
    // A dot or `*.` before it means the same as none.
    const name = each === '#' ? '' : plainName(each.replace(/^\*?\./, ''));
    if (name === undefined) return { lost: `${plain(each)} is no name` };
    domains.push(name);
  }
  return domains.length === 0 ? { lost: 'a domain between slashes is missing' } : domains;
}
