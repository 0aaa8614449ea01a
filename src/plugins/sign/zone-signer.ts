// When a zone is signed again and what is said of it (SIGN-2). Knows one zone, its files and the clock.
import { randomInt } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { sent } from '../../dnssec/sent-key.ts';
import type { Name } from '../../dns/name.ts';
import { compareSerials } from '../../dns/order.ts';
import type { Aside } from '../../kernel/aside.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/seen/log.ts';
import type { SignSettings } from './config.ts';
import { signFile, wordsOf } from './sign-file.ts';
import type { SignOrder } from './sign-file.ts';
import { inputLine, readSignedFile } from './signed-file.ts';
import type { SignedFile } from './signed-file.ts';

const HOUR = 3600, DAY = 24 * HOUR;
/** Signatures are made again at this age, in seconds, and when so little of their time is left. */
const OLDEST = 6 * DAY, LEAST = 7 * DAY;
/** A signature holds from before it is made, up to 18 hours more, until behind; up to five days more. */
const BEFORE = 3 * HOUR, BEFORE_MORE = 18 * HOUR, AFTER = 32 * DAY, AFTER_MORE = 5 * DAY;
/** Bytes of a file from which on a thread that serves does not sign it. */
const LARGE = 1 << 18;
/** Milliseconds between two looks that are told, and between those in which only something new is. */
export const ROUND = 5 * HOUR * 1000, LOOK = 60_000;

/** What it has of its process. */
export interface Surroundings {
  readonly clock: Clock;
  readonly log: Log;
  readonly aside?: Aside | undefined;
}

/** One zone that is signed. */
export class ZoneSigner {
  readonly #settings: SignSettings;
  readonly #zone: Name;
  readonly #path: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #aside: Aside | undefined;
  #failed = '';

  constructor(settings: SignSettings, zone: Name, { clock, log, aside }: Surroundings) {
    this.#settings = settings;
    this.#zone = zone;
    this.#path = `${settings.directory}/db.${zone}signed`;
    this.#clock = clock;
    this.#log = log;
    this.#aside = aside;
  }

  /** Looks whether it has to be signed, and signs it. `told` says that it is said where it need not be. Never rejects. */
  async look(told: boolean): Promise<void> {
    const { keys, input } = this.#settings;
    const tags = keys.map(({ tag }) => tag).join();
    const began = this.#clock.monotonic();
    let old: SignedFile | undefined;
    let why: string | undefined;
    try {
      old = await readSignedFile(this.#path);
      why = await this.#reason(old);
    } catch (error) {
      why = wordsOf(error);
    }
    if (why === undefined) {
      if (told) this.#log.info(`Skipping signing zone "${this.#zone}" in "${this.#path}": signatures are valid`);
      return;
    }
    if (told || this.#failed === '') this.#log.info(`Signing "${this.#zone}" because ${why}`);
    const next = new Date(this.#clock.wall() + ROUND).toISOString();
    const elapsed = () => ((this.#clock.monotonic() - began) / 1000).toFixed(6);
    try {
      const serial = await this.#sign(old, input);
      this.#failed = '';
      this.#log.info(`Successfully signed zone "${this.#zone}" in "${this.#path}" with key tags "${tags}" and ${serial} SOA serial, ` +
        `elapsed ${elapsed()}, next: ${next}`);
    } catch (error) {
      const said = wordsOf(error);
      // Said once, not each minute.
      if (told || said !== this.#failed) {
        this.#log.warning(`Error signing "${this.#zone}" with key tags "${tags}" in ${elapsed()}s: ${said}, next: ${next}`);
      }
      this.#failed = said;
    }
  }

  /** Why the signed file will not do any more; undefined where it does. */
  async #reason(old: SignedFile): Promise<string | undefined> {
    const now = Math.floor(this.#clock.wall() / 1000);
    if (old.inception > now) return `its signatures are of the future: from ${at(old.inception)} on`;
    if (now - old.inception > OLDEST) return `its signatures are older than 6 days: from ${at(old.inception)} on`;
    if (old.expiration - now < LEAST) return `its signatures have less than 7 days left: until ${at(old.expiration)}`;
    if (!this.#settings.keys.some(({ tag }) => tag === old.tag)) return `it is signed with another key: ${old.tag}`;
    if (old.chain !== this.#settings.chain) return `it denies by ${old.chain}`;
    for (const input of old.inputs) {
      const path = input.replace(/^\S+ \S+ /, '');
      const { size, mtimeMs } = await stat(path);
      if (inputLine({ path, size, mtimeMs }) !== input) return `${path} has changed`;
    }
    // Somebody else's, who did not write down of what it is: an input that is newer has changed.
    if (old.inputs.length > 0) return undefined;
    const [input, signed] = await Promise.all([stat(this.#settings.input), stat(this.#path)]);
    return input.mtimeMs > signed.mtimeMs ? `${this.#settings.input} is newer` : undefined;
  }
  /** Says which serial it has now. A large file is signed by a thread that serves nobody. */
  async #sign(old: SignedFile | undefined, input: string): Promise<number> {
    const now = Math.floor(this.#clock.wall() / 1000);
    const serial = old !== undefined && compareSerials(now, old.serial) <= 0 ? (old.serial + 1) >>> 0 : now;
    const order: SignOrder = {
      input, path: this.#path, zone: this.#zone.key, keys: this.#settings.keys.map(sent), serial,
      chain: this.#settings.chain,
      inception: now - BEFORE - randomInt(BEFORE_MORE), expiration: now + AFTER + randomInt(AFTER_MORE),
    };
    const isLarge = this.#aside !== undefined && (await stat(input)).size >= LARGE;
    await (isLarge ? this.#aside!.ask('sign', order) : signFile(order));
    return serial;
  }
}

const at = (seconds: number): string => new Date(seconds * 1000).toISOString();
