// The lines of *themis* as data (ecosystem 5.3). Knows words; what has no meaning here is told, and embedded policies are refused.
import type { Directive } from '../../corefile/directive.ts';
import { parseAddress } from '../../dns/address.ts';
import { joinHostPort, splitHostPort } from '../../dns/host-port.ts';
import type { Lines } from '../../kernel/site/plugin.ts';
import { ACTIONS } from '../../policy/engine.ts';
import type { Action } from '../../policy/engine.ts';
import { quoted } from '../../wording/quote.ts';
import type { AttributeKind } from './attributes.ts';

/** A decision point. */
export interface PointPlace {
  readonly host: string;
  readonly port: number;
  readonly text: string;
}
/** One engine. */
export interface ThemisLine {
  readonly name: string;
  endpoints: readonly PointPlace[];
  /** What is told of a question beside what always is: a label, or a variable of *firewall*, under a name. */
  readonly attributes: { readonly name: string; readonly label: string; readonly kind: AttributeKind }[];
  /** Names of obligations that are told again with the answer. */
  transfer: readonly string[];
  /** The first point that works is asked, not each in turn. */
  hotSpot: boolean;
  /** Milliseconds. */
  timeout: number;
  cache: number;
  log: boolean;
  mostRequest: number;
  mostObligations: number;
  onError: Action | undefined;
}
const TIMEOUT = 1000, LONGEST = 60_000, NEVER = 5000;
const KINDS: readonly string[] = ['string', 'domain', 'address'];
const PORT = 5555;

/** Reads all lines of a block. Throws CorefileError. */
export function readThemis(lines: Lines): readonly ThemisLine[] {
  const seen = new Set<string>();
  return lines.map((line) => {
    const name = line.arg();
    if (seen.has(name)) line.fail(`there are two engines of the name ${quoted(name)}`);
    seen.add(name);
    return readLine(line, name);
  });
}
function readLine(line: Directive, name: string): ThemisLine {
  const themis: ThemisLine = {
    name, endpoints: [], attributes: [], transfer: [], hotSpot: false, timeout: TIMEOUT, cache: 0, log: false, mostRequest: Infinity,
    mostObligations: 64, onError: undefined,
  };
  line.end();
  line.properties({
    pdp: (property) => property.fail('policies that are embedded are not run here',
      'run the decision point beside this server: endpoint 127.0.0.1:5555'),
    endpoint(property) {
      themis.endpoints = property.words(1).map((text) => placeOf(property, text));
    },
    attr(property) {
      const [called = '', label = '', kind = 'string'] = property.words(2, 3);
      if (!KINDS.includes(kind.toLowerCase())) property.fail(`attr: ${quoted(kind)} is not one of 'string', 'domain', 'address'`);
      themis.attributes.push({ name: called, label, kind: kind.toLowerCase() as AttributeKind });
    },
    transfer(property) {
      themis.transfer = [...themis.transfer, ...property.words(1)];
    },
    streams(property) {
      property.integer('streams', { min: 1 });
      const balance = property.more ? property.arg().toLowerCase() : 'round-robin';
      if (balance !== 'round-robin' && balance !== 'hot-spot') {
        property.fail(`streams: ${quoted(balance)} is not 'round-robin' or 'hot-spot'`);
      }
      themis.hotSpot = balance === 'hot-spot';
    },
    connection_timeout(property) {
      themis.timeout = timeoutOf(property);
    },
    cache(property) {
      const [time = '10m', size = '1'] = property.words(0, 2);
      themis.cache = property.duration(time, (why) => property.fail(`cache: ${why}`));
      if (themis.cache <= 0) property.fail('cache: it is longer than nothing');
      if (!/^\d+$/.test(size)) property.fail(`cache: ${quoted(size)} is no number of megabytes`);
    },
    log(property) {
      property.end();
      themis.log = true;
    },
    max_request_size(property) {
      const words = property.words(1, 2);
      const isAuto = words[0]!.toLowerCase() === 'auto';
      const size = isAuto ? words[1] : words[0];
      if (size !== undefined && !/^\d{1,10}$/.test(size)) property.fail(`max_request_size: ${quoted(size)} is no number of octets`);
      if (!isAuto) themis.mostRequest = Number(size);
    },
    max_response_attributes(property) {
      const word = property.only();
      if (!/^(\d{1,5}|auto)$/i.test(word)) property.fail(`max_response_attributes: ${quoted(word)} is neither a number nor 'auto'`);
      themis.mostObligations = /^auto$/i.test(word) ? 65535 : Number(word);
    },
    on_error(property) {
      const word = property.only();
      if (!(ACTIONS as readonly string[]).includes(word) || word === 'redirect') {
        property.fail(`on_error: ${quoted(word)} is not one of 'allow', 'refuse', 'block', 'drop'`);
      }
      themis.onError = word as Action;
    },
    metrics: (property) => meaningless(property, 'values of clients are no labels'),
    debug_query_suffix: (property) => meaningless(property, 'coredns-ts explain shows what is decided'),
    debug_id: (property) => meaningless(property, 'coredns-ts explain shows what is decided'),
  });
  if (themis.endpoints.length === 0) line.fail('themis needs an endpoint', 'endpoint 127.0.0.1:5555');
  return themis;
}
/** Read, and told: who has the line keeps it. */
function meaningless(property: Directive, hint: string): void {
  property.words(1);
  property.doubt(`${property.word} has no meaning here`, hint);
}
function placeOf(line: Directive, text: string): PointPlace {
  const bare = text.replace(/^\[(.*)\]$/, '$1');
  const whole = !bare.includes(':') || parseAddress(bare) !== undefined ? joinHostPort(bare, PORT) : text;
  const { host, port } = line.attempt(() => splitHostPort(whole), (why) => line.fail(`endpoint: ${why}`, 'such as 127.0.0.1:5555'));
  const number = Number(port);
  if (host === '' || !(number > 0 && number < 65536)) line.fail(`endpoint: ${quoted(text)} is no host and port`, 'such as 127.0.0.1:5555');
  return { host, port: number, text: whole };
}
/** Nobody waits for ever: whoever wants to waits five seconds. */
function timeoutOf(property: Directive): number {
  const text = property.only();
  if (text.toLowerCase() === 'no' || text.startsWith('-')) {
    property.doubt('nobody waits for ever here: five seconds', 'connection_timeout 1s');
    return NEVER;
  }
  const time = property.duration(text, (why) => property.fail(`connection_timeout: ${why}`));
  // At once: a point that cannot be reached is told of at once anyway.
  if (time === 0) return TIMEOUT;
  if (time < 1 || time > LONGEST) property.fail('connection_timeout: between 1ms and 1m');
  return time;
}
