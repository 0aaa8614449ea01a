// A question where it lies in its packet, and the reply in the making. Knows the bytes of both and who asks; knows no plugin or socket.
import { printAddress } from '../../dns/address.ts';
import { decodeMessage } from '../../dns/message.ts';
import type { Parts } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { decodeEdns } from '../../dns/opt.ts';
import type { Edns } from '../../dns/opt.ts';
import { HEADER, setU16, u16 } from '../../dns/packet.ts';
import type { RR } from '../../dns/rr.ts';
import { KEY_ROOM, PEER_ROOM } from './arena.ts';
import type { Layout, ReplyPlaces } from './arena.ts';
import { adoptReply, beginReply } from './draft.ts';
import { Key } from '../../store/key.ts';
import type { Reading } from '../../store/reading.ts';
import { AA, Message } from './message.ts';
import { Journey } from './journey.ts';
import type { Told } from './journey.ts';
import type { Metadata } from './metadata.ts';
import type { Remark } from './notes.ts';
import type { Answer, ExtendedError } from './outcome.ts';
import { addressAt, isIPv4 } from './peer.ts';
import { withType, writeKey } from './question-key.ts';
import type { Seal } from './seal.ts';
import type { Channel } from './transport.ts';

/** What `reply` takes; what is not given is empty, NOERROR, or not set. */
export interface ReplyParts {
  readonly rcode?: number;
  readonly aa?: boolean;
  readonly answer?: readonly RR[];
  readonly authority?: readonly RR[];
  readonly additional?: readonly RR[];
}
/** A question that differs from another in what is named. */
export interface QuestionChange {
  readonly name?: Name;
  readonly type?: number;
  readonly class?: number;
  /** Asked for the sake of another family's addresses: whoever translates those leaves it and what it leads to alone (SIIT-6). */
  readonly translating?: true;
}

/**
 * One question. The object belongs to a seat and is used for one question after the other; a part may keep it until it has
 * answered, and not longer.
 */
export class Query {
  /** The packet: `length` bytes from `at`. The query's own copy: plugins that edit the request edit it here (SRV-18). */
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly at: number;
  /** Offsets in `bytes` of the canonical key and of who asked; where the reply is made and its room. */
  readonly keyAt: number;
  readonly peerAt: number;
  readonly #replies: ReplyPlaces | undefined;
  #replyAt: number;
  readonly replyRoom: number;
  /** The number of its seat, or -1 where it has a buffer of its own. */
  readonly seat: number;
  // Of the packet that lies there now, until the next one is put in its place:
  length = 0;
  /** Bytes of header and question. */
  questionEnd = HEADER;
  /** Offset of the request's OPT from `at`, or 0. */
  optAt = 0;
  /** Offset of its TSIG record, the last one, or 0. */
  signedAt = 0;
  // Of its question, read once; another question is another query (`derive`):
  type = 0;
  class = 0;
  // For as long as the client waits:
  channel!: Channel;
  /** What is known of the client's question, whatever is asked because of it. */
  journey: Journey;
  readonly #message: Message;
  readonly #key: Key;
  #name: Name | undefined = undefined;
  #address: string | undefined = undefined;

  constructor(bytes: Uint8Array, words: Int32Array, layout: Layout, seat: number, journey = new Journey()) {
    this.bytes = bytes;
    this.words = words;
    this.at = layout.at;
    this.keyAt = layout.keyAt;
    this.peerAt = layout.peerAt;
    const { replyAt } = layout;
    this.#replies = typeof replyAt === 'number' ? undefined : replyAt;
    this.#replyAt = typeof replyAt === 'number' ? replyAt : -1;
    this.replyRoom = layout.replyRoom;
    this.seat = seat;
    this.journey = journey;
    this.#message = new Message(bytes, words);
    this.#key = new Key(words, layout.keyAt >> 2);
  }

  /** A query in a buffer of its own, with room for a packet of `packet` bytes. */
  static alone(packet: number, journey?: Journey): Query {
    const keyAt = (packet + 16 + 63) & ~63;
    const peerAt = keyAt + KEY_ROOM;
    const layout = { at: 0, keyAt, peerAt, replyAt: peerAt + PEER_ROOM, replyRoom: 2048 };
    const words = new Int32Array((layout.replyAt + layout.replyRoom + 64) >> 2);
    return new Query(new Uint8Array(words.buffer), words, layout, -1, journey);
  }

  /** Forgets the question before: called by the transport when a packet of `length` bytes lies in its place. */
  arrive(length: number, channel: Channel): void {
    this.place(length, channel);
    this.journey.begin(length, (this.bytes[this.at + 3]! & 0x20) !== 0);
  }
  /** The same on a journey that has begun: for packets that are made here (`derive`). */
  place(length: number, channel: Channel): void {
    this.length = length;
    this.channel = channel;
    this.questionEnd = HEADER;
    this.type = 0;
    this.class = 0;
    this.optAt = 0;
    this.signedAt = 0;
    this.#key.length = 0;
    this.#name = undefined;
    this.#address = undefined;
  }

  /** Where its reply is made. */
  get replyAt(): number {
    return this.#replyAt >= 0 ? this.#replyAt : (this.#replyAt = this.#replies!.takeReply());
  }
  /** Its reply has left, or there is none: called with the seat by who has seats. */
  leaveReply(): void {
    if (this.#replyAt >= 0) this.#replies!.releaseReply(this.#replyAt);
    this.#replyAt = -1;
  }
  get id(): number {
    return u16(this.bytes, this.at);
  }
  /** 0 is QUERY, 4 NOTIFY (RFC 6895 section 2.2). */
  get opcode(): number {
    return (this.bytes[this.at + 2]! >> 3) & 15;
  }
  /** The flag bits of the request: compare with RD, AD, CD of message.ts. */
  get flags(): number {
    return u16(this.bytes, this.at + 2) & 0x87f0;
  }
  /** Sets flag bits of the request, then clears some: what whoever is asked next shall see. */
  setFlags(set: number, clear = 0): void {
    setU16(this.bytes, this.at + 2, (u16(this.bytes, this.at + 2) | set) & ~clear);
  }
  /** DO and CD as two bits: what makes answers to the same question differ (CACHE-4). */
  get flavour(): number {
    return (this.wantsDnssec ? 1 : 0) | ((this.bytes[this.at + 3]! & 0x10) >> 3);
  }
  /** Octets of the question's name. */
  get nameLength(): number {
    return this.questionEnd - HEADER - 4;
  }
  /** The UDP size of the request's OPT, 0 without one. Lower it with `limitUdpSize`. */
  get udpSize(): number {
    return this.optAt === 0 ? 0 : u16(this.bytes, this.at + this.optAt + 3);
  }
  /** The client's DO (RFC 3225). */
  get wantsDnssec(): boolean {
    return this.journey.dnssecOk;
  }
  /** The name that is asked for, in the client's spelling. */
  get name(): Name {
    return (this.#name ??= Name.read(this.bytes, this.at + HEADER, this.at + this.length, this.at));
  }
  /** The OPT of the request, decoded, or undefined. */
  get edns(): Edns | undefined {
    return this.optAt === 0 ? undefined : decodeEdns(this.bytes, this.at + this.optAt);
  }
  /** The whole request, decoded. */
  parts(): Parts {
    return decodeMessage(this.bytes, this.at, this.length);
  }
  /** True where no UDP size bounds the reply. */
  get stream(): boolean {
    return this.channel.stream;
  }
  /** What its thread reads shared memory in: open in whatever the kernel calls; for what a part does behind an `await` of its own. */
  get reading(): Reading {
    return this.channel.service.reading;
  }
  /** Bytes that the reply may have: what the client said, whatever parts put into the request (EDNS-1). */
  get limit(): number {
    return this.channel.stream ? 65535 : Math.max(512, this.journey.udpSize);
  }
  /** Lowers what the client seems to advertise, in the packet too (BUF-1). */
  limitUdpSize(size: number): void {
    this.journey.udpSize = Math.min(this.journey.udpSize, size);
    if (this.udpSize > size) setU16(this.bytes, this.at + this.optAt + 3, size);
  }

  /** 4 or 16: the bytes of the client's address from `clientAt`. An IPv4-mapped one counts as IPv4. */
  get clientLength(): 4 | 16 {
    return isIPv4(this.bytes, this.words, this.journey.look(this.peerAt)) ? 4 : 16;
  }
  /** Offset of the client's address in `bytes`. */
  get clientAt(): number {
    return addressAt(this.bytes, this.words, this.journey.look(this.peerAt));
  }
  /** The port that the question came from. */
  get clientPort(): number {
    return u16(this.bytes, this.journey.look(this.peerAt) + 2);
  }
  /** The client's address as text; an IPv4-mapped one as IPv4. */
  get clientAddress(): string {
    return (this.#address ??= printAddress(this.bytes.subarray(this.clientAt, this.clientAt + this.clientLength)));
  }

  /** The folded name, type and class as words behind the packet: made once, compared where they lie. */
  get key(): Key {
    const key = this.#key;
    if (key.length === 0) writeKey(key, (this.at + HEADER) >> 2, this.nameLength, this.type | (this.class << 16));
    return key;
  }
  /** That of another type of the name, in class IN. To be used at once: the next call, of any query, fills the same one. */
  keyFor(type: number): Key {
    return withType(this.key, type);
  }

  /**
   * Begins a reply where it will be sent from: header and question as they were asked, no records (SRV-20). There is one such place: a
   * reply of this query that was begun before is gone, so what is still needed of it is read first.
   */
  begin(flags: number, rcode: number): Message {
    return beginReply(this.#message, this, flags, rcode);
  }
  /** A reply of these records. Those that do not fit into a message any more are left out, and TC is set. */
  reply(parts: ReplyParts = {}): Message {
    const message = this.begin(parts.aa === true ? AA : 0, (parts.rcode ?? 0) & 15);
    const { answer = [], authority = [], additional = [] } = parts;
    if (message.appendAll(answer, 6) && message.appendAll(authority, 8)) message.appendAll(additional, 10);
    return message;
  }
  /**
   * Makes a message that came from elsewhere the reply: `length` bytes from word `from` of `source`, with this question's id, RD bit and
   * spelling of the name. Its question must be the same but for case; `alike` where it is spelt so too. As with `begin`, an earlier reply
   * is gone.
   */
  adopt(source: Int32Array, from: number, length: number, alike = false): Message {
    return adoptReply(this.#message, this, source, from, length, alike);
  }

  /** What this server answers to another question of the same client, asked from the top (LIB-7). */
  resolve(change: QuestionChange): Answer {
    return this.channel.service.resolve(this, change);
  }
  /** Remarks something, where anybody listens: the text is made of the two numbers when somebody reads it. Eight are kept. */
  note(remark: Remark, a = 0, b = 0): void {
    this.journey.notes?.add(remark, a, b);
  }
  /** A metadata label's value (META-1); undefined without the `metadata` plugin. */
  label(name: string): string | undefined {
    return this.journey.metadata?.value(name, this);
  }

  /** Milliseconds of the server's clock when the client's question came. */
  get received(): number {
    return this.journey.received;
  }
  /** How many questions led to this one. */
  get depth(): number {
    return this.journey.depth;
  }
  /** Asked for the sake of another family's addresses (QuestionChange). */
  get translating(): boolean {
    return this.journey.translating;
  }
  /** Bytes that the client's packet had. */
  get size(): number {
    return this.journey.size;
  }
  /** The client set AD: it wants to know whether the data is authentic (RFC 6840 section 5.7). `cache` sets the bit for upstreams. */
  get wantsAuthentic(): boolean {
    return this.journey.wantsAuthentic;
  }
  /** Its labels, where the block collects metadata. */
  get metadata(): Metadata | undefined {
    return this.journey.metadata;
  }
  /** An Extended DNS Error that the reply shall carry, if the client sent EDNS. */
  get extendedError(): ExtendedError | undefined {
    return this.journey.extendedError;
  }
  set extendedError(error: ExtendedError | undefined) {
    this.journey.extendedError = error;
  }
  /** What is done to the reply last. */
  get seal(): Seal | undefined {
    return this.journey.seal;
  }
  set seal(seal: Seal | undefined) {
    this.journey.seal = seal;
  }
  /** Under what it is counted and logged: itself, or what `rewrite` made of it (SRV-18). */
  get told(): Told {
    return this.journey.told ?? this;
  }
}
