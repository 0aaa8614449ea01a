// What may stand for an upstream in a Corefile: an address, a file of addresses, or a host name (LIB-3, FWD-1). Knows text; reads
// files through what it is handed, and looks nothing up.
import { parseAddress } from '../dns/address.ts';
import { joinHostPort, splitHostPort } from '../dns/host-port.ts';
import type { HostPort } from '../dns/host-port.ts';
import { PORT } from '../dns/port.ts';
import type { Scheme } from '../dns/port.ts';
import { fileError } from '../wording/errno.ts';
import { quoted } from '../wording/quote.ts';
import { nameservers } from './resolv-conf.ts';

/** How an upstream is spoken to. */
export type UpstreamScheme = Scheme | 'unix';
const SCHEMES: readonly UpstreamScheme[] = ['tls', 'dns', 'quic', 'grpc', 'https3', 'https', 'unix'];
const portOf = (scheme: UpstreamScheme): string => (scheme === 'unix' ? '' : String(PORT[scheme]));

/** An address to ask, as written: `zone` is what stood behind `%`: an interface, or for TLS the server's name. */
export interface UpstreamAddress {
  readonly scheme: UpstreamScheme;
  readonly address: string;
  readonly port: string;
  readonly zone: string | undefined;
}
/** One word of the Corefile: its addresses, or a host name to look up. */
export type UpstreamEntry =
  | { readonly addresses: readonly UpstreamAddress[] }
  | { readonly host: string; readonly scheme: UpstreamScheme; readonly port: string; readonly zone: string | undefined };

/** Cuts `scheme://` off; without one it is `dns`. */
export function splitScheme(text: string): readonly [scheme: UpstreamScheme, rest: string] {
  const scheme = SCHEMES.find((each) => text.startsWith(`${each}://`));
  return scheme === undefined ? ['dns', text] : [scheme, text.slice(scheme.length + 3)];
}

/** `host:port` and `[host]:port` in two; undefined where there is no port, or what is no address with one. */
export function splitPort(text: string): HostPort | undefined {
  try {
    return splitHostPort(text);
  } catch {
    return undefined;
  }
}

function zoned(host: string): readonly [address: string, zone: string | undefined] {
  const percent = host.lastIndexOf('%');
  return percent < 0 ? [host, undefined] : [host.slice(0, percent), host.slice(percent + 1)];
}
const canonical = (address: string) => address.toLowerCase();

/**
 * Reads one word. `readFile` throws where there is no such file. Throws `invalid address: "x"` and `not an IP address, file, or valid
 * domain: "x"`.
 */
export function readUpstream(text: string, readFile: (path: string) => Uint8Array): UpstreamEntry {
  const [scheme, whole] = splitScheme(text);
  // A server's name may stand behind the port too.
  const [, rest = whole, behind] = /^(.*:\d+)%([^\]]*)$/.exec(whole) ?? [];
  if (rest === '') throw new Error(`invalid address: ${quoted(text)}`);
  const split = splitPort(rest);
  const plain = split === undefined ? rest.replace(/^[[\]]+|[[\]]+$/g, '') : split.host;
  const [address, within] = zoned(plain);
  const zone = within ?? behind;
  if (parseAddress(address) !== undefined) {
    return { addresses: [{ scheme, address: canonical(address), port: split === undefined ? portOf(scheme) : split.port, zone }] };
  }
  const listed = fromFile(split === undefined ? plain : rest, readFile);
  return listed === undefined ? hostEntry(text, scheme, plain, split?.port, behind) : { addresses: listed };
}
function fromFile(path: string, readFile: (path: string) => Uint8Array): readonly UpstreamAddress[] | undefined {
  let content: Uint8Array;
  try {
    content = readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG' || code === 'EISDIR') return undefined;
    throw new Error(`not an IP address or file ${quoted(path)}: ${fileError(error, path)}`);
  }
  return nameservers(new TextDecoder().decode(content)).map((server) => {
    const [address, zone] = zoned(server);
    return { scheme: 'dns', address: canonical(address), port: portOf('dns'), zone };
  });
}
function hostEntry(
  text: string, scheme: UpstreamScheme, plain: string, port: string | undefined, behind: string | undefined,
): UpstreamEntry {
  const [host, zone = behind] = zoned(plain);
  if (scheme === 'grpc' || scheme === 'unix' || !isHost(host)) {
    throw new Error(`not an IP address, file, or valid domain: ${quoted(text)}`);
  }
  return { host, scheme, port: port ?? portOf(scheme), zone };
}
const isHost = (host: string) => host !== '' && host.length < 254
  && host.replace(/\.$/, '').split('.').every((label) => label !== '' && label.length < 64);

/** By this two upstreams are the same: spoken to in one way, at one address, by one name or over one interface (FWD-17). */
export const addressKey = ({ scheme, address, port, zone = '' }: UpstreamAddress): string =>
  `${scheme}://${joinHostPort(address, port)}%${zone}`;
