// *dnstap* tells collectors of queries and answers in dnstap's format (TAP-1 to 7). Knows which line has which rings and which place;
// what is told is tapper.ts's.
import { upon } from '../../kernel/query/outcome.ts';
import { Taps } from '../../kernel/query/tap.ts';
import type { Tap } from '../../kernel/query/tap.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Part, Run } from '../../kernel/site/plugin.ts';
import type { Site } from '../../kernel/site/site.ts';
import { RING_PLACES, Rings } from '../../store/rings.ts';
import type { Flags } from '../../store/cells.ts';
import { readLine } from './config.ts';
import type { TapLine } from './config.ts';
import { Outlet } from './outlet.ts';
import { Tapper } from './tapper.ts';

/** Milliseconds that queries of a load which has ended may still be under way; the rings are given back a while after that. */
const LINGER = 30_000;

/** One line of a block. */
class Line implements Tap {
  readonly #line: TapLine;
  readonly #site: Site;
  readonly #number: number;
  #tapper: Tapper | undefined;
  /** The process ends. */
  #isLeaving = false;

  constructor(line: TapLine, site: Site, number: number) {
    this.#line = line;
    this.#site = site;
    this.#number = number;
    site.put(Taps, this);
  }
  part(): Part {
    return {
      handle: (query, next) => {
        const tapper = this.#tapper;
        if (tapper === undefined) return next(query);
        tapper.asked(query);
        return upon(next(query), tapper.after, query);
      },
      rehearsal: 'looks on',
      control: (run) => this.#control(run),
      start: (run) => this.#start(run),
      drain: () => void (this.#isLeaving = true),
    };
  }
  forwarded(...told: Parameters<Tap['forwarded']>): void {
    this.#tapper?.forwarded(...told);
  }
  #places(run: Run): Flags {
    return run.space(this.#site).flags(`dnstap ${this.#number}`, RING_PLACES);
  }

  async #control(run: Run): Promise<void> {
    const { store, clock } = run;
    const source = new Rings(store.memory, this.#places(run));
    // It outlives the load by what is still under way.
    const ended = new AbortController();
    const log = run.log.prefix('dnstap');
    const outlet = await run.shared.use(keyOf(this.#line), ended.signal, () => new Outlet(this.#line, { clock, log }));
    outlet.add(source);
    const end = (): void => {
      outlet.remove(source);
      ended.abort();
      source.give();
    };
    run.signal.addEventListener('abort', () => {
      source.whole();
      if (this.#isLeaving) outlet.close();
      else clock.after(2 * LINGER, end);
    }, { once: true });
  }

  #start(run: Run): void {
    const { store, clock, signal } = run;
    const ring = Rings.tell(store.memory, this.#places(run), run.thread, this.#line.ring);
    this.#tapper = new Tapper(this.#line, ring, store.memory, clock);
    signal.addEventListener('abort', () => void clock.after(LINGER, () => (this.#tapper = undefined)), { once: true });
  }
}

/** Whoever says the same sends over one connection, or is read at one socket. */
const keyOf = ({ place, listens, mostWaiting, skipVerify, files }: TapLine): string =>
  `dnstap ${JSON.stringify([place, listens, mostWaiting, skipVerify, files])}`;

export default definePlugin({
  name: 'dnstap',
  parse: (lines, context) => lines.map((line) => readLine(line, context)),
  create: (lines, site) => lines.map((line, number) => new Line(line, site, number).part()),
});
