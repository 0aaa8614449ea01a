// A zone that is kept as its primaries have it (SEC-2, SEC-3): transferred, looked after by the timers of its SOA, not served any more when
// nobody could be asked for too long. Knows the order of things; what is asked is client.ts's. Main's.
import { formatDuration } from '../../wording/duration.ts';
import type { Name } from '../../dns/name.ts';
import { compareSerials } from '../../dns/order.ts';
import type { RR } from '../../dns/rr.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/seen/log.ts';
import type { Closable } from '../../kernel/shared.ts';
import { serialOf } from '../../authority/transfer.ts';
import type { ZoneKeeper } from '../../authority/zone/keeper.ts';
import type { Client } from './client.ts';
import { timersOf } from './client.ts';
import type { Primary } from './config.ts';
import type { Turnstile } from './turnstile.ts';

/** Milliseconds: between the first tries, at first and at most; how much later than said a check may be. */
const FIRST = 250, LONGEST = 10_000, REFRESH_JITTER = 5000, RETRY_JITTER = 2000;

/** What came of a transfer. */
export type Pulled = { readonly kind: 'same' } | { readonly kind: 'made'; readonly text: string };
/** What a zone works with. */
export interface ZoneParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly keeper: ZoneKeeper;
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
  /** Publishes what an earlier process kept, if there is something: when a primary was heard last, in milliseconds since 1970. */
  readonly restore?: () => Promise<number | undefined>;
  /** Keeps that a primary was heard. */
  readonly keep?: (contact: number) => void;
  readonly random: () => number;
}

/** One zone. */
export class TransferredZone implements Closable {
  readonly name: Name;
  readonly #primaries: readonly Primary[];
  readonly #isNewest: boolean;
  readonly #parts: ZoneParts;
  #begun = false;
  #closed = false;
  #cancel = (): void => {};
  #busy = false;
  /** Somebody said that there is something new while it was looked. */
  #again = false;
  /** When a primary was heard last. */
  #contact = 0;
  #delay = FIRST;
  /** Why what is served may be old; undefined where a primary said that it is not. */
  trouble: string | undefined = 'not transferred yet';

  constructor(name: Name, primaries: readonly Primary[], isNewest: boolean, parts: ZoneParts) {
    this.name = name;
    this.#primaries = primaries;
    this.#isNewest = isNewest;
    this.#parts = parts;
  }
  get keeper(): ZoneKeeper {
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

  /** What was kept is served until a primary says what there is now; how old it is tells the wall clock. */
  async #start(): Promise<void> {
    const { restore, clock, soa, keeper: { cell }, log } = this.#parts;
    this.#busy = true;
    try {
      const contact = cell.version === 0 ? await restore?.() : undefined;
      if (contact !== undefined) {
        this.#contact = contact;
        if (clock.wall() - contact > timersOf(soa()!).expire) cell.expire(true);
      }
    } catch (error) {
      log.warning(`The snapshot of ${this.name.text} is not taken: ${error instanceof Error ? error.message : String(error)}`);
    }
    this.#busy = false;
    if (!this.#closed) await this.#look();
  }
  async #look(): Promise<void> {
    this.#cancel();
    this.#busy = true;
    try {
      await (this.#parts.keeper.cell.version === 0 ? this.#first() : this.#check());
    } catch (error) {
      this.#parts.log.error(`${this.name.text}: ${error instanceof Error ? error.message : String(error)}`);
      this.#later(LONGEST);
    }
    this.#busy = false;
    if (!this.#again || this.#closed) return;
    this.#again = false;
    await this.#look();
  }
  #later(milliseconds: number): void {
    if (this.#closed) return;
    this.#cancel();
    this.#cancel = this.#parts.clock.after(milliseconds, () => void this.#look());
  }

  /** There is nothing yet: the first primary that gives the zone, then the next one. */
  async #first(): Promise<void> {
    const why = await this.#transfer(this.#primaries, true);
    if (this.#closed) return;
    if (why === undefined) {
      this.#delay = FIRST;
      return this.#heard();
    }
    this.trouble = why;
    this.#parts.told('failed');
    const delay = this.#delay;
    this.#delay = Math.min(LONGEST, 2 * delay);
    this.#parts.log.warning(`All '${this.name.text}' masters failed to transfer, retrying in ${formatDuration(delay)}: ${why}`);
    this.#later(delay);
  }
  /** Why none of them gave it; undefined where one did. */
  async #transfer(primaries: readonly Primary[], anyway: boolean): Promise<string | undefined> {
    const { transfers, pull, log, told } = this.#parts;
    let why = '';
    for (const primary of primaries) {
      if (this.#closed) return undefined;
      try {
        const pulled = await transfers.pass(primary.text, () => pull(primary, anyway));
        if (pulled.kind === 'made') {
          log.info(pulled.text);
          told('transferred');
        }
        return undefined;
      } catch (error) {
        const said = error instanceof Error ? error.message : String(error);
        why = primaries.length > 1 ? `${primary.text}: ${said}` : said;
        if (primaries.length > 1) log.debug(`Transfer of ${this.name.text} from ${why}`);
      }
    }
    return why;
  }

  /** Is what we have the newest? */
  async #check(): Promise<void> {
    const { soa: own, keeper: { cell }, log, told } = this.#parts;
    const { found, from, why } = await this.#ask();
    if (this.#closed) return;
    if (found === undefined) return this.#failed(why);
    const serial = serialOf(found);
    const ours = serialOf(own()!);
    const order = compareSerials(serial, ours);
    if (order > 0 || (cell.isExpired && order !== 0)) {
      const others = this.#primaries.filter((each) => each !== from);
      const failed = await this.#transfer([from!, ...others], cell.isExpired);
      if (this.#closed) return;
      if (failed !== undefined) return this.#failed(failed);
    } else if (order < 0) {
      log.warning(`The primary ${from!.text} of ${this.name.text} has serial ${serial}, which is behind ours, ${ours}: it is not taken`);
    } else told('current');
    cell.expire(false);
    this.#heard();
  }
  /** The SOA of the first primary that tells it, or the newest one of all. */
  async #ask(): Promise<{ readonly found: RR | undefined; readonly from: Primary | undefined; readonly why: string }> {
    const { client, questions } = this.#parts;
    let found: RR | undefined;
    let from: Primary | undefined;
    let why = '';
    for (const primary of this.#primaries) {
      try {
        const soa = await questions.pass(primary.text, () => client.soa(primary));
        if (found !== undefined && compareSerials(serialOf(soa), serialOf(found)) <= 0) continue;
        found = soa;
        from = primary;
        if (!this.#isNewest) break;
      } catch (error) {
        why = `${primary.text}: ${error instanceof Error ? error.message : String(error)}`;
      }
    }
    return { found, from, why };
  }

  /** A primary was heard, and what we have is what it has. */
  #heard(): void {
    const { clock, soa, random } = this.#parts;
    this.#contact = clock.wall();
    this.#parts.keep?.(this.#contact);
    this.trouble = undefined;
    const { refresh } = timersOf(soa()!);
    this.#later(refresh + random() * Math.min(REFRESH_JITTER, refresh));
  }
  /** Nobody answers: again after the retry time, until the zone has expired and then on. */
  #failed(why: string): void {
    const { clock, soa, random, keeper: { cell }, log, told } = this.#parts;
    told('failed');
    this.trouble = why;
    const { retry, expire } = timersOf(soa()!);
    const left = this.#contact + expire - clock.wall();
    log.warning(`Failed to check or transfer ${this.name.text}: ${why}`);
    if (left <= 0 && !cell.isExpired) {
      cell.expire(true);
      log.error(`Zone ${this.name.text} is expired: no primary was heard for ${formatDuration(clock.wall() - this.#contact)}`);
    }
    const wait = retry + random() * Math.min(RETRY_JITTER, retry);
    this.#later(left > 0 ? Math.min(wait, left) : wait);
  }
}
