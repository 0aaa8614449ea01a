// The anchors of a resolver in every thread: those that stay as they are, and those of zones whose keys are followed, which main writes
// anew. Knows anchors and a note; follows nothing.
import { trustedKeys } from '../dnssec/anchor-tracking.ts';
import type { TrackedZone } from '../dnssec/anchor-tracking.ts';
import { parseRR, printRR, record } from '../dns/rr.ts';
import type { RR } from '../dns/rr.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import type { Note } from '../store/notes.ts';
import { anchorsFrom } from './anchors.ts';
import type { TrustAnchor } from './anchors.ts';

/** What is trusted of zones whose keys are followed: their keys; of one that has none yet the DS. */
export function anchorRecords(zones: readonly TrackedZone[]): RR[] {
  return zones.filter(({ isOver }) => !isOver).flatMap((tracked) => {
    const { zone, ds } = tracked;
    const keys = trustedKeys(tracked);
    const [type, all] = keys.length > 0 ? [TYPE.DNSKEY, keys] : [TYPE.DS, ds];
    return all.map((data) => record(zone, type, CLASS.IN, 0, data));
  });
}

/** Those of one part and thread. */
export class LiveAnchors {
  readonly #fixed: readonly RR[];
  readonly #note: Note;
  #round = 0;
  #all: readonly TrustAnchor[];

  /** `begin`: what is trusted of the zones that are followed before main has written anything. */
  constructor(fixed: readonly RR[], begin: readonly TrackedZone[], note: Note) {
    this.#fixed = fixed;
    this.#note = note;
    this.#all = anchorsFrom([...fixed, ...anchorRecords(begin)]);
  }
  /** What is trusted now. */
  get all(): readonly TrustAnchor[] {
    const { round } = this.#note;
    if (round !== this.#round) {
      this.#round = round;
      this.#all = anchorsFrom([...this.#fixed, ...this.#note.read().split('\n').flatMap((line) => parseRR(line) ?? [])]);
    }
    return this.#all;
  }
  /** Main's: the zones are these from now on. */
  write(zones: readonly TrackedZone[]): void {
    this.#note.write(anchorRecords(zones).map(printRR).join('\n'));
  }
}
