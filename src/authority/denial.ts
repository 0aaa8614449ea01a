// What proves that something is not there: by NSEC (RFC 4035 section 3.1.3), or by NSEC3 (RFC 5155 section 7.2). Each step of a walk
// leaves what it has to prove; all of it is written at the end, each record once. Knows walks and what a source proves; knows no state of
// a look-up.
import { TYPE } from '../dns/type-name.ts';
import { Proof } from './finding.ts';
import { findSet } from './record-sets.ts';
import type { Walk } from './walk.ts';
import type { ZoneReply } from './zone-reply.ts';

/** Made once a look-up, begun anew for each question. */
export class Denial {
  readonly #walk: Walk;
  readonly #proofs: Proof[] = [];
  #count = 0;

  constructor(walk: Walk) {
    this.#walk = walk;
  }
  /** Nothing is to be proved yet. */
  begin(): void {
    this.#count = 0;
  }
  /** Whether nothing is to be proved. */
  get isEmpty(): boolean {
    return this.#count === 0;
  }
  /** Writes what was left, in its order. */
  write(reply: ZoneReply): void {
    for (let i = 0; i < this.#count; i++) reply.proof(this.#proofs[i]!);
  }

  /** The name of this step is not there, nor is there a wildcard that would stand for it. */
  noName(): void {
    const { finding: { denial, label } } = this.#walk;
    if (denial === 'nsec') {
      this.#keep(0, false);
      this.#keep(label, true);
    } else if (denial === 'nsec3') {
      const encloser = this.#encloser(label);
      if (encloser > 0) this.#keep(encloser - 1, false);
      this.#keep(encloser, true);
    }
  }
  /** The name of this step is there, but does not own the type. */
  noType(): void {
    const { finding: { denial, kind, label, bytes, sets } } = this.#walk;
    if (denial === 'none') return;
    if (kind === 'wildcard') {
      this.noCloserName();
      if (denial === 'nsec3') this.#encloser(label);
      this.#keep(label, true);
      return;
    }
    if (denial === 'nsec3') return this.#hashed(0);
    const own = findSet(bytes, sets, TYPE.NSEC);
    if (own > 0) this.#own(own, 0);
    else this.#keep(0, false);
  }
  /** What a wildcard stands for: no name is closer to that of this step. */
  noCloserName(): void {
    const { finding: { denial, label } } = this.#walk;
    if (denial === 'nsec') this.#keep(0, false);
    else if (denial === 'nsec3' && label > 0) this.#keep(label - 1, false);
  }
  /** The cut that was found has no DS (RFC 4035 section 3.1.4.1). */
  noDs(): void {
    const { finding: { denial, label, bytes, sets } } = this.#walk;
    if (denial === 'none') return;
    if (denial === 'nsec3') return this.#hashed(label);
    const own = findSet(bytes, sets, TYPE.NSEC);
    if (own > 0) this.#own(own, label);
  }

  /**
   * The types of the name that begins at this label; where it has no NSEC3, since an opt-out span may hide it, that it is in one
   * (RFC 5155 sections 7.2.4 and 7.2.7).
   */
  #hashed(label: number): void {
    if (this.#prove(label, false).matches) return this.#added();
    const { labels } = this.#walk.place;
    if (label < labels) this.#keep(this.#encloser(label + 1) - 1, false);
  }
  /** The closest encloser that can be proved, from this label on upward. */
  #encloser(label: number): number {
    const { labels } = this.#walk.place;
    let at = label;
    while (at < labels && !this.#prove(at, false).matches) at++;
    this.#keep(at, false);
    return at;
  }
  #keep(label: number, wildcard: boolean): void {
    this.#prove(label, wildcard);
    this.#added();
  }
  #prove(label: number, wildcard: boolean): Proof {
    const { source, place, asked } = this.#walk;
    const proof = this.#next();
    source.prove?.(place, asked, label, wildcard, proof);
    return proof;
  }
  /** The set of the name that begins at this label. */
  #own(set: number, label: number): void {
    const { finding, place, asked } = this.#walk;
    const proof = this.#next();
    const from = place.at[label]!;
    proof.bytes = finding.bytes;
    proof.set = set;
    proof.matches = true;
    proof.length = place.at[place.labels]! - from;
    for (let i = 0; i < proof.length; i++) proof.owner[i] = asked.bytes[from + i]!;
    this.#added();
  }
  #next(): Proof {
    const proof = this.#proofs[this.#count] ?? (this.#proofs[this.#count] = new Proof());
    proof.set = 0;
    return proof;
  }
  /** Keeps what was proved last, unless it is there. */
  #added(): void {
    const { set } = this.#proofs[this.#count]!;
    if (set === 0) return;
    for (let i = 0; i < this.#count; i++) if (this.#proofs[i]!.set === set) return;
    this.#count++;
  }
}
