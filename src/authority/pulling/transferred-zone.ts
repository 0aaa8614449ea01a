// A zone that is kept as its primaries have it (SEC-2, SEC-3): transferred, looked after by the timers of its SOA, not served any more when
// nobody could be asked for too long. Knows the order of things; what is asked is client.ts's. Main's.
import { formatDuration } from '../../wording/duration.ts';
import type { Name } from '../../dns/name.ts';
import { compareSerials } from '../../dns/order.ts';
import type { RR } from '../../dns/rr.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/seen/log.ts';
import type { Closable } from '../../kernel/shared.ts';
import { serialOf } from '../transfer.ts';
import type { Keeper } from '../signing/keeping.ts';
import type { Scratch } from '../zone/scratch.ts';
import type { Client, Heard } from './client.ts';
import { timersOf } from './client.ts';
import type { Primary } from './settings.ts';
import type { Turnstile } from './turnstile.ts';

/** What is said where nobody could be asked. */
const UNKNOWN = 'no address of a primary is known';
/** Milliseconds: between the first tries, at first and at most; how much later than said a check may be. */
const FIRST = 250, LONGEST = 10_000, REFRESH_JITTER = 5000, RETRY_JITTER = 2000;

/** What came of a transfer. */
export type Pulled = ({ readonly kind: 'same' } | { readonly kind: 'made'; readonly text: string }) & {
  /** Seconds for which the primary may serve it itself, where it tells that. */
  readonly expiry: number | undefined;
};
/** What a zone works with. */
export interface ZoneParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly keeper: Keeper;
  readonly client: Client;
  /** The SOA of what is served. */
  readonly soa: () => RR | undefined;
  /**
   * Transfers from this primary and publishes; `anyway`: whatever the serial. Rejects with why there is nothing new.
   */
  readonly pull: (primary: Primary, anyway: boolean) => Promise<Pulled>;
  readonly transfers: Turnstile;
  readonly questions: Turnstile;
  readonly told: (result: 'transferred' | 'current' | 'failed') => void;
  /**
   * Publishes what was kept, if there is something: when a primary was heard last, in milliseconds since 1970; where that is not known it
   * is as if it was now.
   */
  readonly restore?: () => Promise<{ readonly contact: number | undefined } | undefined>;
  /** What it is kept in, for people. */
  readonly keptAs?: string;
  /** Keeps that a primary was heard. */
  readonly keep?: (contact: number) => void;
  readonly random: () => number;
}

/** One zone. */
export class TransferredZone implements Closable {
  readonly name: Name;
  #primaries: readonly Primary[];
  readonly #isNewest: boolean;
  readonly #parts: ZoneParts;
  #begun = false;
  #closed = false;
  #cancel = (): void => {};
  #busy = false;
  /** Somebody said that there is something new while it was looked. */
  #again = false;
  /** When a primary was heard last, and until when what is served may be: milliseconds of the wall clock. */
  #contact = 0;
  #until = 0;
  #delay = FIRST;
  /** Why what is served may be old; undefined where a primary said that it is not. */
  trouble: string | undefined = 'not transferred yet';
  /** Says before each look who the primaries are, where some have names that have to be looked up. */
  find: (() => Promise<readonly Primary[]>) | undefined = undefined;
  /** Looks at a version before it is served, and throws where it may not be. */
  approve: ((scratch: Scratch) => Promise<void>) | undefined = undefined;
  #restored: Promise<boolean> | undefined;

  constructor(name: Name, primaries: readonly Primary[], isNewest: boolean, parts: ZoneParts) {
    this.name = name;
    this.#primaries = primaries;
    this.#isNewest = isNewest;
    this.#parts = parts;
  }
  get keeper(): Keeper {
    return this.#parts.keeper;
  }

  /** Begins, where nobody did. */
  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    void this.#start();
  }
  /** A primary says that there is something new: one look is under way and one waits at most. */
  notified(): void {
    if (!this.#begun || this.#closed) return;
    if (this.#busy) this.#again = true;
    else void this.#look();
  }
  close(): void {
    this.#closed = true;
    this.#cancel();
    this.#parts.keeper.close();
  }

  /** What was kept is there, where something was. */
  async restored(): Promise<void> {
    await (this.#restored ??= this.#restore());
  }
  async #start(): Promise<void> {
    this.#busy = true;
    const isNew = await (this.#restored ??= this.#restore());
    this.#busy = false;
    if (this.#closed) return;
    if (isNew && !this.#again) this.#heard(undefined, true);
    else await this.#look();
  }
  /** What was kept is served until a primary says what there is now; how old it is tells the wall clock: true where it counts as new. */
  async #restore(): Promise<boolean> {
    const { restore, clock, soa, keeper: { cell, served }, log } = this.#parts;
    // Somebody may have had it a moment ago.
    if (cell.version !== 0) {
      this.#until = served.until * 1000;
      this.#contact = this.#until - timersOf(soa()!).expire;
    }
    try {
      const kept = cell.version === 0 ? await restore?.() : undefined;
      if (kept !== undefined && !this.#closed) {
        this.#contact = kept.contact ?? clock.wall();
        this.#serveUntil(this.#contact + timersOf(soa()!).expire);
        if (clock.wall() > this.#until) served.expire(true);
        return kept.contact === undefined;
      }
    } catch (error) {
      const what = this.#parts.keptAs ?? 'snapshot';
      log.warning(`The ${what} of ${this.name.text} is not taken: ${error instanceof Error ? error.message : String(error)}`);
    }
    return false;
  }
  async #look(): Promise<void> {
    this.#cancel();
    this.#busy = true;
    this.#again = false;
    try {
      if (this.find !== undefined) this.#primaries = await this.find();
      if (this.#closed) return;
      await (this.#parts.keeper.cell.version === 0 ? this.#first() : this.#check());
    } catch (error) {
      this.#parts.log.error(`${this.name.text}: ${error instanceof Error ? error.message : String(error)}`);
      this.#later(LONGEST);
    }
    this.#busy = false;
    if (this.#again && !this.#closed) await this.#look();
  }
  #later(milliseconds: number): void {
    if (this.#closed) return;
    this.#cancel();
    this.#cancel = this.#parts.clock.after(milliseconds, () => void this.#look());
  }

  /** There is nothing yet: the first primary that gives the zone, then the next one. */
  async #first(): Promise<void> {
    const { why, expiry } = await this.#transfer(this.#primaries, true);
    if (this.#closed) return;
    if (why === undefined) {
      this.#delay = FIRST;
      return this.#heard(expiry, true);
    }
    this.trouble = why;
    this.#parts.told('failed');
    const delay = this.#delay;
    this.#delay = Math.min(LONGEST, 2 * delay);
    this.#parts.log.warning(`All '${this.name.text}' masters failed to transfer, retrying in ${formatDuration(delay)}: ${why}`);
    this.#later(delay);
  }
  /** Why none of them gave it; undefined where one did, with the time that it told. */
  async #transfer(
    primaries: readonly Primary[], anyway: boolean,
  ): Promise<{ readonly why?: string; readonly expiry?: number | undefined }> {
    const { transfers, pull, log, told } = this.#parts;
    let why = UNKNOWN;
    for (const primary of primaries) {
      if (this.#closed) return {};
      try {
        const pulled = await transfers.pass(primary.text, () => pull(primary, anyway));
        if (pulled.kind === 'made') {
          log.info(pulled.text);
          told('transferred');
        }
        return { expiry: pulled.expiry };
      } catch (error) {
        const said = error instanceof Error ? error.message : String(error);
        why = primaries.length > 1 ? `${primary.text}: ${said}` : said;
        if (primaries.length > 1) log.debug(`Transfer of ${this.name.text} from ${why}`);
      }
    }
    return { why };
  }

  /** Is what we have the newest? */
  async #check(): Promise<void> {
    const { soa: own, keeper: { served }, log, told } = this.#parts;
    const { found, from, why } = await this.#ask();
    if (this.#closed) return;
    if (found === undefined) return this.#failed(why);
    const serial = serialOf(found.soa);
    const ours = serialOf(own()!);
    const order = compareSerials(serial, ours);
    if (order > 0 || (served.isExpired && order !== 0)) {
      const others = this.#primaries.filter((each) => each !== from);
      const pulled = await this.#transfer([from!, ...others], served.isExpired);
      if (this.#closed) return;
      if (pulled.why !== undefined) return this.#failed(pulled.why);
      return this.#heard(pulled.expiry, true);
    }
    if (order < 0) {
      log.warning(`The primary ${from!.text} of ${this.name.text} has serial ${serial}, which is behind ours, ${ours}: it is not taken`);
    } else told('current');
    this.#heard(found.expiry, false);
  }
  /** The SOA of the first primary that tells it, or the newest one of all. */
  async #ask(): Promise<{ readonly found: Heard | undefined; readonly from: Primary | undefined; readonly why: string }> {
    const { client, questions } = this.#parts;
    let found: Heard | undefined;
    let from: Primary | undefined;
    let why = UNKNOWN;
    for (const primary of this.#primaries) {
      try {
        const heard = await questions.pass(primary.text, () => client.soa(primary));
        if (found !== undefined && compareSerials(serialOf(heard.soa), serialOf(found.soa)) <= 0) continue;
        found = heard;
        from = primary;
        if (!this.#isNewest) break;
      } catch (error) {
        why = `${primary.text}: ${error instanceof Error ? error.message : String(error)}`;
      }
    }
    return { found, from, why };
  }

  /**
   * A primary was heard, and what we have is what it has. Where it is a secondary itself it tells how long it may serve the zone, and ours
   * may not be served for longer; of several that were heard the one that was nearest to the source counts (RFC 7314 section 4).
   */
  #heard(expiry: number | undefined, isTransferred: boolean): void {
    const { clock, soa, random, keep, keeper: { served } } = this.#parts;
    const { refresh, retry, expire } = timersOf(soa()!);
    const now = clock.wall();
    const until = now + (expiry === undefined ? expire : Math.min(expire, expiry * 1000));
    this.#contact = now;
    this.#serveUntil(isTransferred ? until : Math.max(until, this.#until));
    const left = this.#until - now;
    keep?.(this.#until - expire);
    this.trouble = undefined;
    if (left <= 0) this.#expire();
    else if (served.isExpired) served.expire(false);
    const wait = left <= 0 ? retry : refresh;
    this.#later(Math.min(wait + random() * Math.min(REFRESH_JITTER, wait), left > 0 ? left : Infinity));
  }
  #serveUntil(until: number): void {
    this.#until = until;
    this.#parts.keeper.served.until = Math.floor(until / 1000);
  }
  #expire(): void {
    const { clock, keeper: { served }, log } = this.#parts;
    if (served.isExpired) return;
    served.expire(true);
    const silence = formatDuration(clock.wall() - this.#contact);
    log.error(`Zone ${this.name.text} is expired: ${silence === '0s' ? 'so its primary says' : `no primary was heard for ${silence}`}`);
  }
  /** Nobody answers: again after the retry time, until the zone has expired and then on. */
  #failed(why: string): void {
    const { clock, soa, random, log, told } = this.#parts;
    told('failed');
    this.trouble = why;
    const { retry } = timersOf(soa()!);
    const left = this.#until - clock.wall();
    log.warning(`Failed to check or transfer ${this.name.text}: ${why}`);
    if (left <= 0) this.#expire();
    const wait = retry + random() * Math.min(RETRY_JITTER, retry);
    this.#later(left > 0 ? Math.min(wait, left) : wait);
  }
}
