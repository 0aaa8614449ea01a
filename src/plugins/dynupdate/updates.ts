// The UPDATEs of one zone, in the order in which they came: what all that wait make of it is kept at once, then shown at once, then
// answered. Knows the rules of an update and the order of things; knows neither files nor versions.
import { permissionOf } from '../../authority/update-rules.ts';
import type { Grant } from '../../authority/update-rules.ts';
import type { UpdateContents } from '../../authority/update-contents.ts';
import type { UpdateLimits } from '../../authority/update-seed.ts';
import { serialOf } from '../../authority/transfer.ts';
import { update } from '../../authority/update.ts';
import type { UpdatedZone } from '../../authority/update.ts';
import { decodeMessage } from '../../dns/message.ts';
import type { Name } from '../../dns/name.ts';
import { compareSerials } from '../../dns/order.ts';
import { setU32 } from '../../dns/packet.ts';
import type { Parts } from '../../dns/parts.ts';
import { RCODE } from '../../dns/rcode.ts';
import type { RR } from '../../dns/rr.ts';
import { TYPE } from '../../dns/type-name.ts';
import { WireError } from '../../dns/wire.ts';
import type { Change } from './kept-contents.ts';
import type { Signed } from '../../authority/update-receipts.ts';

/** An UPDATE as a thread hands it to main; can be sent between threads. */
export interface UpdateOrder {
  /** The message, without its signature. */
  readonly packet: Uint8Array;
  readonly signed: Signed;
  readonly grants: readonly Grant[];
  readonly limits: UpdateLimits;
}
/** What is done with what updates make of a zone. */
export interface UpdatesParts {
  /** The zone now; another object where it had to be read again. Rejects where it cannot be changed now. */
  readonly contents: () => Promise<UpdateContents>;
  /** The serial that is served: where the zone is signed on the way it may be ahead. */
  readonly shown: () => number;
  /**
   * Makes what is to be shown of these changes, which the contents have already. Throws where that cannot be; then nothing was made.
   */
  readonly build: (changes: readonly Change[]) => { readonly show: () => void | Promise<void>; readonly discard: () => void };
  /** Resolves when the changes are where no crash takes them away. */
  readonly keep: (changes: readonly Change[]) => Promise<void>;
  /** What has been answered and shown is over; nobody waits for this. */
  readonly after: () => Promise<void>;
  /** Why changes that were allowed are not there. */
  readonly failed: (error: unknown) => void;
}
/** An update that waits; `before` is what names had that it changed. */
interface Waiting {
  readonly order: UpdateOrder;
  readonly done: (rcode: number) => void;
  rcode: number;
  before: ReadonlyMap<Name, readonly RR[]> | undefined;
}
/** Octets of messages that are worked on in one turn, some milliseconds; and that wait at most. */
const TURN = 65_536, MOST = 1 << 24;

/** The queue of one zone. */
export class Updates {
  readonly #parts: UpdatesParts;
  readonly #waiting: Waiting[] = [];
  #octets = 0;
  /** Whoever else wants the zone for himself. */
  readonly #others: (() => Promise<void>)[] = [];
  #work: Promise<void> | undefined;

  constructor(parts: UpdatesParts) {
    this.#parts = parts;
  }

  /** What became of it; when this resolves it is kept and shown. SERVFAIL where too much waits. */
  take(order: UpdateOrder): Promise<number> {
    if (this.#octets >= MOST) return Promise.resolve(RCODE.SERVFAIL);
    this.#octets += order.packet.length;
    return new Promise((done) => {
      this.#waiting.push({ order, done, rcode: RCODE.SERVFAIL, before: undefined });
      this.#begin();
    });
  }
  /** Does something while nobody changes the zone. */
  alone<T>(act: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#others.push(() => act().then(resolve, reject));
      this.#begin();
    });
  }
  /** Resolves when nothing is under way. */
  async end(): Promise<void> {
    await this.#work;
  }

  #begin(): void {
    this.#work ??= this.#go();
  }
  async #go(): Promise<void> {
    // Whoever comes in this turn goes along.
    await undefined;
    while (this.#waiting.length + this.#others.length > 0) {
      for (const other of this.#others.splice(0)) await other();
      const batch = this.#next();
      if (batch.length > 0) await this.#all(batch);
    }
    this.#work = undefined;
  }
  #next(): Waiting[] {
    let octets = 0;
    let count = 0;
    while (count < this.#waiting.length && octets < TURN) octets += this.#waiting[count++]!.order.packet.length;
    this.#octets -= octets;
    return this.#waiting.splice(0, count);
  }

  async #all(batch: readonly Waiting[]): Promise<void> {
    const { contents: zone, shown, build, keep, after, failed } = this.#parts;
    let contents: UpdateContents | undefined;
    try {
      contents = await zone();
      const changes = batch.flatMap((each) => judge(each, contents!, shown()));
      if (changes.length > 0) {
        const { show, discard } = build(changes);
        try {
          await keep(changes);
        } catch (error) {
          discard();
          throw error;
        }
        await show();
      }
    } catch (error) {
      failed(error);
      // All of what came after the first change was held against it.
      for (const each of batch) each.rcode = RCODE.SERVFAIL;
      for (const { before } of batch.toReversed()) if (before !== undefined) contents?.apply(before);
    }
    for (const { done, rcode } of batch) done(rcode);
    await after().catch(failed);
  }
}

/** Changes the contents as an update says, where it may and can. */
function judge(waiting: Waiting, contents: UpdateContents, shown: number): Change[] {
  const { order: { packet, grants, limits: { mostRecords, mostBytes }, signed } } = waiting;
  const parts = read(packet);
  if (parts === undefined) {
    waiting.rcode = RCODE.FORMERR;
    return [];
  }
  const { rcode, changed, moreRecords, moreBytes } = update(new ShownZone(contents, shown), parts, permissionOf(grants));
  const isTooMuch = (moreRecords > 0 && contents.records + moreRecords > mostRecords)
    || (moreBytes > 0 && contents.bytes + moreBytes > mostBytes);
  waiting.rcode = isTooMuch ? RCODE.REFUSED : rcode;
  if (isTooMuch || changed.size === 0) return [];
  const before = waiting.before = new Map([...changed.keys()].map((name) => [name, contents.at(name)]));
  contents.apply(changed);
  return [{ before, changed, signed }];
}

/** The message decoded; undefined where its records cannot be read: that costs its sender one FORMERR, and nobody else anything. */
function read(packet: Uint8Array): Parts | undefined {
  try {
    return decodeMessage(packet);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/** The zone as it is seen by who asks: with the serial that is served, where that is ahead (RFC 2136 section 3.2; RFC 1982). */
class ShownZone implements UpdatedZone {
  readonly zone: Name;
  readonly #contents: UpdateContents;
  readonly #apex: readonly RR[];

  constructor(contents: UpdateContents, shown: number) {
    this.zone = contents.zone;
    this.#contents = contents;
    this.#apex = contents.at(contents.zone).map((each) => (each.type === TYPE.SOA ? withSerial(each, shown) : each));
  }
  at(name: Name): readonly RR[] {
    return name.equals(this.zone) ? this.#apex : this.#contents.at(name);
  }
}
function withSerial(soa: RR, serial: number): RR {
  if (compareSerials(serial, serialOf(soa)) <= 0) return soa;
  const rdata = Uint8Array.from(soa.rdata);
  setU32(rdata, rdata.length - 20, serial);
  return { ...soa, rdata };
}
