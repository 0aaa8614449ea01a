// The lines of *dnstap* as data (TAP-1). Knows words; opens nothing.
import type { Directive } from '../../corefile/directive.ts';
import type { ParseContext } from '../../kernel/site/plugin.ts';
import { unknownPlaceholders } from '../../kernel/query/line-format.ts';
import { COREDNS_VERSION } from '../../kernel/version.ts';
import { quoted } from '../../wording/quote.ts';
import { MESSAGES } from './frames.ts';

/** Where messages go to or readers come to: a host and a port, or a path of a Unix socket. */
export type TapPlace = { readonly host: string; readonly port: string; readonly secure: boolean } | { readonly path: string };
/** Files of a listener's certificate; with `ca` clients need one, too. */
export interface ListenerFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | undefined;
}
/** One line. */
export interface TapLine {
  readonly place: TapPlace;
  readonly listens: boolean;
  /** The DNS messages are sent, not only that there were some. */
  readonly full: boolean;
  /** Bytes that wait for one reader at most. */
  readonly mostWaiting: number;
  /** Bytes of each thread's ring, a power of two. */
  readonly ring: number;
  readonly identity: string;
  readonly version: string;
  /** A format as *log* has it; '' is none. */
  readonly extra: string;
  readonly skipVerify: boolean;
  readonly files: ListenerFiles | undefined;
  /** The types of messages that are told; undefined is all. */
  readonly only: ReadonlySet<number> | undefined;
}

const MEGABYTE = 1 << 20;
/** Bytes of a ring for ten thousand messages, and at most: a thread has one. */
const RING = 2 * MEGABYTE, LARGEST_RING = 64 * MEGABYTE;

/** Reads a line. Throws CorefileError. */
export function readLine(line: Directive, { machine, root }: ParseContext): TapLine {
  const args = line.rest();
  const listens = args[0] === 'listen';
  if (listens) args.shift();
  const [endpoint, word, buffer, queue] = args;
  if (endpoint === undefined) return listens ? line.fail('dnstap listen requires an endpoint argument') : line.wrongArgs();
  const place = placeOf(line, endpoint);
  const megabytes = multiple(line, 'MultipleTcpWriteBuf', buffer, 1024, 'MiB units');
  const queues = multiple(line, 'MultipleQueue', queue, 4096, 'x10k messages');
  const read = { identity: machine.hostname(), version: `CoreDNS-${COREDNS_VERSION}`, extra: '', skipVerify: false };
  let files: ListenerFiles | undefined;
  let only: ReadonlySet<number> | undefined;
  const text = (key: 'identity' | 'version' | 'extra') => (property: Directive) => {
    read[key] = property.arg();
    nothingMore(property);
  };
  line.properties({
    identity: text('identity'),
    version: text('version'),
    extra(property) {
      text('extra')(property);
      const { unknown, known } = unknownPlaceholders(read.extra);
      if (unknown.length > 0) property.doubt(`${unknown.join(' ')} is sent as it stands: there is ${known.join(' ')}`);
    },
    skipverify(property) {
      nothingMore(property);
      read.skipVerify = true;
    },
    tls(property) {
      if (!listens) property.fail('tls directive only valid for listeners', 'a collector is reached over tls://');
      const [cert, key, ca] = property.rest().map((path) => (root === undefined || path.startsWith('/') ? path : `${root}/${path}`));
      if (cert === undefined || key === undefined) return property.fail('tls requires cert and key file paths');
      for (const path of [cert, key, ca]) if (path !== undefined) property.mentions({ what: 'file', path });
      files = { cert, key, ca };
    },
    only(property) {
      const words = property.rest();
      if (words.length === 0) property.wrongArgs();
      only = new Set(words.map((name) => typeOf(property, name)));
    },
  });
  return {
    place, listens, full: word === 'full', mostWaiting: megabytes * MEGABYTE, ring: ringOf(queues), ...read, files, only,
  };
}
function nothingMore(property: Directive): void {
  for (const word of property.rest()) property.fail(`unknown property '${word}'`, `${property.word} takes no more`);
}
function typeOf(property: Directive, word: string): number {
  const type = MESSAGES[word.toUpperCase() as keyof typeof MESSAGES] as number | undefined;
  if (type === undefined || type < MESSAGES.CLIENT_QUERY) {
    return property.fail(`no such message: ${quoted(word)}`, 'CLIENT_QUERY, CLIENT_RESPONSE, FORWARDER_QUERY, FORWARDER_RESPONSE');
  }
  return type;
}
function ringOf(queues: number): number {
  let bytes = RING;
  while (bytes < queues * RING && bytes < LARGEST_RING) bytes *= 2;
  return bytes;
}
function multiple(line: Directive, what: string, word: string | undefined, most: number, units: string): number {
  if (word === undefined) return 1;
  const fail = (reason: string) => line.fail(`dnstap: invalid ${what} ${quoted(word)}: ${reason}`, `a number from 1 to ${most}`);
  const value = line.number(word, fail);
  if (value < 1 || value > most) line.fail(`dnstap: ${what} must be between 1 and ${most} (${units}): ${value}`);
  return value;
}

function placeOf(line: Directive, endpoint: string): TapPlace {
  const scheme = /^(tcp|tls):\/\//.exec(endpoint)?.[1];
  if (scheme === undefined) return { path: endpoint.replace(/^unix:\/\//, '') };
  const address = endpoint.slice(6);
  const colon = /:([^:\]]*)$/.exec(address);
  const host = (colon === null ? address : address.slice(0, colon.index)).replace(/^\[(.*)\]$/, '$1');
  const port = colon?.[1] ?? '';
  if (!/^\d*$/.test(port)) line.wrongArgs('the port is a number: tcp://127.0.0.1:6000');
  return { host, port, secure: scheme === 'tls' };
}
