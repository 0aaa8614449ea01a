// What can go wrong between us and the API, as one error with a kind. Knows texts; knows no sockets and no resources.
import { HttpError } from '../http/error.ts';
import { errnoWords, isShortage, reasonOf } from '../wording/errno.ts';
import { quoted } from '../wording/quote.ts';

/**
 * `unreachable`: no connection came about. `timeout`: nothing came in time. `protocol`: what came is no HTTP or no JSON of the API.
 * `cut`: the connection ended in the middle. `status`: the API answered, with something else than 200. `credentials`: our own are not to
 * be had. `configuration`: what the Corefile names cannot be used. `aborted`: we ended it ourselves.
 */
export type FailureKind = 'unreachable' | 'timeout' | 'protocol' | 'cut' | 'status' | 'credentials' | 'configuration' | 'aborted';

/** What the API said of a request that it refused (a `Status` object), as far as it said it. */
export interface Refusal {
  readonly status: number;
  /** `Expired`, `Forbidden`; empty where none was given. */
  readonly reason: string;
  /** The API's own sentence; empty where none was given. */
  readonly message: string;
  /** Reasons of the causes in `details`. */
  readonly causes: readonly string[];
  /** Seconds from `Retry-After`. */
  readonly retryAfter: number | undefined;
}

/** A request or a stream that failed. */
export class ApiError extends Error {
  readonly kind: FailureKind;
  /** Only with kind `status`. */
  readonly refusal: Refusal | undefined;
  constructor(kind: FailureKind, text: string, refusal?: Refusal) {
    super(text);
    this.name = 'ApiError';
    this.kind = kind;
    this.refusal = refusal;
  }
}

/** The status that the API refused with, or undefined. */
export const statusOf = (error: unknown): number | undefined => (error instanceof ApiError ? error.refusal?.status : undefined);

/** Any error as one of ours: what is none, and none of HTTP, is a `protocol` error with its text. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(error instanceof HttpError ? error.kind : 'protocol', error instanceof Error ? error.message : String(error));
}

/** Whether the API has no such collection. */
export const isMissing = (error: unknown): boolean => statusOf(error) === 404;
/** Whether a watch or list was refused because its resource version is too old: HTTP 410, also inside a stream. */
export const isExpired = (error: unknown): boolean => {
  const refusal = error instanceof ApiError ? error.refusal : undefined;
  return refusal !== undefined && (refusal.status === 410 || refusal.reason === 'Expired' || refusal.reason === 'Gone');
};

/** Whether the API does not know our resource version yet: it was restored from a backup, or is behind. */
export const isTooLarge = (error: unknown): boolean => {
  const refusal = error instanceof ApiError ? error.refusal : undefined;
  return refusal !== undefined
    && (refusal.causes.includes('ResourceVersionTooLarge') || /too large resource version/i.test(refusal.message));
};

/** A configuration that only the making of the client refuses: `failed to create kubernetes notification controller: "WHY"`. */
export const clientRefused = (why: string): ApiError =>
  new ApiError('configuration', `failed to create kubernetes notification controller: ${quoted(why)}`);

/** Why no connection came about, as Go says it: `dial tcp 127.0.0.1:1: connect: connection refused`. `host` is `address:port`. */
export function dialError(host: string, error: unknown): ApiError {
  const { code, message, hostname } = error as { code?: string; message?: string; hostname?: string };
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    const why = code === 'ENOTFOUND' ? 'no such host' : 'server misbehaving';
    return new ApiError('unreachable', `dial tcp: lookup ${hostname ?? host}: ${why}`);
  }
  const words = errnoWords(code);
  const why = words === undefined ? message ?? String(error) : `${isShortage(code) ? 'socket' : 'connect'}: ${words}`;
  return new ApiError('unreachable', `dial tcp ${host}: ${why}`);
}

/** Why a connection broke: `read tcp 127.0.0.1:1: read: connection reset by peer`. */
export function readError(host: string, error: unknown): ApiError {
  return new ApiError('cut', `read tcp ${host}: read: ${reasonOf(error)}`);
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Reads a `Status` object, which may be anything: what is missing is empty. */
export function refusal(body: unknown, status: number, retryAfter?: number): Refusal {
  const { code, reason, message, details } = (typeof body === 'object' && body !== null ? body : {}) as { [field: string]: unknown };
  const { causes, retryAfterSeconds } = (typeof details === 'object' && details !== null ? details : {}) as { [field: string]: unknown };
  const list = Array.isArray(causes) ? causes as unknown[] : [];
  return {
    status: status !== 0 ? status : typeof code === 'number' ? code : 500,
    reason: text(reason),
    message: text(message),
    causes: list.map((cause) => text((cause as { reason?: unknown } | null)?.reason)),
    retryAfter: retryAfter ?? (typeof retryAfterSeconds === 'number' && retryAfterSeconds > 0 ? retryAfterSeconds : undefined),
  };
}
