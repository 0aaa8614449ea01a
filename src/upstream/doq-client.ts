// The client's side of DNS over QUIC (RFC 9250): each question on a stream of its own, behind its length. Knows streams; knows nothing of
// QUIC but those.
import type { Replied, Requests, Waiting } from '../http/client-side.ts';
import type { StreamWire } from '../http/h3-wire.ts';

/** Questions at once, whatever the server lets us open. */
const MOST_STREAMS = 1000;
/** Octets of the length before a message, and of the longest message. */
const PREFIX = 2, MESSAGE_MOST = 65_535;
/** RFC 9250 section 4.3. */
const PROTOCOL_ERROR = 2, REQUEST_CANCELLED = 3;
const NOTHING = Buffer.alloc(0);

/** A question and what came of its reply. */
class Asked implements Replied {
  readonly who: Waiting;
  readonly status = 200;
  body: Buffer = NOTHING;
  parts: Buffer | undefined = undefined;
  constructor(who: Waiting) {
    this.who = who;
  }
  field(): undefined {
    return undefined;
  }
}

/** A connection to a server. */
export class DoqClient implements Requests {
  readonly #wire: StreamWire;
  readonly #streams = new Map<number, Asked>();
  readonly #sent = new Map<Waiting, number>();
  /** Those for which there is no stream yet. */
  readonly #unsent = new Map<Waiting, Uint8Array>();
  #ended = false;
  /** A stream that was opened to see whether one can be. */
  #ready = -1;
  readonly most = MOST_STREAMS;
  readonly noError = 0;

  constructor(wire: StreamWire) {
    this.#wire = wire;
  }
  get free(): boolean {
    return !this.#ended && this.#unsent.size === 0 && this.#sent.size < MOST_STREAMS;
  }
  get leaving(): boolean {
    return this.#ended;
  }
  get waiting(): number {
    return this.#sent.size + this.#unsent.size;
  }

  /** Whether questions may leave before the handshake is over. */
  early(): boolean {
    this.#ready = this.#wire.open(false);
    return this.#ready >= 0;
  }
  send(who: Waiting, body: Uint8Array, at: number, length: number): void {
    if (this.#unsent.size > 0 || !this.#sendNow(who, body, at, length)) this.#unsent.set(who, body.slice(at, at + length));
  }
  #sendNow(who: Waiting, body: Uint8Array, at: number, length: number): boolean {
    const id = this.#ready < 0 ? this.#wire.open(false) : this.#ready;
    this.#ready = -1;
    if (id < 0) return false;
    this.#streams.set(id, new Asked(who));
    this.#sent.set(who, id);
    framed[0] = length >> 8;
    framed[1] = length;
    if (length <= 128) for (let i = 0; i < length; i++) framed[PREFIX + i] = body[at + i]!;
    else framed.set(body.subarray(at, at + length), PREFIX);
    this.#wire.send(id, framed, 0, PREFIX + length, true);
    return true;
  }
  forget(who: Waiting): void {
    this.#unsent.delete(who);
    const id = this.#sent.get(who);
    if (id === undefined || this.#ended) return;
    this.#sent.delete(who);
    this.#streams.delete(id);
    this.#wire.stop(id, REQUEST_CANCELLED);
  }
  /** Streams may be opened again. */
  room(): void {
    for (const [who, body] of this.#unsent) {
      if (this.#ended || !this.#sendNow(who, body, 0, body.length)) return;
      this.#unsent.delete(who);
    }
  }
  /** The server did not take what was sent before the handshake was over: all of it is to be sent again. */
  lost(): void {
    const all = [...this.#sent.keys()];
    this.#ready = -1;
    this.#sent.clear();
    this.#streams.clear();
    for (const who of all) who.unanswered('unasked', 'the server takes no early data');
  }

  /** Bytes of a stream, in order. They are there until this returns. */
  came(id: number, bytes: Uint8Array, at: number, length: number, fin: boolean): void {
    if (this.#ended) return;
    if ((id & 3) !== 0) return this.#broken();
    const asked = this.#streams.get(id);
    if (asked === undefined) return;
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset + at, length);
    const all = asked.parts === undefined ? piece : Buffer.concat([asked.parts, piece]);
    const size = all.length < PREFIX ? Infinity : PREFIX + all.readUInt16BE(0);
    if (all.length < size) {
      if (fin) return this.#broken();
      asked.parts = asked.parts === undefined ? Buffer.from(piece) : all;
      return;
    }
    // One question has one reply: a transfer is asked for elsewhere.
    this.#streams.delete(id);
    this.#sent.delete(asked.who);
    asked.body = all.subarray(PREFIX, size);
    asked.who.replied(asked);
  }
  resetBy(id: number, code: number): void {
    const asked = this.#streams.get(id);
    if (asked === undefined) return;
    this.#streams.delete(id);
    if (this.#sent.delete(asked.who)) asked.who.unanswered('refused', `the question was reset with code ${code}`);
  }
  #broken(): void {
    this.#wire.close(PROTOCOL_ERROR, '');
    this.closed('what the server says is no DNS over QUIC');
  }
  closed(text: string): void {
    if (this.#ended) return;
    this.#ended = true;
    const sent = [...this.#sent.keys()], unsent = [...this.#unsent.keys()];
    this.#streams.clear();
    this.#sent.clear();
    this.#unsent.clear();
    for (const who of sent) who.unanswered('lost', text);
    for (const who of unsent) who.unanswered('unasked', text);
  }
}
const framed = new Uint8Array(PREFIX + MESSAGE_MOST);
