// The lines of *transfer* as data. Knows words and addresses; opens nothing.
import type { Directive } from '../../corefile/directive.ts';
import { parseAddress, parseCIDR, printAddress, unmap } from '../../dns/address.ts';
import type { CIDR } from '../../dns/address.ts';
import { quoted } from '../../wording/quote.ts';
import { joinHostPort, splitHostPort } from '../../dns/host-port.ts';
import type { HostPort } from '../../dns/host-port.ts';
import { PORT } from '../../dns/port.ts';
import { Name } from '../../dns/name.ts';
import type { Lines, ParseContext } from '../../kernel/site/plugin.ts';
import { zonesOf } from '../../kernel/site/zones.ts';
import type { Zones } from '../../kernel/site/zones.ts';

/** A client that may transfer, and gets notifies. */
export interface Secondary {
  /** `192.0.2.1:53`, as it was written but for the port: for texts. */
  readonly text: string;
  /** As it was written, without brackets; IPv6 may carry `%interface`. */
  readonly address: string;
  /** As it was written: CoreDNS looks at it only when it sends. */
  readonly port: string;
  /** The address as clients' addresses are printed, with its `%interface`. */
  readonly client: string;
  /** What its notifies are signed with, the name of a key with its last dot. */
  readonly key: string | undefined;
}
/** One `to`: a client has to be one of these, and to sign with the key where one is named. */
export interface Grant {
  readonly anybody: boolean;
  readonly clients: readonly string[];
  readonly networks: readonly CIDR[];
  readonly key: string | undefined;
  /** Whether it has to come over TLS (RFC 9103), and the common name of whose good certificate; undefined: however it comes. */
  readonly tls: { readonly client: string | undefined } | undefined;
}
/** One line of *transfer* with its block. */
export interface Stanza {
  readonly zones: Zones;
  readonly grants: Grant[];
  readonly secondaries: Secondary[];
  /** What notifies are sent from. */
  source: string | undefined;
  /** What is written behind `to`, in order, for texts. */
  readonly to: string[];
  /** Transfers at the same time, of one thread. */
  most: number;
}
const MOST = 100;

/** Reads the lines; throws with CoreDNS's texts. */
export const readStanzas = (lines: Lines, context: ParseContext): readonly Stanza[] => lines.map((line) => readStanza(line, context));

function readStanza(line: Directive, context: ParseContext): Stanza {
  const zones = zonesOf(line.rest(), context.zones);
  const stanza: Stanza = { zones, grants: [], secondaries: [], source: undefined, to: [], most: MOST };
  line.properties({
    to: (property) => readTo(property, stanza),
    source: (property) => readSource(property, stanza),
    max: (property) => {
      stanza.most = property.integer('max', { min: 1 });
      property.end();
    },
  }, '"');
  if (stanza.to.length === 0) line.fail("'to' is required");
  return stanza;
}

function readTo(line: Directive, stanza: Stanza): void {
  const words = [...line.rest()];
  if (words.length === 0) line.wrongArgs();
  const secure = words.indexOf('tls');
  const tls = secure < 0 ? undefined : readTls(line, words.splice(secure).slice(1));
  const at = words.indexOf('key');
  const hosts = at < 0 ? words : words.slice(0, at);
  const key = at < 0 ? undefined : readKey(line, words.slice(at + 1));
  const grant = { anybody: hosts.length === 0, clients: [] as string[], networks: [] as CIDR[], key, tls };
  for (const host of hosts) {
    const network = host.includes('/') ? parseCIDR(host) : undefined;
    if (host === '*') grant.anybody = true;
    else if (network !== undefined) grant.networks.push(network);
    else {
      const secondary = readSecondary(line, host, key);
      stanza.secondaries.push(secondary);
      grant.clients.push(secondary.client);
      stanza.to.push(secondary.text);
      continue;
    }
    stanza.to.push(host);
  }
  if (hosts.length === 0) stanza.to.push('*');
  stanza.grants.push(grant);
}
function readTls(line: Directive, [client, ...more]: readonly string[]): { readonly client: string | undefined } {
  if (more.length > 0) return line.wrongArgs('behind tls, which is the last word, stands the common name of one client, or nothing');
  return { client };
}
function readKey(line: Directive, [name, ...more]: readonly string[]): string {
  if (name === undefined || more.length > 0) return line.wrongArgs('behind key stands the name of one key, and nothing else');
  return line.attempt(() => Name.parse(name).folded.text);
}
/** An address, or an address and a port (LIB-3). */
function readSecondary(line: Directive, text: string, key: string | undefined): Secondary {
  const { host: address, port } = hostPort(text);
  const [plain, zone] = unzoned(address);
  const octets = parseAddress(plain);
  if (octets === undefined) return line.refuse(`must specify an IP address: \`${address}'`);
  return { text: joinHostPort(address, port), address, port, client: printAddress(unmap(octets)) + zone, key };
}
function hostPort(text: string): HostPort {
  try {
    const { host, port } = splitHostPort(text);
    return { host, port: port === '' ? String(PORT.dns) : port };
  } catch {
    return { host: text, port: String(PORT.dns) };
  }
}
/** The address without its `%interface`, and that. */
function unzoned(address: string): [plain: string, zone: string] {
  const at = address.lastIndexOf('%');
  return at < 0 ? [address, ''] : [address.slice(0, at), address.slice(at)];
}

function readSource(line: Directive, stanza: Stanza): void {
  const text = line.only();
  if (stanza.source !== undefined) line.fail('source already specified');
  const octets = parseAddress(text);
  if (octets === undefined) return line.fail(`invalid source address ${quoted(text)}`);
  stanza.source = printAddress(unmap(octets));
}
