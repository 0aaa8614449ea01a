// Spans as collectors take them: Zipkin's JSON, version 2, and OpenTelemetry's over HTTP as JSON. Texts are ASCII, so that they lie in the
// ring as they are. Knows both forms; knows no socket.
import type { SpanForm } from './config.ts';
import type { Span, Trace } from './trace.ts';

/** A text as JSON in ASCII. */
export const ascii = (text: string): string =>
  JSON.stringify(text).replace(/[\x7f-\uffff]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Writes all spans of a trace, with commas between. */
export type SpanWriter = (trace: Trace) => string;
/** What stands around the spans of a post. */
export interface Envelope {
  readonly before: string;
  readonly after: string;
}

/** What spans are written with. */
export interface FormSettings {
  readonly form: SpanForm;
  readonly service: string;
  readonly datadog: boolean;
  /** Milliseconds since 1970 that the server's clock began at. */
  readonly epoch: () => number;
}

/** The writer of a line. */
export function spanWriter({ form, service, datadog, epoch }: FormSettings): SpanWriter {
  const prefix = datadog ? 'coredns.io@' : 'coredns.io/';
  if (form === 'otlp') return (trace) => written(trace, prefix, epoch(), otlpSpan);
  const endpoint = `"localEndpoint":{"serviceName":${ascii(service)}}`;
  return (trace) => written(trace, prefix, epoch(), (...each) => zipkinSpan(endpoint, ...each));
}
/** What stands around them. */
export function envelope(form: SpanForm, service: string): Envelope {
  if (form === 'zipkin') return { before: '[', after: ']' };
  return {
    before: `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":${ascii(service)}}}]},`
      + `"scopeSpans":[{"scope":{"name":"coredns-ts"},"spans":[`,
    after: ']}]}]}',
  };
}

type Tags = readonly (readonly [key: string, value: string])[];
type OneSpan = (trace: Trace, span: Span, parent: string | undefined, tags: Tags, epoch: number) => string;

/** Inner ones first, since they ended first. */
function written(trace: Trace, prefix: string, epoch: number, one: OneSpan): string {
  const { spans } = trace;
  let text = '';
  for (let i = spans.length - 1; i >= 0; i--) {
    const span = spans[i]!;
    const parent = i === 0 ? trace.parent : spans[span.from]!.id;
    text += `${text === '' ? '' : ','}${one(trace, span, parent, i === 0 ? tagsOf(trace, prefix) : tagsOfStep(span), epoch)}`;
  }
  return text;
}
function tagsOf({ told: { name, type, proto, remote, rcode, error } }: Trace, prefix: string): Tags {
  const tags: (readonly [string, string])[] = [
    [`${prefix}name`, name], [`${prefix}proto`, proto], [`${prefix}remote`, remote], [`${prefix}type`, type],
  ];
  if (rcode !== '') tags.push([`${prefix}rcode`, rcode]);
  if (error !== undefined) tags.push(['error', error]);
  return tags;
}
function tagsOfStep({ peer, failed }: Span): Tags {
  const tags: (readonly [string, string])[] = peer === undefined ? [] : [['peer.address', peer]];
  return failed ? [...tags, ['error', 'true']] : tags;
}

/** Microseconds since 1970. */
const micro = (milliseconds: number, epoch: number): number => Math.round((epoch + milliseconds) * 1000);

/** https://zipkin.io/zipkin-api/, Span. */
function zipkinSpan(
  endpoint: string, { id: traceId, isShared }: Trace, { id, name, from, begun, ended }: Span, parent: string | undefined, tags: Tags,
  epoch: number,
): string {
  const parentId = parent === undefined ? '' : `"parentId":"${parent}",`;
  const kind = from >= 0 ? '' : isShared ? '"kind":"SERVER","shared":true,' : '"kind":"SERVER",';
  const told = tags.length === 0 ? '' : `,"tags":{${tags.map(([key, value]) => `${ascii(key)}:${ascii(value)}`).join(',')}}`;
  return `{"timestamp":${micro(begun, epoch)},"duration":${Math.max(1, Math.round((ended - begun) * 1000))},"traceId":"${traceId}",`
    + `"id":"${id}",${parentId}"name":${ascii(name)},${kind}${endpoint}${told}}`;
}
/** opentelemetry-proto, trace/v1, Span: kinds 1 (internal), 2 (server), 3 (client); status 2 is an error. */
function otlpSpan(
  { id: traceId, told: { error } }: Trace, { id, name, from, begun, ended, peer, failed }: Span, parent: string | undefined, tags: Tags,
  epoch: number,
): string {
  const kind = from < 0 ? 2 : peer === undefined ? 1 : 3;
  const why = from < 0 ? error : failed ? '' : undefined;
  const attributes = tags.map(([key, value]) => `{"key":${ascii(key)},"value":{"stringValue":${ascii(value)}}}`).join(',');
  return `{"traceId":"${traceId.padStart(32, '0')}","spanId":"${id}",${parent === undefined ? '' : `"parentSpanId":"${parent}",`}`
    + `"name":${ascii(name)},"kind":${kind},"startTimeUnixNano":"${micro(begun, epoch)}000",`
    + `"endTimeUnixNano":"${micro(Math.max(ended, begun), epoch)}000","attributes":[${attributes}]`
    + `${why === undefined ? '' : `,"status":{"code":2${why === '' ? '' : `,"message":${ascii(why)}`}}`}}`;
}
