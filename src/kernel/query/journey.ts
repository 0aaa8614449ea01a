// One client's question and all that is asked because of it: when it came, what is known of it, which parts saw it, what the reply shall
// carry. Knows nothing of packets or plugins.
import type { Followed } from './followed.ts';
import type { Metadata } from './metadata.ts';
import { Notes } from './notes.ts';
import type { ExtendedError } from './outcome.ts';
import type { Seal } from './seal.ts';
import type { Signature } from './signature.ts';
import { AGAIN, Trail } from './trail.ts';
import type { Witness } from './witness.ts';

/** Under what a question is counted and logged. */
export interface Told {
  readonly type: number;
  readonly class: number;
  /** Bytes of its packet. */
  readonly length: number;
}

/** A packet with the OPT of a request. */
export interface OptBearer {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly optAt: number;
}

/**
 * Shared by reference with the queries that parts derive, so that nothing is copied back. It belongs to the client's query and begins anew
 * when that gets another packet: what outlives the client's reply has one of its own (`apart`).
 */
export class Journey {
  /** Milliseconds of the server's clock when it came, and when its outcome was first looked at (0 before). */
  received = 0;
  finished = 0;
  /** How many questions led to this one: a bound against those that ask themselves. */
  depth = 0;
  /** See QuestionChange. */
  translating = false;
  /** Bytes that the client's packet had, as CoreDNS counts them. */
  size = 0;
  /** Whether the client sent an OPT, the UDP size in it (bounded by `bufsize`) and its DO, whatever parts make of the packet later. */
  edns = false;
  udpSize = 0;
  dnssecOk = false;
  /** The client set AD: it wants to know whether the data is authentic (RFC 6840 section 5.7). */
  wantsAuthentic = false;
  /** The client sent a cookie of this server that is good: its address is its own (RFC 7873). */
  proven = false;
  /** How often others were asked because of it; whether the client's network has none of that left, and was turned away because of it. */
  lookups = 0;
  /** The server that was asked last, as its plugin names it. */
  asked = '';
  spent = false;
  turnedAway = false;
  /** An Extended DNS Error that the reply shall carry, if the client sent EDNS. */
  extendedError: ExtendedError | undefined = undefined;
  /** Its labels, where the block collects metadata. */
  metadata: Metadata | undefined = undefined;
  /** A derived query whose packet has the OPT as `rewrite` left it, where the client's had no room; undefined where that has it. */
  roomier: OptBearer | undefined = undefined;
  /** What is done to the reply when nothing else will be (TSIG, padding). */
  seal: Seal | undefined = undefined;
  /** Who signed it, where the server has somebody who can tell. */
  signature: Signature | undefined = undefined;
  /** What `rewrite` made of the question: that is what logs and metrics tell (SRV-18); undefined where it is the client's own. */
  told: Told | undefined = undefined;
  /** The rewritten name, for `errors`; '' where it is the client's own. */
  toldName = '';
  /** Where it has been. */
  trail = new Trail();
  /** What was remarked about it; undefined where nobody listens. */
  notes: Notes | undefined = undefined;
  /** Who follows it; undefined where nobody does. */
  followed: Followed | undefined = undefined;
  /** What is noted of its way; undefined where nobody wants to know. */
  witness: Witness | undefined = undefined;
  /** Names that the answer is made of beside those that it has. */
  madeOf: Uint8Array[] | undefined = undefined;
  /** That of the question that led to this one. */
  #above: Journey | undefined = undefined;

  /** Another client's question of `size` bytes begins. */
  begin(size: number, wantsAuthentic: boolean): void {
    this.finished = 0;
    this.depth = 0;
    this.translating = false;
    this.size = size;
    this.edns = false;
    this.udpSize = 0;
    this.dnssecOk = false;
    this.wantsAuthentic = wantsAuthentic;
    this.proven = false;
    this.lookups = 0;
    this.asked = '';
    this.spent = false;
    this.turnedAway = false;
    this.extendedError = undefined;
    this.metadata = undefined;
    this.roomier = undefined;
    this.seal = undefined;
    this.signature = undefined;
    this.told = undefined;
    this.toldName = '';
    this.trail.clear();
    this.notes = undefined;
    this.followed = undefined;
    this.witness = undefined;
    this.madeOf = undefined;
    this.#above = undefined;
  }
  /** Somebody looks at the client: the answer may be that one's alone. Who only tells of a question reads its peer (peer.ts). */
  look(peerAt: number): number {
    if (this.witness !== undefined) this.witness.looked = true;
    return peerAt;
  }
  /** The answer is somebody else's, of whose changes nobody here hears: for parts that ask others, or keep what others said. */
  goesOut(): void {
    if (this.witness !== undefined) this.witness.foreign = true;
  }
  /** Others are to be asked because of it. False where the client's network has none of that left: then they are not. */
  mayAskOthers(): boolean {
    if (this.spent) this.turnedAway = true;
    else this.lookups++;
    return !this.spent;
  }
  /** The answer is made of this name too (folded, as wire text), though no record of it says so: for caches, and for who watches it. */
  makeOf(name: Uint8Array): void {
    (this.madeOf ??= []).push(name);
    this.#above?.makeOf(name);
  }
  /** From now on remarks are kept. */
  listen(): Notes {
    return (this.notes ??= new Notes());
  }

  /** That of a question that this one led to: with an outcome, times and errors of its own, on the same trail. */
  further(): Journey {
    const journey = this.#same(this.trail);
    journey.depth = this.depth + 1;
    journey.#above = this;
    journey.notes = this.notes;
    journey.followed = this.followed;
    this.trail.enter(AGAIN);
    return journey;
  }
  /** That of the same question, for what goes on after the client has its reply. Nothing of it reaches the client. */
  apart(): Journey {
    return this.#same(this.trail.copy());
  }
  #same(trail: Trail): Journey {
    const journey = new Journey(trail);
    journey.received = this.received;
    journey.depth = this.depth;
    journey.translating = this.translating;
    journey.size = this.size;
    journey.edns = this.edns;
    journey.udpSize = this.udpSize;
    journey.dnssecOk = this.dnssecOk;
    journey.wantsAuthentic = this.wantsAuthentic;
    journey.proven = this.proven;
    journey.metadata = this.metadata;
    journey.signature = this.signature;
    journey.told = this.told;
    journey.toldName = this.toldName;
    journey.witness = this.witness;
    return journey;
  }
  constructor(trail = new Trail()) {
    this.trail = trail;
  }
}
