// When the parent of a zone is asked what it has: now and then, seldom while it is silent, never all zones at once. Knows time; knows
// neither sockets nor keys.
import type { Name } from '../../dns/name.ts';
import type { Shown } from '../../dnssec/rollover/parent.ts';
import type { Clock } from '../../kernel/clock.ts';

/** How the parent of a zone is asked, and told. */
export interface Parent {
  /** What each of its servers has of the zone. Never rejects. */
  shown(zone: Name): Promise<Shown>;
  /** The zone asks for something else: tells the parent, where that is wished for (RFC 9859). Resolves with what became of it. */
  changed(zone: Name): Promise<string> | undefined;
}
/** Seconds between two rounds: the least, the usual, and the most while nobody answers. */
const LEAST = 1, USUAL = 600, MOST = 3600;

/** The rounds of one zone. */
export class ParentRounds {
  readonly #clock: Clock;
  readonly #ask: () => Promise<number | undefined>;
  #cancel = (): void => {};
  #isOver = false;

  /** `ask` says for how many seconds what was said may be kept; undefined where nobody said anything. */
  constructor(clock: Clock, ask: () => Promise<number | undefined>) {
    this.#clock = clock;
    this.#ask = ask;
  }
  begin(seconds: number = LEAST): void {
    if (this.#isOver) return;
    this.#cancel = this.#clock.after(seconds * 1000 * (0.9 + Math.random() / 5), () => {
      void this.#ask().then((ttl) => this.begin(ttl === undefined ? Math.min(MOST, Math.max(USUAL / 10, seconds * 2))
        : Math.max(LEAST, Math.min(USUAL, ttl / 4))));
    });
  }
  end(): void {
    this.#isOver = true;
    this.#cancel();
  }
}
