// Requests to one API: each waits for its turn, shows who we are, is counted, and fails with what the API said. Knows HTTP and
// credentials; knows nothing of lists and watches but how long they may take.
import type { Clock } from '../kernel/clock.ts';
import type { Metrics } from '../kernel/seen/metrics.ts';
import { VERSION } from '../kernel/version.ts';
import type { ApiConfig } from './api-config.ts';
import { ApiError, refusal, statusOf } from './api-error.ts';
import { Certificates } from './certificates.ts';
import type { Credential } from './credentials.ts';
import { get, type Limits } from './http-get.ts';
import { KeptConnections } from './kept-connections.ts';
import type { ReplyHead } from '../http/head.ts';
import { PROTOBUF } from './protobuf-pieces.ts';
import { RequestMetrics } from './request-metrics.ts';
import { TokenBucket, Turnstile } from './request-limits.ts';
import { readStatus } from './watch-event.ts';

/** One request. */
export interface ApiRequest {
  /** Path and query, from the API's root. */
  readonly target: string;
  /** A list is under way until its body is whole, a watch until its head is there. */
  readonly kind: 'list' | 'watch';
  /** A further page of a list: it has to wait its turn only where the Corefile says how fast we may ask. */
  readonly continues?: boolean;
  readonly limits: Limits;
  /** Whether what comes may be in binary form. */
  readonly binary?: boolean;
  /** The API said 200, and whether the body is in binary form. */
  opened(binary: boolean): void;
  /** A part of the body. */
  content(part: Buffer): void;
}

/** client-go's own where the Corefile says nothing. */
const QPS = 5, BURST = 10;
/** As client-go: what has no binary form comes as JSON. */
const JSON_ALONE = 'application/json', BINARY = `${PROTOBUF},${JSON_ALONE}`;
/** Bytes of a refusal that are read. */
const MOST_REFUSAL = 65536;

/** All requests to one API. */
export class Requests {
  readonly #config: ApiConfig;
  readonly #clock: Clock;
  readonly #bucket: TokenBucket;
  readonly #paced: boolean;
  readonly #turnstile: Turnstile;
  readonly #metrics: RequestMetrics;
  readonly #certificates: Certificates | undefined;
  readonly #kept: KeptConnections;

  constructor(config: ApiConfig, clock: Clock, metrics: Metrics, label?: readonly string[]) {
    const { qps = 0, burst = 0, maxInflight = 0 } = config.limits;
    this.#config = config;
    this.#kept = new KeptConnections(clock);
    this.#clock = clock;
    this.#paced = qps > 0 || burst > 0;
    this.#bucket = new TokenBucket(qps > 0 ? qps : QPS, burst > 0 ? burst : BURST, clock);
    this.#turnstile = new Turnstile(maxInflight > 0 ? maxInflight : Infinity);
    this.#metrics = new RequestMetrics(metrics, config.endpoint.authority, label);
    this.#certificates = config.endpoint.secure ? new Certificates(config.tls) : undefined;
  }

  /** Closes the connections that wait for the next request. */
  close(): void {
    this.#kept.close();
  }
  /** Resolves when the body is whole. Rejects with ApiError or what `content` threw. A 401 is tried again at once with what is fresh. */
  async send(request: ApiRequest, signal: AbortSignal): Promise<void> {
    const { credentials } = this.#config;
    const credential = await credentials.get();
    try {
      await this.#inTurn(request, credential, signal);
    } catch (error) {
      if (statusOf(error) !== 401) throw error;
      credentials.refused(credential);
      const fresh = await credentials.get();
      if (same(fresh, credential)) throw await this.#withExpiry(error as ApiError, credential);
      await this.#inTurn(request, fresh, signal);
    }
  }

  /** The API calls an expired certificate Unauthorized, as anything else: says which one it is. */
  async #withExpiry(error: ApiError, credential: Credential): Promise<ApiError> {
    const since = await this.#certificates?.expiredSince(this.#clock.wall(), credential).catch(() => undefined);
    if (since === undefined) return error;
    const expired = `our client certificate has expired at ${new Date(since).toISOString()}`;
    return new ApiError('status', `${error.message} (${expired})`, error.refusal);
  }

  async #inTurn(request: ApiRequest, credential: Credential, signal: AbortSignal): Promise<void> {
    const began = this.#clock.monotonic();
    const list = request.kind === 'list';
    if (this.#paced || request.continues !== true) await this.#bucket.take(signal);
    if (list) this.#metrics.waited(this.#clock.monotonic() - began);
    const leave = await this.#turnstile.enter(signal);
    try {
      await this.#exchange(request, credential, signal, leave);
    } finally {
      leave();
      if (list) this.#metrics.took(this.#clock.monotonic() - began);
    }
  }
  async #exchange(request: ApiRequest, credential: Credential, signal: AbortSignal, leave: () => void): Promise<void> {
    const { host, port, authority, prefix } = this.#config.endpoint;
    const tls = await this.#certificates?.options(credential);
    const { authorization } = credential;
    const accept = request.binary === true ? BINARY : JSON_ALONE;
    const headers: [string, string][] = [['User-Agent', `coredns-ts/${VERSION}`], ['Accept', accept]];
    if (authorization !== undefined) headers.push(['Authorization', headerValue(authorization)]);
    const reply = new Reply(request, (status) => {
      this.#metrics.answered(status);
      if (request.kind === 'watch') leave();
    });
    const session = (ticket: Buffer) => this.#certificates?.keepSession(ticket);
    const { proxy } = this.#config;
    const target = `${prefix}${request.target}`;
    const what = { host, port, authority, tls, session, proxy, kept: this.#kept, target, headers, limits: request.limits };
    try {
      await get(what, reply, this.#clock, signal);
    } catch (error) {
      if (reply.status === undefined && !signal.aborted) this.#metrics.answered(undefined);
      throw reply.refused(error) ?? error;
    }
    const refused = reply.refused(undefined);
    if (refused !== undefined) throw refused;
  }
}

const same = (one: Credential, other: Credential): boolean =>
  one.authorization === other.authorization && one.certificate === other.certificate && one.key === other.key;

/** A token with a line feed in it must not become a header of its own. */
function headerValue(text: string): string {
  if (!/^[\t -~\u0080-\u00ff]*$/.test(text)) throw new ApiError('credentials', 'net/http: invalid header field value for "Authorization"');
  return text;
}

/** Gives the content of a 200 on and keeps that of anything else. */
class Reply {
  readonly #request: ApiRequest;
  readonly #answered: (status: number) => void;
  #head: ReplyHead | undefined;
  #kept: Buffer[] = [];
  #size = 0;

  constructor(request: ApiRequest, answered: (status: number) => void) {
    this.#request = request;
    this.#answered = answered;
  }
  get status(): number | undefined {
    return this.#head?.status;
  }
  head(head: ReplyHead): void {
    this.#head = head;
    this.#answered(head.status);
    if (head.status === 200) this.#request.opened(isBinary(head));
  }
  content(part: Buffer): void {
    if (this.#head!.status === 200) return this.#request.content(part);
    this.#kept.push(Buffer.from(part));
    this.#size += part.length;
    if (this.#size > MOST_REFUSAL) throw new ApiError('cut', 'the refusal is too long');
  }
  /** The API's refusal, whether its body came whole or not; undefined where it refused nothing, or we ended it ourselves. */
  refused(error: unknown): ApiError | undefined {
    if (this.#head === undefined || this.#head.status === 200) return undefined;
    if (error instanceof ApiError && error.kind === 'aborted') return undefined;
    const { status, headers } = this.#head;
    const seconds = headers.get('retry-after');
    const body = Buffer.concat(this.#kept);
    const said = refusal(isBinary(this.#head) ? readStatus(body) : parsed(body.toString()), status,
      seconds !== undefined && /^\d{1,9}$/.test(seconds) ? Number(seconds) : undefined);
    return new ApiError('status', said.message === '' ? `the server answered ${status}` : said.message, said);
  }
}

const isBinary = ({ headers }: ReplyHead): boolean => headers.get('content-type')?.startsWith(PROTOBUF) === true;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
