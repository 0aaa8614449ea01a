// What is wrong with a request, as an API of HTTP says it (RFC 9457). Knows its members; knows no API.
import { Heading } from './exchange.ts';
import type { Exchange } from './exchange.ts';
import type { HttpReply } from './message.ts';

/** A problem: what it is in a few words, and what of this request it is about. */
export function problem(status: number, title: string, detail?: string, more: object = {}): HttpReply {
  const body = JSON.stringify({ type: 'about:blank', title, status, ...(detail === undefined ? {} : { detail }), ...more });
  return { status, type: 'application/problem+json', body };
}

/** What is said of a problem. */
export interface ProblemDetails {
  /** What happened this time. */
  readonly detail?: string | undefined;
  /** The part of the request that is wrong, as a path of names. */
  readonly field?: string | undefined;
  /** How to mend it. */
  readonly cure?: string | undefined;
  /** More members, of the API's own (RFC 9457 section 3.2). */
  readonly more?: { readonly [name: string]: unknown } | undefined;
  /** Fields of the reply. */
  readonly fields?: readonly (readonly [name: string, value: string])[];
}

/** A request that is not done, whatever throws it. */
export class Problem extends Error {
  readonly status: number;
  readonly details: ProblemDetails;
  /** The title is the same for each problem of a kind (RFC 9457 section 3.1.4). */
  constructor(status: number, title: string, details: ProblemDetails = {}) {
    super(title);
    this.status = status;
    this.details = details;
  }
  /** The reply that tells it. */
  get reply(): HttpReply {
    const { detail, field, cure, more } = this.details;
    return problem(this.status, this.message, detail, { field, cure, ...more });
  }
}

/** Says it in reply to a request. */
export function sayProblem(exchange: Exchange, { reply, details: { fields = [] } }: Problem): void {
  const { status, type, body } = reply;
  const content = Buffer.from(body as string);
  exchange.reply(new Heading(status, [['Content-Type', type!], ['Cache-Control', 'no-store'], ...fields]), content, 0, content.length);
}
