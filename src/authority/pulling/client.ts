// What is asked of a primary and what it said: its SOA, its zone, or what changed in it. Knows messages and keys; knows no timers, and
// nothing of how a zone is kept.
import { Incoming, TransferError } from '../incoming/incoming.ts';
import type { Receiver } from '../incoming/incoming.ts';
import { expiryIn } from '../expiry.ts';
import { expire } from '../../dns/edns-options.ts';
import { decodeMessage, encodeMessage } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { edns } from '../../dns/opt.ts';
import type { Edns } from '../../dns/opt.ts';
import { QR, RD, message } from '../../dns/parts.ts';
import type { Question } from '../../dns/parts.ts';
import { RCODE, rcodeName } from '../../dns/rcode.ts';
import { rr } from '../../dns/rr.ts';
import type { RR } from '../../dns/rr.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { SOA } from '../../dns/types.ts';
import type { Key } from '../../tsig/key.ts';
import { ReplyCheck, Signer } from '../../tsig/signature.ts';
import { RandomIds } from '../../upstream/random-ids.ts';
import { exchange } from './exchange.ts';
import type { ExchangeParts } from './exchange.ts';
import type { Primary } from './settings.ts';

/** The most that is taken. */
export interface Limits {
  readonly mostRecords: number;
  readonly mostBytes: number;
}
/** What a primary said, with the seconds for which it may serve the zone itself, where it tells that (RFC 7314). */
export interface Heard {
  readonly soa: RR;
  readonly expiry: number | undefined;
}
/** What came when all of it came. */
interface Transferred {
  readonly incoming: Incoming;
  readonly expiry: number | undefined;
}
const ids = new RandomIds();
const ASKING = edns(1232, false, [expire(undefined)]);

/** Asks primaries about one zone. */
export class Client {
  readonly #zone: Name;
  readonly #key: Key | undefined;
  readonly #parts: ExchangeParts;
  readonly #edns: boolean;
  /** Those who do not know EDNS. */
  readonly #plain = new Set<Primary>();

  /** `edns`: whether they are asked for how long they may serve the zone themselves (RFC 7314). */
  constructor({ zone, key, edns }: { zone: Name; key: Key | undefined; edns: boolean }, parts: ExchangeParts) {
    this.#zone = zone;
    this.#key = key;
    this.#edns = edns;
    this.#parts = parts;
  }

  /** The SOA that a primary has now. Rejects with why there is none. */
  soa(primary: Primary): Promise<Heard> {
    return this.#either(primary, (edns) => this.#soa(primary, edns));
  }
  async #soa(primary: Primary, edns: Edns | undefined): Promise<Heard> {
    const zone = this.#zone;
    let found: RR | undefined;
    let expiry: number | undefined;
    const { packet, id, check } = this.#packet({ question: { name: zone, type: TYPE.SOA, class: CLASS.IN }, flags: RD, edns });
    await exchange(primary, packet, (bytes) => {
      const wrong = check?.take(bytes, 0, bytes.length, this.#now());
      if (wrong !== undefined) throw new TransferError(wrong);
      const { id: came, flags, rcode, answer } = decodeMessage(bytes);
      if (came !== id || (flags & QR) === 0) throw new TransferError('what came is no reply to the question');
      if (rcode !== RCODE.NOERROR) throw new TransferError(`rcode was ${rcodeName(rcode)}`, rcode);
      found = answer.find(({ name, type }) => type === TYPE.SOA && name.equals(zone));
      if (found === undefined) throw new TransferError('there is no SOA record in the answer');
      expiry = expiryIn(bytes);
      return true;
    }, this.#parts);
    return { soa: found!, expiry };
  }

  /** The zone, or what changed in it since `serial`. Resolves with what came when all of it came. */
  transfer(primary: Primary, serial: number | undefined, limits: Limits, receiver: Receiver): Promise<Transferred> {
    return this.#either(primary, (edns) => this.#transfer(primary, serial, limits, receiver, edns));
  }
  async #transfer(
    primary: Primary, serial: number | undefined, limits: Limits, receiver: Receiver, edns: Edns | undefined,
  ): Promise<Transferred> {
    const type = serial === undefined ? TYPE.AXFR : TYPE.IXFR;
    const { packet, id, check } = this.#packet({ question: { name: this.#zone, type, class: CLASS.IN }, flags: 0, edns }, serial);
    const incoming = new Incoming({ zone: this.#zone, type, id, serial, check, now: () => this.#now(), ...limits }, receiver);
    let expiry: number | undefined;
    await exchange(primary, packet, (bytes) => {
      const isLast = incoming.take(bytes);
      if (incoming.messages === 1) expiry = expiryIn(bytes);
      return isLast;
    }, this.#parts);
    return { incoming, expiry };
  }
  /** Asks with EDNS, and again without it whoever does not know that (RFC 6891 section 7). */
  async #either<T>(primary: Primary, ask: (edns: Edns | undefined) => Promise<T>): Promise<T> {
    if (!this.#edns || this.#plain.has(primary)) return ask(undefined);
    try {
      return await ask(ASKING);
    } catch (error) {
      if (!(error instanceof TransferError && (error.rcode === RCODE.FORMERR || error.rcode === RCODE.NOTIMP))) throw error;
    }
    const said = await ask(undefined);
    this.#plain.add(primary);
    return said;
  }

  #now(): number {
    return Math.floor(this.#parts.clock.wall() / 1000);
  }
  #packet(
    parts: { question: Question; flags: number; edns: Edns | undefined }, serial?: number,
  ): { packet: Uint8Array; id: number; check: ReplyCheck | undefined } {
    const id = ids.next();
    const has = { serial: serial ?? 0, refresh: 0, retry: 0, expire: 0, minimum: 0, mname: Name.root, rname: Name.root };
    const authority = serial === undefined ? [] : [rr(this.#zone, SOA, 0, has)];
    const plain = encodeMessage(message({ id, ...parts, authority }), { compress: false });
    const key = this.#key;
    if (key === undefined) return { packet: plain, id, check: undefined };
    const signer = new Signer({ key, binding: key.own });
    const packet = new Uint8Array(plain.length + signer.room());
    packet.set(plain);
    signer.sign(packet, 0, plain.length, this.#now());
    return { packet, id, check: new ReplyCheck(key, key.own.algorithm, signer.mac) };
  }
}
/** The numbers of an SOA (RFC 1035 section 3.3.13), in milliseconds; none is below a second (SEC-3). */
export function timersOf(soa: RR): { readonly refresh: number; readonly retry: number; readonly expire: number } {
  const { rdata } = soa;
  const at = rdata.length - 16;
  const view = new DataView(rdata.buffer, rdata.byteOffset);
  const read = (i: number): number => Math.max(1, view.getUint32(at + 4 * i)) * 1000;
  return { refresh: read(0), retry: read(1), expire: read(2) };
}
