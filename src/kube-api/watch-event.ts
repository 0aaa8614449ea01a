// One event of a watch, as a line of JSON. Knows its form; knows nothing of who takes it.
import { quoted } from '../wording/quote.ts';
import { ApiError, refusal } from './api-error.ts';
import type { ApiObject } from './sink.ts';

/** What a line of a watch says. */
export type WatchEvent =
  | { readonly type: 'put' | 'remove'; readonly object: ApiObject; readonly version: string }
  | { readonly type: 'bookmark'; readonly version: string; /** The initial events are over. */ readonly initialEnd: boolean };

/** Reads a line. Throws ApiError `protocol` where it is none, and `status` for an event of type ERROR. */
export function readEvent(line: Buffer): WatchEvent {
  const { type, object } = asObject(parseJson(line)) as { type?: unknown; object?: unknown };
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
