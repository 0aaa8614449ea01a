// The Corefiles that served, and going back to one: by itself where a reload was to be confirmed and nobody did, or when somebody asks for
// it. Knows texts and times.
import { problem } from '../http/problem.ts';
import type { HttpReply } from '../http/message.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Run, Written } from '../kernel/site/plugin.ts';
import type { EventFeed } from './event-feed.ts';
import { replyJson } from './reply.ts';
import { lasting } from './things.ts';
import { changesBetween } from './written.ts';
import type { Change } from './written.ts';

/** Corefiles that are kept. */
const KEPT = 8;

interface Kept {
  readonly number: number;
  readonly at: number;
  readonly text: string;
  readonly written: Written;
  /** What differed from the one before. */
  readonly changes: readonly Change[];
}
/** Those of a process. */
export class Configurations {
  readonly #clock: Clock;
  readonly #events: EventFeed;
  readonly #kept: Kept[] = [];
  #next = 1;
  /** A reload that is not confirmed yet: how it is undone, and when. */
  #trial: { readonly until: number; readonly cancel: () => void } | undefined;
  #isBusy = false;

  constructor(clock: Clock, events: EventFeed) {
    this.#clock = clock;
    this.#events = events;
  }
  close(): void {
    this.#trial?.cancel();
  }
  /** A load serves. */
  serves({ whole, first }: Run): void {
    const written = whole.running();
    const last = this.#kept.at(-1);
    const changes = last === undefined ? [] : changesBetween(last.written, written);
    const kept = { number: this.#next++, at: this.#clock.wall(), text: whole.text(), written, changes };
    this.#kept.push(kept);
    if (this.#kept.length > KEPT) this.#kept.shift();
    this.#events.tell('load', { first, number: kept.number, changes });
  }
  /** Those that served, the newest first. */
  get history(): HttpReply {
    const rows = this.#kept.map(({ number, at, changes }) => ({ number, at: new Date(at).toISOString(), changes })).toReversed();
    return replyJson({ configurations: rows, confirm: this.#trial === undefined ? null : new Date(this.#trial.until).toISOString() });
  }

  /** Reads the Corefile again; with dryRun it says what differs; with a time in which it is to be confirmed it goes back by itself. */
  async reload({ whole }: Run, body: { readonly [name: string]: unknown }): Promise<HttpReply> {
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
    return this.#alone(async () => {
      const before = whole.text();
      await whole.reload();
      if (wait > 0) this.#try(before, wait, (text) => whole.replace(text));
      const confirm = this.#trial === undefined ? {} : { confirm: new Date(this.#trial.until).toISOString() };
      return replyJson({ changes, problems: [], reloaded: true, ...confirm });
    }, { changes });
  }
  #try(before: string, wait: number, replace: (text: string) => Promise<void>): void {
    const cancel = this.#clock.after(wait, () => {
      this.#trial = undefined;
      this.#events.tell('rollback', { why: 'nobody confirmed' });
      replace(before).catch((error: unknown) => this.#events.warn('ERROR', `no way back: ${(error as Error).message}`));
    });
    this.#trial = { until: this.#clock.wall() + wait, cancel };
  }
  /** What was reloaded stays. */
  confirm(): HttpReply {
    if (this.#trial === undefined) return problem(409, 'Nothing waits', 'no reload waits to be confirmed');
    this.#trial.cancel();
    this.#trial = undefined;
    return replyJson({ confirmed: true });
  }
  /** Takes over one that served before; without a number the one before. */
  async rollback({ whole }: Run, to: unknown): Promise<HttpReply> {
    const kept = to === undefined ? this.#kept.at(-2) : this.#kept.find(({ number }) => number === to);
    if (kept === undefined) return problem(404, 'No such Corefile', 'GET /v1/config/history has their numbers');
    const changes = changesBetween(whole.running(), kept.written);
    return this.#alone(async () => {
      await whole.replace(kept.text);
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
      if (isBack) {
        this.#trial?.cancel();
        this.#trial = undefined;
      }
      return reply;
    } catch (error) {
      return problem(422, 'Refused', (error as Error).message, more);
    } finally {
      this.#isBusy = false;
    }
  }
}
