// What an instance says of how it is looked at: its form in the API, and what that means in numbers. Knows members; looks at nothing.
import { quoted } from '../../../wording/quote.ts';
import type { Schema } from '../schema.ts';

/** How an instance is looked at: one of `tcp`, `http`, `grpc` and `dns`. */
export interface CheckSpec {
  /** A connection that is taken. */
  readonly tcp?: true;
  /** A path that is answered with 2xx. */
  readonly http?: string;
  /** A service of gRPC that says that it is serving; '' is the whole server. */
  readonly grpc?: string;
  /** A name whose addresses are asked for, and answered without an error. */
  readonly dns?: string;
  /** The name of one of the instance's ports; its first one where nothing is said. */
  readonly port?: string;
  /** From one look to the next, and how long one may take. */
  readonly every?: string;
  readonly timeout?: string;
  /** Looks in a row that change what the instance is. */
  readonly fail?: number;
  readonly pass?: number;
}
/** What is looked at. */
export const KINDS = ['tcp', 'http', 'grpc', 'dns'] as const;
/** One of them. */
export type Kind = (typeof KINDS)[number];

const TIME: Schema = { type: 'string', pattern: '^[1-9]\\d{0,5}(?:ms|s|m)$', description: 'a time such as 5s' };
const TIMES: Schema = { type: 'integer', minimum: 1, maximum: 100 };
/** The member `check`. */
export const CHECK: Schema = {
  type: 'object', additionalProperties: false,
  properties: {
    tcp: { type: 'boolean', enum: [true] },
    http: { type: 'string', maxLength: 1024, pattern: '^/[!-~]*$', description: 'a path such as /healthz' },
    grpc: { type: 'string', maxLength: 255, pattern: '^[!-~]*$', description: 'a service of grpc.health.v1, empty for the whole server' },
    dns: { type: 'string', maxLength: 253, pattern: '^[!-~]+$', description: 'a name that is asked for' },
    port: { type: 'string', maxLength: 63, description: 'the name of one of the ports' },
    every: TIME, timeout: TIME, fail: TIMES, pass: TIMES,
  },
};

/** Milliseconds: what is meant where nothing is said, and what may be said. */
const EVERY = 10_000, TIMEOUT = 2000, LEAST = 500, MOST = 3_600_000;
/** Looks in a row, where nothing is said. */
const FAIL = 3, PASS = 1;

/** The same in numbers. */
export interface Check {
  readonly kind: Kind;
  /** The path, the service or the name. */
  readonly what: string;
  /** Milliseconds. */
  readonly every: number;
  readonly timeout: number;
  readonly fail: number;
  readonly pass: number;
}
/** Reads what was said, which has its form; a text says what is wrong, and where. */
export function checkOf(spec: CheckSpec): Check | { readonly field: string; readonly wrong: string; readonly cure: string } {
  const kinds = KINDS.filter((kind) => spec[kind] !== undefined);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    const had = kinds.length === 0 ? 'none' : kinds.join(' and ');
    return { field: 'check', wrong: `it has ${had}`, cure: `it has one of ${KINDS.join(', ')}` };
  }
  const every = spec.every === undefined ? EVERY : millisecondsOf(spec.every);
  if (every < LEAST || every > MOST) {
    return { field: 'check.every', wrong: `it is ${quoted(spec.every!)}`, cure: 'it is from 500ms to 60m' };
  }
  const timeout = spec.timeout === undefined ? Math.min(TIMEOUT, every) : millisecondsOf(spec.timeout);
  if (timeout > every) return { field: 'check.timeout', wrong: 'it is longer than from one look to the next', cure: 'make it shorter' };
  const what = spec[kind];
  return { kind, what: typeof what === 'string' ? what : '', every, timeout, fail: spec.fail ?? FAIL, pass: spec.pass ?? PASS };
}
function millisecondsOf(text: string): number {
  const [, number, unit] = /^(\d+)(ms|s|m)$/.exec(text)!;
  return Number(number) * (unit === 'ms' ? 1 : unit === 's' ? 1000 : 60_000);
}
