// What is asked of a primary and what it said: its SOA, its zone, or what changed in it. Knows messages and keys; knows no timers, and
// nothing of how a zone is kept.
import { Incoming, TransferError } from '../../authority/incoming/incoming.ts';
import type { Receiver } from '../../authority/incoming/incoming.ts';
import { decodeMessage, encodeMessage } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
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
import type { Primary } from './config.ts';
import { exchange } from './exchange.ts';
import type { ExchangeParts } from './exchange.ts';

/** The most that is taken. */
export interface Limits {
  readonly mostRecords: number;
  readonly mostBytes: number;
}
const ids = new RandomIds();

/** Asks primaries about one zone. */
export class Client {
  readonly #zone: Name;
  readonly #key: Key | undefined;
  readonly #parts: ExchangeParts;

  constructor(zone: Name, key: Key | undefined, parts: ExchangeParts) {
    this.#zone = zone;
    this.#key = key;
    this.#parts = parts;
  }

  /** The SOA that a primary has now. Rejects with why there is none. */
  async soa(primary: Primary): Promise<RR> {
    const zone = this.#zone;
    let found: RR | undefined;
    const { packet, id, check } = this.#packet({ name: zone, type: TYPE.SOA, class: CLASS.IN }, RD);
    await exchange(primary, packet, (bytes) => {
      const wrong = check?.take(bytes, 0, bytes.length, this.#now());
      if (wrong !== undefined) throw new TransferError(wrong);
      const { id: came, flags, rcode, answer } = decodeMessage(bytes);
      if (came !== id || (flags & QR) === 0) throw new TransferError('what came is no reply to the question');
      if (rcode !== RCODE.NOERROR) throw new TransferError(`rcode was ${rcodeName(rcode)}`, rcode);
      found = answer.find(({ name, type }) => type === TYPE.SOA && name.equals(zone));
      if (found === undefined) throw new TransferError('there is no SOA record in the answer');
      return true;
    }, this.#parts);
    return found!;
  }

  /** The zone, or what changed in it since `serial`. Resolves with what came when all of it came. */
  async transfer(primary: Primary, serial: number | undefined, limits: Limits, receiver: Receiver): Promise<Incoming> {
    const type = serial === undefined ? TYPE.AXFR : TYPE.IXFR;
    const { packet, id, check } = this.#packet({ name: this.#zone, type, class: CLASS.IN }, 0, serial);
    const incoming = new Incoming({ zone: this.#zone, type, id, serial, check, now: () => this.#now(), ...limits }, receiver);
    await exchange(primary, packet, (bytes) => incoming.take(bytes), this.#parts);
    return incoming;
  }

  #now(): number {
    return Math.floor(this.#parts.clock.wall() / 1000);
  }
  #packet(question: Question, flags: number, serial?: number): { packet: Uint8Array; id: number; check: ReplyCheck | undefined } {
    const id = ids.next();
    const has = { serial: serial ?? 0, refresh: 0, retry: 0, expire: 0, minimum: 0, mname: Name.root, rname: Name.root };
    const authority = serial === undefined ? [] : [rr(this.#zone, SOA, 0, has)];
    const plain = encodeMessage(message({ id, flags, question, authority }), { compress: false });
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
