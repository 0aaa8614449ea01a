// A certificate that is ordered and renewed (TLS-2): what lies in its folder is served with; when its time has come, whoever of the
// replicas has the lock orders another. One for all loads and blocks that say the same. Knows when and in which order; what is said to
// the server is authority.ts's. Main's.
import { readFile } from 'node:fs/promises';
import { every } from '../../../kernel/clock.ts';
import type { Log } from '../../../kernel/seen/log.ts';
import type { Closable } from '../../../kernel/shared.ts';
import type { Run } from '../../../kernel/site/plugin.ts';
import { selfSigned } from '../../../secure/made-certificate.ts';
import { cryptography } from '../../../secure/node.ts';
import { readPair } from '../../../secure/pair.ts';
import type { Pair, Pem } from '../../../secure/pair.ts';
import { WatchedPair } from '../../../secure/pair-files.ts';
import type { Note } from '../../../store/notes.ts';
import { fileError } from '../../../wording/errno.ts';
import type { AcmeSettings } from '../acme-config.ts';
import { CHALLENGES } from '../challenge.ts';
import { FAMILIES } from '../families.ts';
import { CertificateAuthority, newKey, pemOf } from './authority.ts';
import { CertificateFolder } from './certificate-folder.ts';
import { Challenges } from './challenges.ts';
import { AcmeRefusal } from './refusal.ts';
import { backOff, timeIn, usualTime } from './renewal-time.ts';

/** Milliseconds between looks at the folder and at the time; until an authority that did not answer is asked for its window again. */
const LOOK = 10_000, HOUR = 3_600_000;
/** A certificate of nobody, until there is one, is good for so long. */
const DAY = 86_400_000, PLACEHOLDER = 3650 * DAY;
/** One is told of a certificate that ends so soon, or of which less than this part of its life is left. */
const SOON = 10 * DAY, PART = 1 / 4;

/** What a certificate is made of before anything is ordered. */
interface Beginning {
  readonly folder: CertificateFolder;
  readonly challenges: Challenges;
  readonly found: Pair | undefined;
  readonly end: AbortController;
}

/** Where every thread finds what is served with, and what a CA wants to see of it. */
export interface Notes {
  readonly note: Note;
  readonly overTls: Note;
}

/** One certificate. */
export class OrderedCertificate implements Closable {
  /** What is served with now. */
  pair: Pair;
  readonly #run: Run;
  readonly #log: Log;
  readonly #settings: AcmeSettings;
  readonly #note: Note;
  readonly #folder: CertificateFolder;
  readonly #authority: CertificateAuthority;
  readonly #challenges: Challenges;
  readonly #watched: WatchedPair;
  readonly #end: AbortController;
  readonly #holders: ((pair: Pair) => void)[] = [];
  #isReal: boolean;
  /** When it is renewed, and by which chance of a window. */
  #renewAt = 0;
  readonly #chance = Math.random();
  /** When the authority may be asked for a window again, and when another order may be tried, on the clock that only goes on. */
  #askAt = 0;
  #tryAt = 0;
  #failures = 0;
  #why = '';
  #isAtWork = false;

  private constructor(run: Run, settings: AcmeSettings, { note, overTls }: Notes, { folder, challenges, found, end }: Beginning) {
    this.#run = run;
    this.#log = run.log.prefix('tls');
    this.#settings = settings;
    this.#note = note;
    this.#folder = folder;
    this.#challenges = challenges;
    this.#end = end;
    const { clock } = run;
    const { signal } = end;
    this.#authority = new CertificateAuthority({ settings, folder, challenges, overTls, clock, log: this.#log, signal });
    this.#isReal = found !== undefined;
    this.pair = found ?? placeholder(run.clock.wall());
    this.#watched = new WatchedPair(folder.files, this.pair, {
      read: (path) => readFile(path, 'utf8').catch((error: unknown) => Promise.reject(new Error(fileError(error, path)))),
      cryptography: cryptography(), now: () => run.clock.wall(),
      changed: (pair) => this.#take(pair),
      refused: (reason) => this.#log.warning(`${folder.files.cert} is not taken over, and the certificate before it stays: ${reason}`),
    });
    this.#plan();
    this.#write();
  }
  /** Begins with what the folder has, or with a certificate of nobody, and looks at it until nobody has it any more. */
  static async open(run: Run, settings: AcmeSettings, notes: Notes): Promise<OrderedCertificate> {
    const { createHash, randomBytes } = cryptography();
    const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
    const folder = new CertificateFolder(settings, digest, run.clock, randomBytes(8).toString('hex'));
    const end = new AbortController();
    const challenges = await run.shared.use(CHALLENGES, end.signal, () => new Challenges(run.store.note(CHALLENGES)));
    const found = await pairIn(folder, settings, run);
    const opened = new OrderedCertificate(run, settings, notes, { folder, challenges, found, end });
    every(run.clock, LOOK, end.signal, (error) => run.report(error), () => opened.#look());
    return opened;
  }
  /** Whether an authority gave what is served with. */
  get isReal(): boolean {
    return this.#isReal;
  }
  get #label(): string {
    return this.#settings.domains.join(', ');
  }

  /** From now on this one is told of another certificate, in place of who was told before, until the signal aborts. */
  hold(renewed: (pair: Pair) => void, signal: AbortSignal): void {
    this.#holders.push(renewed);
    signal.addEventListener('abort', () => this.#holders.splice(this.#holders.indexOf(renewed), 1), { once: true });
  }
  /** Everything listens: the first order may begin, since the proof can be asked for. Resolves when there is nothing to do for now. */
  begin(): Promise<void> {
    return this.#work();
  }
  /** What whoever asks for readiness shall know. */
  remark(): string | undefined {
    const why = this.#why === '' ? '' : `: ${this.#why}`;
    if (!this.#isReal) return `there is no certificate of ${this.#label} yet${why}`;
    const { from, until } = this.pair;
    if (until - this.#run.clock.wall() > Math.min(SOON, (until - from) * PART)) return undefined;
    return `the certificate of ${this.#label} ends ${new Date(until).toISOString()}${why}`;
  }
  close(): void {
    this.#end.abort();
  }

  async #look(): Promise<void> {
    const proofs = await this.#folder.proofs();
    if (!this.#isAtWork) this.#challenges.show(this.#folder.name, proofs);
    if (this.#isReal || await this.#folder.has()) await this.#watched.look();
    await this.#work();
  }
  #take(pair: Pair): void {
    if (!covers(pair, this.#settings)) return this.#log.warning(`the certificate in ${this.#folder.files.cert} is not of ${this.#label}`);
    this.pair = pair;
    this.#isReal = true;
    this.#failures = this.#tryAt = this.#askAt = 0;
    this.#why = '';
    this.#plan();
    this.#write();
    this.#log.info(`the certificate of ${this.#label} is served with from now on, until ${new Date(pair.until).toISOString()}`);
    this.#holders.at(-1)?.(pair);
  }
  #write(): void {
    const { cert, key } = this.pair;
    this.#note.write(JSON.stringify({ cert, key } satisfies Partial<Pem>));
  }
  #plan(): void {
    this.#renewAt = this.#isReal ? usualTime(this.pair, this.#chance) : 0;
  }
  get #isDue(): boolean {
    return this.#run.clock.wall() >= this.#renewAt;
  }

  /** Asks when, and orders where it is time to. */
  async #work(): Promise<void> {
    const { clock } = this.#run;
    if (this.#isAtWork || this.#end.signal.aborted) return;
    this.#isAtWork = true;
    try {
      if (!this.#isDue && clock.monotonic() >= this.#askAt) await this.#askWindow();
      if (this.#isDue && clock.monotonic() >= this.#tryAt) await this.#order();
    } finally {
      this.#isAtWork = false;
    }
  }
  /** RFC 9773: it may have certificates renewed that it is about to revoke. Whoever does not say when is asked later. */
  async #askWindow(): Promise<void> {
    const { clock } = this.#run;
    try {
      const { window, again } = await this.#authority.window(this.pair.cert) ?? { window: undefined, again: DAY };
      this.#askAt = clock.monotonic() + again;
      const at = window === undefined ? Infinity : timeIn(window, this.#chance);
      // A window behind the end would have nobody renewed in time.
      this.#renewAt = at < this.pair.until ? at : usualTime(this.pair, this.#chance);
    } catch (error) {
      this.#askAt = clock.monotonic() + HOUR;
      this.#log.debug(`${this.#settings.ca} does not say when to renew: ${(error as Error).message}`);
    }
  }
  async #order(): Promise<void> {
    try {
      await this.#folder.prepare();
      if (!await this.#folder.lock.hold()) return;
      try {
        await this.#orderAlone();
      } finally {
        await this.#folder.lock.release();
      }
    } catch (error) {
      if (!this.#end.signal.aborted) this.#failed(error);
    }
  }
  async #orderAlone(): Promise<void> {
    // Who had the lock before may have ordered it.
    if (await this.#folder.has()) await this.#watched.look();
    if (!this.#isDue) return;
    const { clock, metrics } = this.#run;
    const pem = await this.#authority.order(this.#isReal ? this.pair.cert : undefined);
    const pair = readPair(pem, cryptography());
    const { names, until } = pair;
    if (!covers(pair, this.#settings)) throw new Error(`the ACME server gave a certificate of ${names.join(', ')}`);
    if (until <= clock.wall()) throw new Error(`the ACME server gave a certificate that has ended at ${new Date(until).toISOString()}`);
    await this.#folder.keep(pem);
    metrics.values[metrics.family(FAMILIES.orders).cell([this.#settings.domains[0], 'ok'])]!++;
    await this.#watched.look();
  }
  #failed(error: unknown): void {
    const { clock, metrics } = this.#run;
    this.#why = error instanceof Error ? error.message : String(error);
    const wait = backOff(++this.#failures, error instanceof AcmeRefusal ? error.wait : undefined, Math.random());
    this.#tryAt = clock.monotonic() + wait;
    metrics.values[metrics.family(FAMILIES.orders).cell([this.#settings.domains[0], 'failed'])]!++;
    this.#log.warning(`no certificate of ${this.#label} was to be had: ${this.#why}; the next try is in ${Math.ceil(wait / 1000)}s`);
  }
}

const covers = ({ names }: Pair, { domains }: AcmeSettings): boolean => domains.every((domain) => names.includes(domain));
/** What can be served with until there is one: nobody is fooled, for it signs itself, and no name leads to it. */
function placeholder(now: number): Pair {
  const crypto = cryptography();
  const key = newKey();
  const life = { from: now - DAY, until: now + PLACEHOLDER };
  const cert = selfSigned({ common: 'no certificate yet', names: [], serial: crypto.randomBytes(8), ...life }, key, crypto);
  return { cert, key: pemOf(key), ca: undefined, names: [], ...life };
}
/** What lies in the folder and can be served with, ended or not. */
async function pairIn(folder: CertificateFolder, settings: AcmeSettings, { log }: Run): Promise<Pair | undefined> {
  try {
    const pem = await folder.pem();
    const pair = pem === undefined ? undefined : readPair(pem, cryptography());
    return pair !== undefined && covers(pair, settings) ? pair : undefined;
  } catch (error) {
    log.prefix('tls').warning(`${folder.files.cert} cannot be served with: ${(error as Error).message}`);
    return undefined;
  }
}
