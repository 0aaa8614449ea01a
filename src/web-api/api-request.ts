// One request to an API of others and its whole reply. Knows URLs, limits and the place that a request goes to; knows no API, and nothing
// of when one may ask.
import { ApiError } from '../kube-api/api-error.ts';
import { get } from '../kube-api/http-get.ts';
import type { Limits } from '../kube-api/http-get.ts';
import type { KeptConnections } from '../kube-api/kept-connections.ts';
import type { Fields } from '../http/head.ts';
import type { Clock } from '../kernel/clock.ts';
import { VERSION } from '../kernel/version.ts';

/** Where an API is. */
export interface ApiPlace {
  readonly secure: boolean;
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** Host, and port where the URL has one: the Host header. */
  readonly authority: string;
  /** What stands before each path; never ends with `/`. */
  readonly prefix: string;
}
/** What is asked. */
export interface ApiRequest {
  /** Path and query behind the place's prefix. */
  readonly target: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Makes it a POST. */
  readonly body?: Uint8Array;
  /** Where it is neither GET nor POST. */
  readonly method?: 'PUT';
  /** Milliseconds that the head of the reply may take once connected; ten seconds where it is not said. */
  readonly patience?: number;
}
/** What came. */
export interface ApiReply {
  readonly status: number;
  readonly headers: Fields;
  readonly body: Buffer;
}

const CONNECT = 5000, HEAD = 10_000, SILENCE = 10_000;
/** Bytes of a reply that are read. */
const MOST = 64 << 20;

/** The place that an `http` or `https` URL names; undefined where it is none, or says a user, a query or a fragment. */
export function readPlace(text: string): ApiPlace | undefined {
  const [, scheme, authority, bracketed, plain, port, path = ''] =
    /^(https?):\/\/((?:\[([0-9A-Fa-f:.]+)\]|([^\s:/?#[\]@]+))(?::(\d{1,5}))?)(\/[^\s?#]*)?$/i.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (scheme === undefined || authority === undefined || host === undefined) return undefined;
  const secure = scheme.toLowerCase() === 'https';
  const number = port === undefined ? (secure ? 443 : 80) : Number(port);
  return number > 65535 || number === 0 ? undefined : { secure, host, port: number, authority, prefix: path.replace(/\/+$/, '') };
}

/** Resolves when the reply is whole, whatever its status. Rejects with ApiError where none came. */
export async function askApi(place: ApiPlace, request: ApiRequest, clock: Clock, signal: AbortSignal, kept?: KeptConnections):
  Promise<ApiReply> {
  const { host, port, authority, secure, prefix } = place;
  const limits: Limits = { connect: CONNECT, head: request.patience ?? HEAD, silence: SILENCE };
  const headers = [['User-Agent', `coredns-ts/${VERSION}`], ...(request.headers ?? [])] as readonly (readonly [string, string])[];
  for (const [name, value] of headers) {
    if (!/^[\t -~\u0080-\u00ff]*$/.test(value)) throw new ApiError('credentials', `net/http: invalid header field value for "${name}"`);
  }
  let status = 0, fields: Fields = new Map(), size = 0;
  const parts: Buffer[] = [];
  const what = {
    host, port, authority: authority.includes(':') && /:\d+$/.test(authority) ? authority : `${authority}:${port}`,
    tls: secure ? {} : undefined, target: `${prefix}${request.target}`, headers, limits, body: request.body,
    method: request.method, kept,
  };
  await get(what, {
    head(head) {
      status = head.status;
      fields = head.headers;
    },
    content(part) {
      size += part.length;
      if (size > MOST) throw new ApiError('protocol', `the reply of ${authority} is too long`);
      parts.push(Buffer.from(part));
    },
  }, clock, signal);
  return { status, headers: fields, body: Buffer.concat(parts) };
}

/** The body as JSON. Throws ApiError with what an API said where it did not answer 200. */
export function jsonOf(reply: ApiReply, who: string): unknown {
  if (reply.status !== 200) {
    const said = reply.body.toString('utf8', 0, 200).replace(/\s+/g, ' ').trim();
    throw new ApiError('status', `${who} answered ${reply.status}${said === '' ? '' : ` (${said})`}`);
  }
  try {
    return JSON.parse(reply.body.toString());
  } catch (error) {
    throw new ApiError('protocol', `${who} answered what is no JSON: ${(error as Error).message}`);
  }
}
