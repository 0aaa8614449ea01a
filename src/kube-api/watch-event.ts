// One event of a watch, as a line of JSON or a binary frame. Knows its forms; knows nothing of who takes it.
import { quoted } from '../wording/quote.ts';
import { ApiError, refusal } from './api-error.ts';
import { type Shape, findBytes, many, one, readMessage, shape } from './protobuf.ts';
import { unwrapped } from './protobuf-pieces.ts';
import type { ApiObject } from './sink.ts';

/** What a line of a watch says. */
export type WatchEvent =
  | { readonly type: 'put' | 'remove'; readonly object: ApiObject; readonly version: string }
  | { readonly type: 'bookmark'; readonly version: string; /** The initial events are over. */ readonly initialEnd: boolean };

/** Reads a line. Throws ApiError `protocol` where it is none, and `status` for an event of type ERROR. */
export function readEvent(line: Buffer): WatchEvent {
  const { type, object } = asObject(parseJson(line)) as { type?: unknown; object?: unknown };
  return eventOf(type, object);
}
function eventOf(type: unknown, object: unknown): WatchEvent {
  if (type === 'ERROR') {
    const said = refusal(object, 0);
    throw new ApiError('status', said.message === '' ? `the watch ended with an error ${said.status}` : said.message, said);
  }
  const known = asObject(object) as ApiObject;
  const version = versionOf(known.metadata);
  if (type === 'ADDED' || type === 'MODIFIED') return { type: 'put', object: known, version };
  if (type === 'DELETED') return { type: 'remove', object: known, version };
  if (type !== 'BOOKMARK') throw new ApiError('protocol', `unknown type of watch event ${JSON.stringify(type)?.slice(0, 60)}`);
  const annotations = known.metadata?.['annotations'] as { readonly [name: string]: unknown } | null | undefined;
  return { type: 'bookmark', version, initialEnd: annotations?.['k8s.io/initial-events-end'] === 'true' };
}

/** Fields of an event: its type, and an object behind two tags. */
const EVENT = shape({ 1: one('type', 'text') }), OBJECT = 2, RAW = 1;
const STATUS = shape({
  3: one('message', 'text'), 4: one('reason', 'text'),
  5: one('details', shape({ 4: many('causes', shape({ 1: one('reason', 'text') })), 5: one('retryAfterSeconds', 'number') })),
  6: one('code', 'number'),
});

/** Reads a frame, the object in it by its shape. Throws as `readEvent`. */
export function readFrame(bytes: Buffer, from: number, to: number, fields: Shape): WatchEvent {
  const { type } = readMessage(bytes, from, to, EVENT);
  const outer = findBytes(bytes, from, to, OBJECT);
  const inner = findBytes(bytes, outer.from, outer.to, RAW);
  const object = unwrapped(bytes, inner.from, inner.to);
  return eventOf(type, readMessage(bytes, object.from, object.to, type === 'ERROR' ? STATUS : fields));
}
/** Reads a refusal in binary form, whatever it is: undefined where it cannot be read. */
export function readStatus(bytes: Buffer): unknown {
  try {
    const { from, to } = unwrapped(bytes, 0, bytes.length);
    return readMessage(bytes, from, to, STATUS);
  } catch {
    return undefined;
  }
}

/** Bytes as JSON. Throws ApiError `protocol`. */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new ApiError('protocol', `what came is no JSON: ${quoted(bytes.toString('latin1', 0, 40))}`);
  }
}

/** An object that is one, and no list. Throws ApiError `protocol`. */
export function asObject(value: unknown): object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ApiError('protocol', 'what came is no object of the API');
  }
  return value;
}

/** A `resourceVersion`, empty where there is none. */
export function versionOf(metadata: unknown): string {
  const version = (metadata as { resourceVersion?: unknown } | null | undefined)?.resourceVersion;
  return typeof version === 'string' ? version : '';
}
