// The lines of *trace* as data (TRC-1). Knows words; opens nothing.
import type { Directive, Lines } from '../../corefile/directive.ts';
import { parseFloating } from '../../wording/float.ts';
import { parseUint } from '../../wording/unsigned.ts';
import { quoted } from '../../wording/quote.ts';

/** How spans are written. */
export type SpanForm = 'zipkin' | 'otlp';

/** What a block says. */
export interface TraceLine {
  readonly form: SpanForm;
  /** Where they are posted; undefined where the endpoint is none. */
  readonly to: URL | undefined;
  /** The endpoint as it is written, for what is said of it. */
  readonly endpoint: string;
  /** Spans for Datadog: tags are named as its users know them. */
  readonly datadog: boolean;
  /** One of so many questions is followed; 0 is none. */
  readonly every: number;
  readonly service: string;
  /** A caller's span and ours are one (Zipkin's shared spans). */
  readonly sharesSpans: boolean;
  /** Spans that wait for the collector at most, and after which they are sent before the interval is over. */
  readonly mostWaiting: number;
  readonly batch: number;
  /** Milliseconds between two posts. */
  readonly interval: number;
}

/** As Zipkin's reporters have them. */
const WAITING = 1000, BATCH = 100, INTERVAL = 1000;
/** What a port of Datadog's agent is, and where it takes spans in OpenTelemetry's form. */
const AGENT = '8126', OTLP = '4318';
const YES: ReadonlySet<string> = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const NO: ReadonlySet<string> = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

/** Reads the lines of a block; a later one adds to those before. Throws CorefileError. */
export function readLines(lines: Lines): TraceLine {
  let endpoint: readonly [type: string, place: string] = ['zipkin', ''];
  const read = {
    every: 1, service: 'coredns', sharesSpans: false, mostWaiting: WAITING, batch: BATCH, interval: INTERVAL,
  };
  for (const line of lines) {
    endpoint = endpointOf(line) ?? endpoint;
    properties(line, read);
  }
  const [type, place] = endpoint;
  if (type !== 'zipkin' && type !== 'otlp' && type !== 'datadog') {
    return lines[0].refuse(`tracing endpoint type '${type}' is not supported`, 'zipkin, otlp or datadog');
  }
  const url = urlOf(type, place);
  if (url === undefined) lines[0].doubt(`no spans can be sent to ${place}`, 'an endpoint is HOST:PORT or http://HOST:PORT/PATH');
  return { form: type === 'zipkin' ? 'zipkin' : 'otlp', to: url, endpoint: place, datadog: type === 'datadog', ...read };
}

/** One word is a place, or a type where it is one that CoreDNS does not have; two are both. */
function endpointOf(line: Directive): readonly [type: string, place: string] | undefined {
  const args = line.words(0, 2);
  const [first, second] = args;
  if (first === undefined) return undefined;
  if (second !== undefined) return [first.toLowerCase(), second];
  return first === 'zipkin' || first === 'otlp' || first === 'datadog' ? [first, ''] : ['zipkin', first];
}
function urlOf(type: 'zipkin' | 'otlp' | 'datadog', place: string): URL | undefined {
  try {
    if (type === 'datadog') return agentOf(place);
    if (/^https?:/.test(place)) return new URL(place);
    const path = type === 'zipkin' ? 'localhost:9411 /api/v2/spans' : `localhost:${OTLP} /v1/traces`;
    const [usual = '', target = ''] = path.split(' ');
    return new URL(`http://${place === '' ? usual : place}${target}`);
  } catch {
    return undefined;
  }
}
/** Where the agent at this place takes spans: its port for traces speaks a language of its own, another port is taken as it is. */
function agentOf(place: string): URL {
  const url = new URL(/^https?:/.test(place) ? place : `http://${place === '' ? 'localhost' : place}`);
  if (url.port === AGENT || url.port === '') url.port = OTLP;
  return new URL('/v1/traces', url);
}

interface Read {
  every: number;
  service: string;
  sharesSpans: boolean;
  mostWaiting: number;
  batch: number;
  interval: number;
}
function properties(line: Directive, read: Read): void {
  line.properties({
    every(property) {
      const text = property.only();
      read.every = Number(property.attempt(() => parseUint(text, 10, 64)));
    },
    service: (property) => void (read.service = property.only()),
    client_server(property) {
      const [text = 'true'] = property.words(0, 1);
      if (!YES.has(text) && !NO.has(text)) {
        property.refuse(`strconv.ParseBool: parsing ${quoted(text)}: invalid syntax`, 'true or false');
      }
      read.sharesSpans = YES.has(text);
    },
    datadog_analytics_rate(property) {
      const [text = '0'] = property.words(0, 1);
      const rate = property.attempt(() => parseFloating(text, 64));
      if (rate < 0 || rate > 1) {
        property.refuse(`datadog analytics rate must be between 0 and 1, '${rate.toFixed(6)}' is not supported`);
      }
    },
    zipkin_max_backlog_size: (property) => void (read.mostWaiting = sizeOf(property, WAITING)),
    zipkin_max_batch_size: (property) => void (read.batch = sizeOf(property, BATCH)),
    zipkin_max_batch_interval(property) {
      const interval = property.duration(property.only());
      if (interval < 0) property.refuse('the interval must not be negative', 'a duration such as 1s');
      read.interval = interval === 0 ? INTERVAL : interval;
    },
  });
}
/** What is no size is the usual one. */
function sizeOf(property: Directive, usual: number): number {
  const size = property.number(property.only());
  return size > 0 ? size : usual;
}
