// What a `forward` line says (FWD-1, FWD-4). Knows its options and their texts; opens nothing.
import { join } from 'node:path';
import { formatDuration } from '../../wording/duration.ts';
import type { Directive } from '../../corefile/directive.ts';
import type { Position } from '../../corefile/error.ts';
import { parseAddress } from '../../dns/address.ts';
import { joinHostPort } from '../../dns/host-port.ts';
import type { ParseContext } from '../../kernel/site/plugin.ts';
import { zonesOf } from '../../kernel/site/zones.ts';
import { readUpstream, splitPort, splitScheme } from '../../upstream/address.ts';
import type { UpstreamEntry, UpstreamScheme } from '../../upstream/address.ts';
import { quoted } from '../../wording/quote.ts';
import type { Name } from '../../dns/name.ts';
import { defaults, isResolver, readers } from './properties.ts';
import type { Options } from './properties.ts';
import { meansService, readService } from './service-name.ts';
import type { ForwardEntry } from './targets.ts';

/** FWD-1 */
const MOST_UPSTREAMS = 15;

/** One line. Times are milliseconds. */
export interface Stanza {
  readonly from: Name;
  /** Said when the server starts. */
  readonly warning: string | undefined;
  readonly to: readonly ForwardEntry[];
  readonly options: Options;
}
/** One `forward` line. */
export function readStanza(line: Directive, { machine, root = '' }: ParseContext): Stanza {
  const from = line.arg();
  const zones = zonesOf([from], []).names;
  if (zones[0] === undefined) line.refuse(`unable to normalize '${from}'`);
  const warning = zones.length < 2 ? undefined
    : `Unsupported CIDR notation: '${from}' expands to multiple zones. Using only '${zones[0].text}'.`;
  const words = line.rest();
  if (words.length === 0) line.wrongArgs(isUpstream(from) ? `did you mean "forward . ${from}"?` : undefined);
  const isService = words.map((word, i) => word === 'service' && meansService(words[i + 1]));
  for (const [i, word] of words.entries()) if (!isService[i] && !isService[i - 1]) doubtUpstream(line, word, line.argsAt[i + 1]!);
  const options = defaults();
  line.properties(readers(options, (file) => (file.startsWith('/') ? file : join(root, file)), machine.readFile));
  const { maxAge, expire } = options;
  if (maxAge > 0 && maxAge < expire) {
    line.refuse(`max_age (${formatDuration(maxAge)}) must not be less than expire (${formatDuration(expire)})`);
  }
  const to = words.flatMap((word, i): ForwardEntry[] => {
    const at = line.argsAt[i + 1]!;
    if (isService[i]) return [];
    if (!isService[i - 1]) return [readTo(line, word, machine.readFile, at)];
    return [readService(word) ?? line.refuse(`${quoted(word)} is no service`, 'it is written NAMESPACE/NAME or NAMESPACE/NAME:PORT', at)];
  });
  if (!isService.includes(true) && Object.keys(options.kube).length > 0) {
    line.refuse('endpoint and kubeconfig are for `service NAMESPACE/NAME` among the upstreams');
  }
  for (const [i, entry] of to.entries()) if (!('service' in entry)) refuseTwoNames(line, entry, options.serverName, line.argsAt[i + 1]!);
  if (options.proxyProtocol && to.some((entry) => schemesOf(entry).some((scheme) => SHARED.has(scheme)))) {
    line.refuse('proxy_protocol is for upstreams over UDP, TCP and TLS: over HTTPS many clients share a connection');
  }
  if (to.length > MOST_UPSTREAMS) line.refuse(`more than ${MOST_UPSTREAMS} TOs configured: ${to.length}`, undefined, line.argsAt.at(-1));
  if (to.every((entry) => 'addresses' in entry && entry.addresses.length === 0)) {
    line.refuse('no valid upstream addresses found', undefined, line.argsAt[1]);
  }
  return { from: zones[0], warning, to, options };
}

/** What the upstreams of one of the words may be spoken to in. */
export const schemesOf = (entry: ForwardEntry): readonly UpstreamScheme[] =>
  ('host' in entry ? [entry.scheme] : 'service' in entry ? ['dns'] : entry.addresses.map(({ scheme }) => scheme));
/** Those on whose connections questions of many clients go together. */
const SHARED: ReadonlySet<string> = new Set(['https', 'https3', 'quic']);
/** What upstreams may be spoken to in. */
const SCHEMES: ReadonlySet<string> = new Set(['dns', 'tls', 'https', 'https3', 'quic']);
function readTo(line: Directive, word: string, readFile: (path: string) => Uint8Array, at: Position): UpstreamEntry {
  const refuse = (message: string): never => line.refuse(message, undefined, at);
  const [scheme, rest] = splitScheme(word);
  if ((scheme === 'https' || scheme === 'https3') && rest.includes('/')) {
    refuse(`paths are not allowed in HTTPS upstream addresses (the /dns-query path is used by default): ${word}`);
  }
  if (!SCHEMES.has(scheme)) refuse(`'${scheme}' is not supported as a destination protocol in forward: ${word}`);
  return line.attempt(() => readUpstream(word, readFile), refuse);
}

/** The name of a server stands once. */
function refuseTwoNames(line: Directive, entry: UpstreamEntry, serverName: string | undefined, at: Position): void {
  for (const { scheme, zone, address, port } of 'addresses' in entry ? entry.addresses : [{ ...entry, address: entry.host }]) {
    if (scheme === 'dns' || zone === undefined || serverName === undefined) continue;
    const place = `${scheme}://${joinHostPort(address, port)}`;
    const what = `both forward ('${serverName}') and proxy level ('${zone}') TLS servernames are set`;
    line.refuse(`${what} for upstream proxy '${place}'`, undefined, at);
  }
}

const isUpstream = (word: string) => word.startsWith('/') || isResolver(word);
/** Leaves word of a port that is none, and of what looks like a file and would be looked up as a name. */
function doubtUpstream(line: Directive, word: string, at: Position): void {
  const [scheme, place] = splitScheme(word);
  // What is behind the port is refused with its own reason: a path, or the name of a server, which may stand there.
  const { host, port } = splitPort(scheme === 'dns' ? place : place.replace(/[/%][^\]]*$/, '')) ?? {};
  if (host !== undefined && parseAddress(host) !== undefined && !(/^\d+$/.test(port!) && Number(port) > 0 && Number(port) < 65536)) {
    line.doubt(`the port of ${word} is no number from 1 to 65535, so it never answers`, undefined, 'unlikely', at);
  }
  if (word.startsWith('/')) line.mentions({ what: 'file', path: word }, at);
}
