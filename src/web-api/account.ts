// How often one account of an API may be asked: so many requests a second, so many at once after a rest, and a back-off that all who use it
// share. Knows counts and time; knows no API.
import { ApiError } from '../kube-api/api-error.ts';
import { pause } from '../kube-api/pause.ts';
import { KeptConnections } from '../kube-api/kept-connections.ts';
import { TokenBucket } from '../kube-api/request-limits.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Closable } from '../kernel/shared.ts';
import { askApi } from './api-request.ts';
import type { ApiPlace, ApiReply, ApiRequest } from './api-request.ts';

/** What an account may do. */
export interface Quota {
  readonly perSecond: number;
  readonly burst: number;
}

/** Milliseconds that all wait after the first refusal in a row, and at most; tries of one request. */
const FIRST = 500, LONGEST = 30_000, TRIES = 3;

/** The requests of one account. */
export class Account implements Closable {
  readonly #clock: Clock;
  readonly #bucket: TokenBucket;
  readonly #random: () => number;
  /** Pages of one zone follow each other on one connection. */
  readonly #kept: KeptConnections;
  #refusals = 0;
  #notBefore = 0;

  constructor(clock: Clock, { perSecond, burst }: Quota, random: () => number = Math.random) {
    this.#clock = clock;
    this.#kept = new KeptConnections(clock);
    this.#random = random;
    this.#bucket = new TokenBucket(perSecond, burst, clock);
  }
  close(): void {
    this.#kept.close();
  }

  /**
   * The reply, whatever its status. One that says that too much was asked, or that the API is in trouble, is asked for again, after a pause
   * that everybody else makes too. `make` is called for each try: signatures have a time. Rejects with ApiError.
   */
  async ask(place: ApiPlace, make: () => ApiRequest | Promise<ApiRequest>, isRefusal: (reply: ApiReply) => boolean,
    signal: AbortSignal): Promise<ApiReply> {
    for (let tries = 1; ; tries++) {
      await this.#turn(signal);
      let reply: ApiReply | undefined, error: unknown;
      try {
        reply = await askApi(place, await make(), this.#clock, signal, this.#kept);
      } catch (caught) {
        error = caught;
      }
      if (signal.aborted) throw error ?? new ApiError('aborted', 'context canceled');
      const refused = reply === undefined || reply.status === 429 || reply.status >= 500 || isRefusal(reply);
      if (!refused) {
        this.#refusals = 0;
        return reply!;
      }
      this.#refuse(reply?.headers.get('retry-after'));
      if (tries < TRIES) continue;
      if (reply === undefined) throw error;
      return reply;
    }
  }
  async #turn(signal: AbortSignal): Promise<void> {
    for (let wait = this.#left(); wait > 0 && !signal.aborted; wait = this.#left()) await pause(this.#clock, wait, signal);
    await this.#bucket.take(signal);
  }
  #left(): number {
    return this.#notBefore - this.#clock.monotonic();
  }
  #refuse(asked: string | undefined): void {
    const now = this.#clock.monotonic();
    // Those that were under way together are one refusal.
    if (now < this.#notBefore) return;
    const wait = asked !== undefined && /^\d{1,4}$/.test(asked) ? Number(asked) * 1000
      : Math.min(LONGEST, FIRST * 2 ** Math.min(this.#refusals, 10)) * (0.5 + this.#random() / 2);
    this.#refusals++;
    this.#notBefore = now + wait;
  }
}
