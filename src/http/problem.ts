// What is wrong with a request, as an API of HTTP says it (RFC 9457). Knows its members; knows no API.
import type { HttpReply } from './message.ts';

/** A problem: what it is in a few words, and what of this request it is about. */
export function problem(status: number, title: string, detail?: string, more: object = {}): HttpReply {
  const body = JSON.stringify({ type: 'about:blank', title, status, ...(detail === undefined ? {} : { detail }), ...more });
  return { status, type: 'application/problem+json', body };
}
