// Which encrypted listeners of this process are a resolver's that a block's clients may leave for, and the records that say so (RFC 9461).
// Knows sites, schemes and certificates' names; knows no query.
import { parseAddress } from '../../dns/address.ts';
import { latin1Bytes } from '../../dns/latin1.ts';
import { ALPN } from '../../dns/port.ts';
import type { Scheme } from '../../dns/port.ts';
import { label } from '../../kernel/site/endpoint.ts';
import type { Site } from '../../kernel/site/site.ts';
import { TlsSetting } from '../../kernel/query/tls-setting.ts';
import type { ServerTls } from '../../secure/server-tls.ts';

/** Numbers of parameters (RFC 9460 section 14.3.2, RFC 9461 section 8). */
const ALPN_KEY = 1, PORT_KEY = 3, IPV4HINT = 4, IPV6HINT = 6, DOHPATH = 7;
/** Of the two that speak HTTP. */
const HTTP: ReadonlySet<string> = new Set(['h2', 'h3']);
/** Where questions over HTTP are taken, whatever other paths there are (RFC 9461 section 5). */
const PATH = latin1Bytes('/dns-query{?dns}');
/** Who is to be asked first: nearest to DNS, then what costs least. */
const ORDER = ['doq', 'dot', 'h3', 'h2'];

/** What clients can be told of: one port, one kind of questions. */
export interface Told {
  readonly port: number;
  readonly protocols: readonly string[];
  /** '' is wherever the question went. */
  readonly addresses: readonly string[];
}
/** A listener and what it is served with. */
export interface SecureListener {
  readonly label: string;
  readonly tls: ServerTls;
}

/** The listeners of blocks that have certificates, and that answer for all that a block with these zones answers for. */
function listeners(sites: readonly Site[], { zones }: Site) {
  return sites.flatMap((site) => {
    const tls = site.last(TlsSetting);
    const answers = tls !== undefined && zones.every((zone) => site.zones.some((other) => zone.isUnder(other)));
    return !answers ? [] : site.endpoints.flatMap(({ scheme, address, port }) => {
      const protocol = ALPN[scheme as Scheme];
      return protocol === undefined ? [] : [{ label: label(scheme, address, port), tls, protocol, address, port }];
    });
  });
}
/** Those that a block tells of. */
export const secureListeners = (sites: readonly Site[], own: Site): readonly SecureListener[] => listeners(sites, own);

/** What is told of them, the best first: what differs in nothing but the version of HTTP is one. */
export function toldOf(sites: readonly Site[], own: Site): readonly Told[] {
  const groups = new Map<string, { port: number; protocols: string[]; addresses: string[] }>();
  for (const { protocol, address, port } of listeners(sites, own)) {
    const key = `${port} ${HTTP.has(protocol) ? 'http' : protocol}`;
    let group = groups.get(key);
    if (group === undefined) groups.set(key, (group = { port, protocols: [], addresses: [] }));
    if (!group.protocols.includes(protocol)) group.protocols.push(protocol);
    if (!group.addresses.includes(address)) group.addresses.push(address);
  }
  const rank = ({ protocols }: Told) => Math.min(...protocols.map((protocol) => ORDER.indexOf(protocol)));
  return [...groups.values()].toSorted((a, b) => rank(a) - rank(b) || a.port - b.port);
}

/** The ports at which answers are pushed over TLS (RFC 8765): those of DNS over TLS. */
export const pushPorts = (sites: readonly Site[], own: Site): readonly number[] =>
  [...new Set(listeners(sites, own).filter(({ protocol }) => protocol === 'dot').map(({ port }) => port))];

/** The parameters of a record; `asked` is the address that the question went to. */
export function parametersOf({ port, protocols, addresses }: Told, asked: string) {
  const hints = [...new Set(addresses.map((address) => (address === '' ? asked : address)))].flatMap((text) => parseAddress(text) ?? []);
  const list = [
    { key: ALPN_KEY, value: latin1Bytes(protocols.map((name) => `${String.fromCharCode(name.length)}${name}`).join('')) },
    { key: PORT_KEY, value: Uint8Array.of(port >> 8, port) },
    { key: IPV4HINT, value: joined(hints, 4) }, { key: IPV6HINT, value: joined(hints, 16) },
    ...(protocols.some((protocol) => HTTP.has(protocol)) ? [{ key: DOHPATH, value: PATH }] : []),
  ];
  return list.filter(({ value }) => value.length > 0);
}
const joined = (hints: readonly Uint8Array[], length: number): Uint8Array =>
  Uint8Array.from(hints.filter((hint) => hint.length === length).flatMap((hint) => [...hint]));

/** What clients will not like about a certificate with these names; undefined where it says who they asked and whom they were told of. */
export function lacks(names: readonly string[], name: string, addresses: readonly string[]): string | undefined {
  const wanted = name.toLowerCase().replace(/\.$/, '');
  const wild = `*${wanted.slice(Math.max(0, wanted.indexOf('.')))}`;
  if (!names.includes(wanted) && !names.includes(wild)) return `the name ${wanted}`;
  const had = new Set(names.map((text) => spelt(text)));
  const missing = addresses.filter((address) => !had.has(spelt(address)));
  return missing.length === 0 ? undefined : `the address ${missing.slice(0, 4).join(', ')}`;
}
/** The octets of an address, whatever its spelling; of a name nothing that an address has. */
const spelt = (text: string): string => parseAddress(text)?.join('.') ?? `name ${text}`;
