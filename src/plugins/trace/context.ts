// The trace that a caller is in, as its request says: B3 in one field or in several, or W3C's `traceparent`. Knows fields by name; knows no
// HTTP.

/** A caller's span. */
export interface Caller {
  /** 16 or 32 hexadecimal digits. */
  readonly trace: string;
  readonly span: string;
  /** Its own parent, where it says one. */
  readonly parent: string | undefined;
}
/** What a request says: nothing, that nobody is to follow it, or whose it is. */
export type Context = undefined | 'unsampled' | Caller;

const TRACE = /^(?:[0-9a-f]{16}){1,2}$/, SPAN = /^[0-9a-f]{16}$/, ZEROS = /^0+$/;
const isId = (form: RegExp, text: string | undefined): text is string => text !== undefined && form.test(text) && !ZEROS.test(text);

/** What the request says whose fields these are. What cannot be read is as if it were not there. */
export function contextOf(field: (name: string) => string | undefined): Context {
  const whole = field('b3');
  return (whole === undefined ? inFields(field) : inOne(whole)) ?? ofW3C(field('traceparent'));
}
/** https://github.com/openzipkin/b3-propagation, "Multiple Headers". */
function inFields(field: (name: string) => string | undefined): Context {
  const trace = field('x-b3-traceid'), sampled = field('x-b3-sampled');
  if (trace === undefined && sampled === undefined) return undefined;
  return callerOf(trace, field('x-b3-spanid'), field('x-b3-flags') === '1' ? 'd' : sampled, field('x-b3-parentspanid'));
}
/** "Single Header": `{TraceId}-{SpanId}-{SamplingState}-{ParentSpanId}`, or the sampling state alone. */
function inOne(text: string): Context {
  const parts = text.split('-');
  return parts.length === 1 ? callerOf(undefined, undefined, text, undefined) : callerOf(parts[0], parts[1], parts[2], parts[3]);
}
function callerOf(trace: string | undefined, span: string | undefined, sampled = '1', parent: string | undefined): Context {
  if (sampled === '0' || sampled.toLowerCase() === 'false') return 'unsampled';
  const [traceId, spanId, parentId] = [trace?.toLowerCase(), span?.toLowerCase(), parent?.toLowerCase()];
  if (!isId(TRACE, traceId) || !isId(SPAN, spanId)) return undefined;
  return { trace: traceId, span: spanId, parent: isId(SPAN, parentId) ? parentId : undefined };
}
/** `00-TRACE-SPAN-FLAGS` (W3C Trace Context, section 3.2); of later versions the beginning is the same, and more may follow. */
function ofW3C(text: string | undefined): Context {
  const [, version, trace, span, flags, more] = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(text ?? '') ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (!isId(TRACE, trace) || !isId(SPAN, span)) return undefined;
  return (Number.parseInt(flags!, 16) & 1) === 0 ? 'unsampled' : { trace, span, parent: undefined };
}
