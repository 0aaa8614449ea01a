// From the records of a scratch to a version of their zone, in whichever thread: the digest, the pages, what became another. Knows what
// order these come in; publishes nothing.
import type { Memory } from '../../store/memory.ts';
import { Builder } from './build.ts';
import type { Built } from './build.ts';
import { checkDigest, makeDigest } from './digest.ts';
import type { DigestRule } from './digest-rule.ts';
import { remember } from './history.ts';
import { Scratch } from './scratch.ts';
import type { ScratchState } from './scratch.ts';
import { JOURNAL } from './version.ts';

/** What is to be made. */
export interface MakeOrder {
  /** The version that is served, 0 for none. */
  readonly before: number;
  /** Seconds since 1970. */
  readonly now: number;
  readonly digest: DigestRule;
}
/** The same with the records. Can be sent to another thread. */
export interface SentOrder extends MakeOrder {
  readonly records: ScratchState;
}

/** Makes versions. One object a thread. */
export class Making {
  readonly #memory: Memory;
  readonly #builder: Builder;

  constructor(memory: Memory) {
    this.#memory = memory;
    this.#builder = new Builder(memory);
  }

  /**
   * The version of these records. Within a reading where there is one before. Throws ZoneError where they are no zone, or their digest is
   * another one, and RangeError where the shared memory is full.
   */
  make(scratch: Scratch, { before, now, digest }: MakeOrder): Built {
    if (digest === 'make') makeDigest(scratch);
    else checkDigest(scratch, digest === 'require', now);
    const built = this.#builder.build(scratch, before);
    remember(this.#memory, scratch.zone, before, built.version, now);
    return built;
  }
  /** The same for records that another thread sent. */
  makeSent({ records, ...order }: SentOrder): Built {
    return this.make(new Scratch(this.#memory.hash).adopt(records), order);
  }
  /** A version that was made shall not be, wherever that was done: what was taken for it is given back. */
  discard(built: Pick<Built, 'version' | 'taken'>): void {
    const step = this.#memory.refresh()[built.version + JOURNAL]!;
    if (step !== 0) this.#memory.give(step);
    this.#builder.discard(built);
  }
}
