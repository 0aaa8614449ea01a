// The Corefiles that served, and going back to one: by itself where a reload was to be confirmed and nobody did, or when somebody asks for
// it; and another text in place of the file's. Knows texts and times.
import { readFileSync } from 'node:fs';
import { problem } from '../http/problem.ts';
import type { HttpReply } from '../http/message.ts';
import type { Clock } from '../kernel/clock.ts';
import { digest } from '../kernel/site/digest.ts';
import type { Run, Whole, Written } from '../kernel/site/plugin.ts';
import { whyNotWritten, writeWhole } from './corefile-file.ts';
import type { EventFeed } from './event-feed.ts';
import type { KeptCorefile, KeptCorefiles, KeptState, Trial } from './kept-corefiles.ts';
import { replyJson } from './reply.ts';
import { lasting } from './things.ts';
import { changesBetween } from './written.ts';
import type { Change } from './written.ts';

/** Corefiles that are kept. */
const KEPT = 8;
type Body = { readonly [name: string]: unknown };

const writtenOf = (canonical: string): Written => ({ canonical, parsed: () => canonical });

/** The file that is to be changed, where there is one and it is. */
export interface CorefileFile {
  readonly file: string | null;
  readonly etag: string | null;
  readonly readOnly: string | null;
}
/** Those of a process. */
export class Configurations {
  readonly #clock: Clock;
  readonly #events: EventFeed;
  /** Where they outlive the process; undefined: nowhere. */
  readonly #folder: KeptCorefiles | undefined;
  #kept: KeptCorefile[] = [];
  #passed: KeptState['passed'];
  /** A reload that is not confirmed yet, and what ends its wait. */
  #trial: (Trial & { readonly cancel: () => void }) | undefined;
  #isBusy = false;
  /** Nobody shall find out a secret of the file by trying texts against its tag. */
  readonly #salt = crypto.randomUUID();
  /** The next load is the one before again. */
  #returns = false;
  /** Ends with the load that serves. */
  #serving: AbortSignal | undefined;

  constructor(clock: Clock, events: EventFeed, folder?: KeptCorefiles) {
    this.#clock = clock;
    this.#events = events;
    this.#folder = folder;
  }
  close(): void {
    // What is taken over now may have no word that needs this: then nobody can confirm it, and it goes back all the more.
    if (!this.#isBusy) this.#trial?.cancel();
  }
  /** A load serves; whoever says so first is heard. */
  serves({ whole, first, log, signal }: Run): void {
    if (signal === this.#serving) return;
    this.#serving = signal;
    const before = first ? this.#folder?.read() : undefined;
    if (before !== undefined) this.#kept = [...before.kept];
    // Until it has gone back the disk says what it said, whatever ends the process now.
    if (before !== undefined && this.#goesBack(before, whole, (text) => log.prefix('admin').warning(text))) return;
    this.#add(whole, first);
  }
  #add(whole: Whole, first: boolean): void {
    const written = whole.running();
    const last = this.#kept.at(-1);
    const changes = last === undefined ? [] : changesBetween(writtenOf(last.canonical), written);
    // What served when the process ended serves again.
    const isSame = (first || this.#returns) && last?.text === whole.text();
    this.#returns = false;
    const number = isSame ? last.number : (last?.number ?? 0) + 1;
    if (!isSame) {
      this.#kept.push({ number, at: this.#clock.wall(), text: whole.text(), canonical: written.canonical, changes });
      if (this.#kept.length > KEPT) this.#kept.shift();
    }
    this.#events.tell('load', { first, number, changes });
    this.#keep();
  }
  /** What the process before had left: nobody had confirmed what the file says, or it had been gone back from. */
  #goesBack({ trial, passed }: KeptState, whole: Whole, warn: (text: string) => void): boolean {
    const { canonical } = whole.running();
    this.#returns = trial?.canonical === canonical || passed?.canonical === canonical;
    if (trial?.canonical === canonical) {
      warn('The process ended before anybody confirmed the Corefile: it goes back to the one before');
      this.#back(trial, whole, 'the process ended before anybody confirmed');
    } else if (passed?.canonical === canonical) {
      warn('The Corefile was gone back from: the one before it serves until the file is another, or coredns-ts reload takes it');
      this.#back({ until: 0, canonical, before: passed.text, inFile: false }, whole, 'the file is as it was');
    }
    return this.#returns;
  }
  #keep(): void {
    const { until, canonical, before, inFile } = this.#trial ?? {};
    const trial = this.#trial && { until: until!, canonical: canonical!, before: before!, inFile: inFile! };
    this.#folder?.write({ kept: this.#kept, trial, passed: this.#passed });
  }
  /** Those that served, the newest first. */
  get history(): HttpReply {
    const rows = this.#kept.map(({ number, at, changes }) => ({ number, at: new Date(at).toISOString(), changes })).toReversed();
    return replyJson({ configurations: rows, confirm: this.#trial === undefined ? null : new Date(this.#trial.until).toISOString() });
  }
  /** What a text is told from others by, as HTTP has it (RFC 9110 section 8.8.3). */
  #tagOf(text: string): string {
    return `"${digest(`${this.#salt}${text}`)}"`;
  }
  /** The file, by what it is told from others, and why it is not to be written. */
  file({ whole: { path, reloadable } }: Run): CorefileFile {
    if (path === undefined || !reloadable) return { file: null, etag: null, readOnly: 'the Corefile is in no file' };
    try {
      return { file: path, etag: this.#tagOf(readFileSync(path, 'utf8')), readOnly: whyNotWritten(path) ?? null };
    } catch (error) {
      return { file: path, etag: null, readOnly: (error as Error).message };
    }
  }

  /** Reads the Corefile again; with dryRun it says what differs; with a time in which it is to be confirmed it goes back by itself. */
  async reload({ whole }: Run, body: Body): Promise<HttpReply> {
    if (!whole.reloadable) return problem(409, 'No file', 'the Corefile came from nowhere that can be read again');
    const isDry = body['dryRun'] === true;
    let changes: readonly Change[];
    try {
      changes = changesBetween(whole.running(), whole.now());
    } catch (error) {
      const { message: why } = error as Error;
      return isDry ? replyJson({ changes: [], problems: [why], reloaded: false }) : problem(422, 'Refused', why);
    }
    if (isDry) return replyJson({ changes, problems: [], reloaded: false });
    const wait = body['confirm'] === undefined ? 0 : lasting(body['confirm'], 0);
    if (typeof wait === 'string') return problem(400, 'No duration', wait);
    return this.#alone(() => this.#take(whole, wait, changes, whole.text(), false), { changes });
  }
  /** Puts a text in place of the file's, where it is the one that was meant (RFC 9110 section 13.1.1), and takes it over. */
  async put(run: Run, { text, confirm }: Body, match: string | undefined): Promise<HttpReply> {
    const { whole } = run;
    const { file, etag, readOnly } = this.file(run);
    if (file === null || etag === null || readOnly !== null) return problem(409, 'Not written here', readOnly ?? undefined, { file });
    if (match === undefined) return problem(428, 'If-Match is missing', 'GET /v1/config has the ETag of the file');
    if (match !== '*' && !match.split(/\s*,\s*/).includes(etag)) return problem(412, 'Another file', 'it has changed since', { etag });
    if (typeof text !== 'string' || text.trim() === '') return problem(400, 'No text', 'text is a whole Corefile');
    if (/(?:^|\s)\S*\*\*\*(?:\s|$)/m.test(text)) return problem(422, 'Refused', 'there is a *** in place of a secret');
    const wait = confirm === undefined ? 0 : lasting(confirm, 0);
    if (typeof wait === 'string') return problem(400, 'No duration', wait);
    return this.#alone(async () => {
      const before = readFileSync(file, 'utf8');
      writeWhole(file, text);
      try {
        const changes = changesBetween(whole.running(), whole.now());
        return await this.#take(whole, wait, changes, before, true, { etag: this.#tagOf(text) });
      } catch (error) {
        writeWhole(file, before);
        throw error;
      }
    }, {});
  }
  async #take(whole: Whole, wait: number, changes: readonly Change[], before: string, inFile: boolean, more = {}): Promise<HttpReply> {
    // On the disk before it serves: what ends the process then is told from what was confirmed.
    if (wait > 0) this.#try(whole, { until: this.#clock.wall() + wait, canonical: whole.now().canonical, before, inFile }, wait);
    const passed = this.#passed;
    this.#passed = undefined;
    try {
      await whole.reload();
    } catch (error) {
      this.#passed = passed;
      this.#settle();
      throw error;
    }
    const confirm = this.#trial === undefined ? {} : { confirm: new Date(this.#trial.until).toISOString() };
    return replyJson({ changes, problems: [], reloaded: true, ...confirm, ...more });
  }
  #try(whole: Whole, trial: Trial, wait: number): void {
    const cancel = this.#clock.after(wait, () => {
      this.#settle();
      this.#back(trial, whole, 'nobody confirmed');
    });
    this.#trial = { ...trial, cancel };
    this.#keep();
  }
  /** The one before serves again, and stands in the file again where it was put aside there. */
  #back({ before, inFile, canonical }: Trial, whole: Whole, why: string): void {
    this.#events.tell('rollback', { why });
    const back = async (): Promise<void> => {
      // Somebody may have written something else meanwhile.
      if (inFile && whole.path !== undefined && whole.now().canonical === canonical) {
        writeWhole(whole.path, before);
        await whole.reload();
      } else await this.#replace(whole, before);
    };
    back().catch((error: unknown) => {
      this.#events.warn('ERROR', `no way back: ${(error as Error).message}`);
      if (!this.#returns) return;
      this.#returns = false;
      this.#add(whole, true);
    });
  }
  async #replace(whole: Whole, text: string): Promise<void> {
    await whole.replace(text);
    const canonical = whole.passedOver();
    this.#passed = canonical === undefined ? undefined : { canonical, text };
    this.#keep();
  }
  #settle(): void {
    this.#trial?.cancel();
    this.#trial = undefined;
    this.#keep();
  }
  /** What was reloaded stays. */
  confirm(): HttpReply {
    if (this.#trial === undefined) return problem(409, 'Nothing waits', 'no reload waits to be confirmed');
    this.#settle();
    return replyJson({ confirmed: true });
  }
  /** Takes over one that served before; without a number the one before. */
  async rollback({ whole }: Run, to: unknown): Promise<HttpReply> {
    const kept = to === undefined ? this.#kept.at(-2) : this.#kept.find(({ number }) => number === to);
    if (kept === undefined) return problem(404, 'No such Corefile', 'GET /v1/config/history has their numbers');
    const changes = changesBetween(whole.running(), writtenOf(kept.canonical));
    return this.#alone(async () => {
      await this.#replace(whole, kept.text);
      return replyJson({ to: kept.number, changes });
    }, { changes }, true);
  }
  /** One at a time, and none while one waits to be confirmed but the way back. */
  async #alone(act: () => Promise<HttpReply>, more: object, isBack = false): Promise<HttpReply> {
    if (this.#isBusy) return problem(409, 'Another reload is under way');
    if (this.#trial !== undefined && !isBack) return problem(409, 'A reload waits to be confirmed', 'POST /v1/reload/confirm');
    this.#isBusy = true;
    try {
      const reply = await act();
      if (isBack) this.#settle();
      return reply;
    } catch (error) {
      return problem(422, 'Refused', (error as Error).message, more);
    } finally {
      this.#isBusy = false;
    }
  }
}
