// A question where it lies in its packet, and the reply in the making. Knows the bytes of both and who asks; knows no plugin or socket.
import { printAddress } from '../../dns/address.ts';
import { decodeMessage } from '../../dns/message.ts';
import type { Parts } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { decodeEdns } from '../../dns/opt.ts';
import type { Edns } from '../../dns/opt.ts';
import { HEADER, setU16, u16 } from '../../dns/packet.ts';
import type { RR } from '../../dns/rr.ts';
import type { Layout } from './arena.ts';
import { Key } from '../../store/key.ts';
import type { Reading } from '../../store/reading.ts';
import { AA, Message } from './message.ts';
import { inherit } from './inherit.ts';
import type { Metadata } from './metadata.ts';
import type { ExtendedError } from './outcome.ts';
import { addressAt, isIPv4 } from './peer.ts';
import { withType, writeKey } from './question-key.ts';
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
 * One question. The object belongs to a slot and is used for one question after the other; a part may keep it until it has
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
  readonly replyAt: number;
  readonly replyRoom: number;
  /** The number of its slot, or -1 where it has a buffer of its own. */
  readonly slot: number;
  length = 0;
  questionEnd = HEADER;
  nameLength = 0;
  type = 0;
  class = 0;
  /** Offset of the request's OPT from `at`, or 0. */
  optAt = 0;
  /** The UDP size that the client advertises, as it came; `optAt` tells whether it sent an OPT. Lower it with `limitUdpSize`. */
  udpSize = 0;
  wantsDnssec = false;
  /** The client set AD: it wants to know whether the data is authentic (RFC 6840 section 5.7). `cache` sets the bit for upstreams. */
  wantsAuthentic = false;
  /** Milliseconds of the server's clock when it came. */
  received = 0;
  /** Milliseconds when its outcome was first looked at, 0 before. */
  finished = 0;
  /** How often it was derived: a bound against questions that ask themselves. */
  depth = 0;
  /** See QuestionChange. */
  translating = false;
  /** Bytes it came in, as CoreDNS counts them; then bytes and name of what `rewrite` made of it (SRV-18), told to logs only. */
  size = 0;
  rewrittenLength = 0;
  rewrittenName = '';
  channel!: Channel;
  /** Its labels, where the block collects metadata. */
  metadata: Metadata | undefined = undefined;
  /** An Extended DNS Error that the reply shall carry, if the client sent EDNS. */
  extendedError: ExtendedError | undefined = undefined;
  /** The site that has it, for parts that keep something for each. */
  site: unknown = undefined;
  /** The name of the part that was entered last: who answered. */
  author = 0;
  readonly #message: Message;
  readonly #key: Key;
  #name: Name | undefined = undefined;
  #address: string | undefined = undefined;

  constructor(bytes: Uint8Array, words: Int32Array, layout: Layout, slot: number) {
    this.bytes = bytes;
    this.words = words;
    this.at = layout.at;
    this.keyAt = layout.keyAt;
    this.peerAt = layout.peerAt;
    this.replyAt = layout.replyAt;
    this.replyRoom = layout.replyRoom;
    this.slot = slot;
    this.#message = new Message(bytes, words);
    this.#key = new Key(words, layout.keyAt >> 2);
  }

  /** A query in a buffer of its own, with room for a packet of `packet` bytes. */
  static alone(packet: number): Query {
    const keyAt = (packet + 16 + 63) & ~63;
    const layout = { at: 0, keyAt, peerAt: keyAt + 320, replyAt: keyAt + 384, replyRoom: 2048 };
    const words = new Int32Array((layout.replyAt + layout.replyRoom + 64) >> 2);
    return new Query(new Uint8Array(words.buffer), words, layout, -1);
  }

  /** Forgets the question before: called by the transport when a packet of `length` bytes lies in its place. */
  arrive(length: number, channel: Channel): void {
    this.length = length;
    this.size = length;
    this.rewrittenLength = 0;
    this.rewrittenName = '';
    this.channel = channel;
    this.questionEnd = HEADER;
    this.nameLength = 0;
    this.type = 0;
    this.class = 0;
    this.optAt = 0;
    this.udpSize = 0;
    this.wantsDnssec = false;
    this.wantsAuthentic = (this.bytes[this.at + 3]! & 0x20) !== 0;
    this.#key.length = 0;
    this.finished = 0;
    this.depth = 0;
    this.translating = false;
    this.author = 0;
    this.metadata = undefined;
    this.extendedError = undefined;
    this.site = undefined;
    this.#name = undefined;
    this.#address = undefined;
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
  /** DO and CD as two bits: what makes answers to the same question differ (CACHE-4). */
  get flavour(): number {
    return (this.wantsDnssec ? 1 : 0) | ((this.bytes[this.at + 3]! & 0x10) >> 3);
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
  /** Bytes that the reply may have (EDNS-1). */
  get limit(): number {
    return this.channel.stream ? 65535 : Math.max(512, this.udpSize);
  }
  /** Lowers what the client seems to advertise, in the packet too (BUF-1). */
  limitUdpSize(size: number): void {
    if (this.udpSize <= size) return;
    this.udpSize = size;
    setU16(this.bytes, this.at + this.optAt + 3, size);
  }

  /** 4 or 16: the bytes of the client's address from `clientAt`. An IPv4-mapped one counts as IPv4. */
  get clientLength(): 4 | 16 {
    return isIPv4(this.bytes, this.words, this.peerAt) ? 4 : 16;
  }
  /** Offset of the client's address in `bytes`. */
  get clientAt(): number {
    return addressAt(this.bytes, this.words, this.peerAt);
  }
  /** The port that the question came from. */
  get clientPort(): number {
    return u16(this.bytes, this.peerAt + 2);
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

  /** Begins a reply where it will be sent from: header and question as they were asked, no records (SRV-20). */
  begin(flags: number, rcode: number): Message {
    const message = this.#draft();
    const { words, bytes } = this;
    const from = this.at >> 2, to = this.replyAt >> 2;
    for (let i = 0, n = (this.questionEnd + 3) >> 2; i < n; i++) words[to + i] = words[from + i]!;
    const out = this.replyAt;
    bytes[out + 2] = 0x80 | (bytes[out + 2]! & 0x79) | (flags >> 8);
    bytes[out + 3] = (bytes[out + 3]! & 0x10) | (flags & 0xf0) | rcode;
    if ((bytes[out + 2]! & 0x78) !== 0) {
      // RD and CD are a question's: a reply to a NOTIFY has neither.
      bytes[out + 2] = (bytes[out + 2]! & 0xfe) | ((flags >> 8) & 1);
      bytes[out + 3] = (bytes[out + 3]! & 0xef) | (flags & 0x10);
    }
    words[to + 2] = 0;
    bytes[out + 6] = 0;
    bytes[out + 7] = 0;
    message.length = this.questionEnd;
    return message;
  }
  #draft(): Message {
    const message = this.#message;
    message.bytes = this.bytes;
    message.words = this.words;
    message.at = this.replyAt;
    message.room = this.replyRoom;
    message.questionEnd = this.questionEnd;
    message.optAt = 0;
    message.cause = undefined;
    message.plain = 0;
    message.extended = 0;
    return message;
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
   * spelling of the name. Its question must be the same but for case; `alike` where it is spelt so too.
   */
  adopt(source: Int32Array, from: number, length: number, alike = false): Message {
    const message = this.#draft();
    message.length = 0;
    if (length > this.replyRoom) message.ensure(length);
    const { words, bytes, at } = message;
    const to = at >> 2;
    const n = (length + 3) >> 2;
    if (n <= 64) for (let i = 0; i < n; i++) words[to + i] = source[from + i]!;
    else words.set(source.subarray(from, from + n), to);
    bytes[at] = this.bytes[this.at]!;
    bytes[at + 1] = this.bytes[this.at + 1]!;
    bytes[at + 2] = (bytes[at + 2]! & 0xfe) | (this.bytes[this.at + 2]! & 1);
    if (!alike) for (let i = HEADER; i < this.questionEnd; i++) bytes[at + i] = this.bytes[this.at + i]!;
    message.length = length;
    return message;
  }

  /** The same client asking another question (RD, CD, DO and options as here): for `rewrite`, CNAME chases, `dns64`. */
  as(change: QuestionChange): Query {
    const name = change.name ?? this.name;
    const { raw } = name;
    const rest = this.length - this.questionEnd;
    const query = Query.alone(HEADER + raw.length + 4 + rest);
    const { bytes } = query;
    bytes.set(this.bytes.subarray(this.at, this.at + HEADER));
    for (let i = 0; i < raw.length; i++) bytes[HEADER + i] = raw.charCodeAt(i);
    const end = HEADER + raw.length + 4;
    setU16(bytes, end - 4, change.type ?? this.type);
    setU16(bytes, end - 2, change.class ?? this.class);
    bytes.set(this.bytes.subarray(this.at + this.questionEnd, this.at + this.length), end);
    bytes.set(this.bytes.subarray(this.peerAt, this.peerAt + 64), query.peerAt);
    query.arrive(end + rest, this.channel);
    query.questionEnd = end;
    query.nameLength = raw.length;
    inherit(query, this, end - this.questionEnd);
    if (change.translating === true) query.translating = true;
    return query;
  }
  /** A metadata label's value (META-1); undefined without the `metadata` plugin. */
  label(name: string): string | undefined {
    return this.metadata?.value(name, this);
  }
}
