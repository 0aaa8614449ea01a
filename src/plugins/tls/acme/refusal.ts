// What an ACME server says where it does not do what it is asked (RFC 7807, RFC 8555 section 6.7). Knows statuses, documents and times;
// knows no request.
import { quoted } from '../../../wording/quote.ts';
import type { AcmeReply } from './requests.ts';

const URN = 'urn:ietf:params:acme:error:';
/** Characters of a text of the server that are repeated. */
const MOST = 300;
/** The longest wait that a server may ask for, milliseconds: a week. */
const LONGEST = 7 * 86_400_000;

/** A refusal. */
export class AcmeRefusal extends Error {
  /** `badNonce`, `rateLimited`; empty where it is none of those. */
  readonly kind: string;
  readonly status: number;
  /** Milliseconds to wait before it is asked again, where it said so. */
  readonly wait: number | undefined;

  constructor(what: string, reply: AcmeReply, now: number) {
    const document = objectOf(reply.text) ?? {};
    const { type, detail } = document;
    const kind = typeof type === 'string' && type.startsWith(URN) ? type.slice(URN.length) : '';
    super(`${what}: ${toldOf(reply.status, document, kind, detail)}`);
    this.name = 'AcmeRefusal';
    this.kind = kind;
    this.status = reply.status;
    this.wait = waitOf(reply, now);
  }
}
function toldOf(status: number, document: { readonly [key: string]: unknown }, kind: string, detail: unknown): string {
  const said = typeof detail === 'string' ? `: ${printable(detail)}` : '';
  const parts = Array.isArray(document['subproblems']) ? document['subproblems'].slice(0, 5).flatMap(subproblem) : [];
  return `HTTP status ${status}${kind === '' ? '' : ` ${printable(kind)}`}${said}${parts.length === 0 ? '' : ` (${parts.join('; ')})`}`;
}
function subproblem(each: unknown): readonly string[] {
  const { identifier, detail } = (each ?? {}) as { readonly identifier?: { readonly value?: unknown }; readonly detail?: unknown };
  return typeof detail === 'string' ? [`${printable(String(identifier?.value ?? ''))}: ${printable(detail)}`] : [];
}
/** What a server says stands in one line of a log. */
const printable = (text: string): string => quoted(text.slice(0, MOST)).slice(1, -1).replaceAll('\\"', '"');

/** Milliseconds of `Retry-After`, by seconds or by a date (RFC 9110 section 10.2.3); undefined where there is none that can be read. */
export function waitOf({ field }: Pick<AcmeReply, 'field'>, now: number): number | undefined {
  const text = field('retry-after');
  if (text === undefined) return undefined;
  const wait = /^\d{1,10}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(wait) ? undefined : Math.min(LONGEST, Math.max(0, wait));
}

/** A JSON object; undefined where the text is none. */
export function objectOf(text: string): { readonly [key: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as { readonly [key: string]: unknown } : undefined;
  } catch {
    return undefined;
  }
}
/** The problem that an authorization or an order ended with, in one line. */
export function problemOf(document: unknown): string {
  const { type, detail } = (document ?? {}) as { readonly type?: unknown; readonly detail?: unknown };
  const kind = typeof type === 'string' ? printable(type.replace(URN, '')) : '';
  const said = typeof detail === 'string' ? printable(detail) : '';
  return [kind, said].filter((part) => part !== '').join(': ') || 'no reason is given';
}
