// The messages of a transfer from a primary, one after the other (RFC 5936, RFC 1995): what they say becomes records of a whole zone, or
// what is gone and what is new. Knows the order in which things have to come and what a primary may not say; knows no socket, and keeps
// no record.
import { compareSerials } from '../../dns/order.ts';
import { HEADER, skipName, u16, u32 } from '../../dns/packet.ts';
import { RCODE, rcodeName } from '../../dns/rcode.ts';
import { CLASS, TYPE, typeName } from '../../dns/type-name.ts';
import type { Name } from '../../dns/name.ts';
import type { ReplyCheck } from '../../tsig/signature.ts';
import { behindName, copyData, copyName } from './wire-names.ts';

/** What a record of a transfer is: of the whole zone, or of a difference. */
export type Kind = 'whole' | 'removed' | 'added';

/** Takes what comes. The arrays are used again after the call. */
export interface Receiver {
  /** From now on the records are those of the whole zone; or differences, which begin with the version that we have. */
  begin(kind: 'whole' | 'differences'): void;
  /** A record that is no SOA of the apex, or, in a difference, the SOA: what `kind` says is done with it. */
  record(kind: Kind, owner: Uint8Array, length: number, type: number, ttl: number, data: Uint8Array, size: number): void;
}
/** What was asked for, and what is the most that is taken. */
export interface Wanted {
  readonly zone: Name;
  readonly type: number;
  readonly id: number;
  /** What we have: for an IXFR. */
  readonly serial: number | undefined;
  readonly check: ReplyCheck | undefined;
  /** Seconds since 1970. */
  readonly now: () => number;
  readonly mostRecords: number;
  readonly mostBytes: number;
}
/** A primary that says what it may not, or no. The text is for the log. */
export class TransferError extends Error {
  /** The rcode, where it said no. */
  readonly rcode: number | undefined;
  constructor(message: string, rcode?: number) {
    super(message);
    this.rcode = rcode;
  }
}

const { SOA, OPT } = TYPE;
/** Types that are questions or signatures of messages and no data (RFC 6895 section 3.1). */
const isMeta = (type: number): boolean => type === 0 || type === OPT || (type >= 249 && type <= 255);
/** Octets of the numbers at the end of an SOA. */
const NUMBERS = 20;

/** The data of one record while it is taken, which no other one interrupts; of thousands of small zones each would leave its own. */
const DATA = new Uint8Array(65_536 + 256);

/** One transfer. */
export class Incoming {
  readonly #wanted: Wanted;
  readonly #receiver: Receiver;
  readonly #zone: Uint8Array;
  readonly #owner = new Uint8Array(256);
  readonly #data = DATA;
  /** The first SOA's data: the last one has to be the same. */
  #first: Uint8Array | undefined;
  #state: 'begin' | 'second' | 'whole' | 'removed' | 'added' | 'end' = 'begin';
  /** In a difference, the serial that it leads to. */
  #to = 0;
  /** Records and octets that came, and records that are outside of the zone. */
  records = 0;
  bytes = 0;
  messages = 0;
  outside = 0;
  /** What it turned out to be. */
  kind: 'whole' | 'differences' | 'same' = 'whole';

  constructor(wanted: Wanted, receiver: Receiver) {
    this.#wanted = wanted;
    this.#receiver = receiver;
    this.#zone = wanted.zone.folded.octets;
  }

  /** The serial of the version that comes. */
  get serial(): number {
    return this.#first === undefined ? 0 : serialIn(this.#first, this.#first.length);
  }
  /** The data of its SOA. */
  get soa(): Uint8Array {
    return this.#first!;
  }

  /** Takes the next message; true where it was the last one. Throws TransferError, or WireError for what cannot be read. */
  take(bytes: Uint8Array, length = bytes.length): boolean {
    const { mostBytes, check, now } = this.#wanted;
    this.bytes += length;
    if (this.bytes > mostBytes) throw new TransferError(`it has more than ${mostBytes} bytes`);
    const wrong = check?.take(bytes, 0, length, now());
    if (wrong !== undefined) throw new TransferError(wrong);
    let i = this.#head(bytes, length);
    const count = u16(bytes, 6);
    if (count === 0) throw new TransferError('a message has no records');
    for (let r = 0; r < count; r++) i = this.#next(bytes, i, length);
    // Of one SOA alone is said that there is nothing newer, or it is the begin of a zone whose records come one by one.
    const { serial, type } = this.#wanted;
    if (this.#state === 'second' && type === TYPE.IXFR && this.messages === 1 && compareSerials(this.serial, serial!) <= 0) {
      this.kind = 'same';
      this.#state = 'end';
    }
    const ended = this.#state === 'end';
    if (ended && check?.settled === false) throw new TransferError('the last message is not signed');
    return ended;
  }
  /** Header and question; the offset of the first record. */
  #head(bytes: Uint8Array, length: number): number {
    const { id, zone, type } = this.#wanted;
    if (length < HEADER || u16(bytes, 0) !== id || (bytes[2]! & 0xf8) !== 0x80) {
      throw new TransferError('what came is no reply to the question');
    }
    const rcode = bytes[3]! & 15;
    if (rcode !== RCODE.NOERROR) throw new TransferError(`bad xfr rcode: ${rcode} (${rcodeName(rcode)})`, rcode);
    if ((bytes[2]! & 2) !== 0) throw new TransferError('a message was cut');
    this.messages++;
    const questions = u16(bytes, 4);
    if (questions === 0) return HEADER;
    const end = copyName(bytes, HEADER, length, this.#owner, 0);
    const at = behindName();
    if (questions > 1 || !this.#isApex(end) || u16(bytes, at) !== type) throw new TransferError(`the reply is not about ${zone.text}`);
    return at + 4;
  }
  #isApex(length: number): boolean {
    const zone = this.#zone;
    if (length !== zone.length) return false;
    for (let i = 0; i < length; i++) {
      const octet = this.#owner[i]!;
      if ((octet >= 65 && octet <= 90 ? octet | 32 : octet) !== zone[i]) return false;
    }
    return true;
  }

  /** Takes the record at `at`; the offset behind it. */
  #next(bytes: Uint8Array, at: number, end: number): number {
    if (this.#state === 'end') throw new TransferError('there are records behind the last SOA');
    const length = copyName(bytes, at, end, this.#owner, 0);
    const fixed = behindName();
    if (fixed + 10 > end || fixed + 10 + u16(bytes, fixed + 8) > end || skipName(bytes, at, end) < 0) {
      throw new TransferError('a record runs over the end of its message');
    }
    const type = u16(bytes, fixed);
    const size = copyData(bytes, fixed + 10, u16(bytes, fixed + 8), type, this.#data);
    if (u16(bytes, fixed + 2) !== CLASS.IN) throw new TransferError(`a record of ${typeName(type)} is not of class IN`);
    if (isMeta(type)) throw new TransferError(`${typeName(type)} is no record of a zone`);
    const ttl = u32(bytes, fixed + 4);
    if (++this.records > this.#wanted.mostRecords) throw new TransferError(`it has more than ${this.#wanted.mostRecords} records`);
    const limited = ttl > 0x7fffffff ? 0 : ttl;
    if (type === SOA && this.#isApex(length)) this.#soa(length, limited, size);
    else this.#plain(length, type, limited, size);
    return fixed + 10 + u16(bytes, fixed + 8);
  }
  #plain(length: number, type: number, ttl: number, size: number): void {
    if (this.#state === 'begin') throw new TransferError(`it begins with ${typeName(type)} and not with the SOA of the zone`);
    if (this.#state === 'second') this.#whole();
    if (type === SOA) {
      this.outside++;
      return;
    }
    this.#receiver.record(this.#state as Kind, this.#owner, length, type, ttl, this.#data, size);
  }
  #whole(): void {
    this.kind = 'whole';
    this.#state = 'whole';
    this.#receiver.begin('whole');
    const first = this.#first!;
    this.#receiver.record('whole', this.#zone, this.#zone.length, SOA, this.#ttl, first, first.length);
  }
  #ttl = 0;

  /** An SOA of the apex: what it is depends on what came before. */
  #soa(length: number, ttl: number, size: number): void {
    if (size < NUMBERS + 2) throw new TransferError('an SOA is too short');
    const serial = serialIn(this.#data, size);
    if (this.#state === 'begin') {
      this.#first = this.#data.slice(0, size);
      this.#ttl = ttl;
      this.#state = 'second';
    } else if (this.#state === 'second') {
      const ours = this.#wanted.serial;
      if (serial === this.serial) throw new TransferError('the zone has nothing but its SOA');
      if (this.#wanted.type !== TYPE.IXFR || serial !== ours) {
        throw new TransferError(`a difference begins with serial ${serial}, and not with ours`);
      }
      this.kind = 'differences';
      this.#receiver.begin('differences');
      this.#turn('removed', length, ttl, size);
    } else if (this.#state === 'whole') this.#last(size);
    else if (this.#state === 'removed') {
      this.#to = serial;
      this.#turn('added', length, ttl, size);
    } else if (serial !== this.#to) {
      throw new TransferError(`a difference leads to serial ${this.#to}, and the next one begins with ${serial}`);
    } else if (serial === this.serial) this.#last(size);
    else this.#turn('removed', length, ttl, size);
  }
  #turn(state: 'removed' | 'added', length: number, ttl: number, size: number): void {
    this.#state = state;
    this.#receiver.record(state, this.#owner, length, SOA, ttl, this.#data, size);
  }
  #last(size: number): void {
    const first = this.#first!;
    if (serialIn(this.#data, size) !== this.serial) {
      throw new TransferError('the zone changed while it was sent: first and last SOA differ');
    }
    for (let i = 0; i < size; i++) {
      if (size !== first.length || this.#data[i] !== first[i]) throw new TransferError('first and last SOA differ');
    }
    this.#state = 'end';
  }
}
const serialIn = (data: Uint8Array, size: number): number => u32(data, size - NUMBERS);
