// The client's side of one HTTP/2 connection: many requests at once, their replies in any order, and what the server may say in between.
// Knows who waits; knows no socket but for writing.
import type { ClientSide, Replied, RequestForm, Unanswered, Waiting } from './client-side.ts';
import type { Talk, Wire } from './exchange.ts';
import {
  CANCEL, ENHANCE_YOUR_CALM, OK, PREFACE, PROTOCOL_ERROR, REFUSED_STREAM, SET_LIST, SET_PUSH, SET_TABLE, SET_WINDOW, STREAM_CLOSED, WINDOW,
  settingsFrame, windowFrame,
} from './frames.ts';
import type { FrameOutput } from './frames.ts';
import { CONNECTION_WINDOW, Http2Connection, LIST_MOST, STREAM_WINDOW, TABLE } from './h2-connection.ts';
import { H2Stream } from './h2-stream.ts';
import { block } from './hpack.ts';
import type { Field } from './field-bytes.ts';

/** Requests at once, whatever the server says. */
const MOST_STREAMS = 1000;
/** Ids of streams are not used again: a connection ends after so many. */
const LAST_ID = 0x7ffffff0;
/** Bytes of a reply. */
const BODY_MOST = 65536 + 64;
/** What a reply takes away of frames that asked nothing: servers tell windows with each. */
const WORTH = 4;

/** A request and its reply. */
class ClientStream extends H2Stream implements Replied {
  readonly who: Waiting;
  status = 0;
  constructor(id: number, window: number, who: Waiting) {
    super(id, window);
    this.who = who;
  }
}

/** A connection to a server. */
export class Http2Client extends Http2Connection implements ClientSide {
  readonly #form: RequestForm;
  readonly #head: Buffer;
  readonly #streams = new Map<Waiting, ClientStream>();
  #next = 1;
  #leaving = false;
  #scheduled = false;

  /** `streams` requests are sent before the server has said how many it takes. */
  constructor(wire: Wire, out: FrameOutput, form: RequestForm, streams: number) {
    super(wire, out);
    this.#form = form;
    this.peerStreams = streams;
    this.#head = headOf(this.#form, form.target);
    const settings = settingsFrame([[SET_TABLE, TABLE], [SET_PUSH, 0], [SET_WINDOW, STREAM_WINDOW], [SET_LIST, LIST_MOST]]);
    wire.write(Buffer.concat([PREFACE, settings, windowFrame(0, CONNECTION_WINDOW - WINDOW)]));
  }

  get free(): boolean {
    return !this.leaving && this.#streams.size < this.most && !this.sender.full;
  }
  get most(): number {
    return Math.min(this.peerStreams, MOST_STREAMS);
  }
  get leaving(): boolean {
    return this.ended || this.#leaving || this.#next > LAST_ID;
  }
  get waiting(): number {
    return this.#streams.size;
  }

  send(who: Waiting, body: Uint8Array, at: number, length: number, target?: string, fields?: RequestForm['fields']): void {
    const id = this.#next;
    this.#next += 2;
    this.last = id;
    const stream = new ClientStream(id, this.sender.initial, who);
    this.streams.set(id, stream);
    this.#streams.set(who, stream);
    const form = fields === undefined ? this.#form : { ...this.#form, fields: [...this.#form.fields, ...fields] };
    const isUsual = target === undefined && fields === undefined;
    this.sender.headers(id, isUsual ? this.#head : headOf(form, target ?? form.target), length === 0);
    if (length > 0) this.sender.data(stream, body, at, length);
    // All of a turn leave with one write.
    this.#later();
  }
  /** A request whose body goes on: what comes of its reply goes to `who.part`. */
  talk(who: Waiting, target: string): Talk {
    const id = this.#next;
    this.#next += 2;
    this.last = id;
    const stream = new ClientStream(id, this.sender.initial, who);
    stream.open = true;
    this.streams.set(id, stream);
    this.#streams.set(who, stream);
    this.sender.headers(id, headOf(this.#form, target), false);
    this.#later();
    const isThere = (): boolean => !this.ended && stream.open && this.streams.has(id);
    return {
      say: (bytes, at, length) => {
        if (!isThere()) return false;
        this.#later();
        return this.sender.say(stream, bytes, at, length);
      },
      end: () => {
        if (!isThere()) return;
        this.sender.end(stream, undefined);
        this.#later();
      },
    };
  }
  #later(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#flush);
  }
  readonly #flush = (): void => {
    this.#scheduled = false;
    if (!this.ended) this.sender.flush();
  };
  forget(who: Waiting): void {
    const stream = this.#streams.get(who);
    if (stream === undefined || this.ended) return;
    this.#streams.delete(who);
    this.drop(stream, CANCEL);
    this.#later();
  }

  receive(chunk: Buffer): void {
    if (this.ended) return;
    const error = this.read(chunk, 0);
    if (error !== OK) this.#end(error);
    else this.sender.flush();
  }
  drained(): void {
    this.sender.full = false;
    this.sender.flush();
  }

  protected streamFor(id: number): ClientStream | number {
    const stream = this.streams.get(id) as ClientStream | undefined;
    if (stream !== undefined) return stream.ended ? STREAM_CLOSED : stream;
    // Of one that we gave up the head may still be on its way: the table goes on.
    return id <= this.last && (id & 1) === 1 ? new ClientStream(id, 0, NOBODY) : PROTOCOL_ERROR;
  }
  protected field(stream: ClientStream, field: Field): void {
    if (field.name === ':status') {
      if (!/^[1-5]\d\d$/.test(field.value) || stream.trailing) stream.bad = true;
      stream.status = Number(field.value);
    } else if (field.name.startsWith(':')) stream.bad = true;
    else if (stream.status >= 200) stream.list.push(field);
  }
  protected headed(stream: ClientStream, ends: boolean, tooLong: boolean): void {
    if (!this.streams.has(stream.id)) return;
    if (tooLong) return this.#give(stream, ENHANCE_YOUR_CALM, 'the head of the reply is too long');
    if (stream.bad || stream.status === 0) return this.#give(stream, PROTOCOL_ERROR, 'the head of the reply is malformed');
    if (stream.status < 200 && !ends) {                          // an interim reply
      stream.status = 0;
      return;
    }
    stream.trailing = true;
    if (!ends) return;
    if (stream.size > 0 && stream.body.length === 0) stream.finish(stream.body, 0, 0);
    this.#whole(stream);
  }
  protected data(stream: ClientStream, bytes: Buffer, at: number, end: number, ends: boolean): void {
    if (!stream.trailing) return this.#give(stream, PROTOCOL_ERROR, 'a reply without a head');
    if (stream.who.part !== undefined) return this.#part(stream, bytes, at, end, ends);
    if (stream.size + end - at > BODY_MOST) return this.#give(stream, CANCEL, 'the reply is too long');
    if (!ends) return stream.add(bytes, at, end);
    stream.finish(bytes, at, end);
    this.#whole(stream);
  }
  /** Of a reply that is taken as it comes: what was taken makes room, and is no idle frame. */
  #part(stream: ClientStream, bytes: Buffer, at: number, end: number, ends: boolean): void {
    if (end > at) {
      this.idleFrames = Math.max(0, this.idleFrames - WORTH);
      stream.who.part!(bytes, at, end);
      if (!ends) this.took(stream, end - at);
    }
    if (ends) this.#whole(stream);
  }
  #whole(stream: ClientStream): void {
    stream.ended = true;
    this.idleFrames = Math.max(0, this.idleFrames - WORTH);
    // Our own side may not have said everything: the server did not need it.
    if (stream.rest !== undefined || stream.open) this.drop(stream, OK);
    this.streams.delete(stream.id);
    this.#streams.delete(stream.who);
    stream.who.replied(stream);
    stream.forget();
  }
  /** Ends a request whose reply cannot be taken. */
  #give(stream: ClientStream, code: number, text: string): void {
    this.drop(stream, code);
    this.#tell(stream, 'refused', text);
  }
  #tell(stream: ClientStream, why: Unanswered, text: string): void {
    if (this.#streams.delete(stream.who)) stream.who.unanswered(why, text);
  }
  protected sent(): void {}
  protected cancelled(stream: ClientStream, code: number): void {
    // The reply was whole, and the server wants no more of our request: that is none of these.
    this.#tell(stream, code === REFUSED_STREAM ? 'unasked' : 'refused', `the request was reset with code ${code}`);
  }
  protected goneAway(last: number, code: number): void {
    this.#leaving = true;
    for (const stream of [...this.streams.values()] as ClientStream[]) {
      if (stream.id <= last) continue;
      this.streams.delete(stream.id);
      this.sender.forget(stream);
      this.#tell(stream, 'unasked', `the server goes away with code ${code}`);
    }
  }
  protected pinged(): void {
    this.idleFrames++;
  }

  #end(code: number): void {
    this.sender.goaway(0, code);
    this.sender.flush();
    this.closed(`what the server says is no HTTP/2 (${code})`);
    this.wire.destroy();
  }
  closed(text: string): void {
    if (this.ended) return;
    this.ended = true;
    const all = [...this.#streams.values()];
    this.#streams.clear();
    this.streams.clear();
    for (const { who } of all) who.unanswered('lost', text);
  }
}
const NOBODY: Waiting = { replied() {}, unanswered() {} };

function headOf({ method, scheme, authority, fields }: RequestForm, target: string): Buffer {
  return block([[':method', method], [':scheme', scheme], [':path', target], [':authority', authority], ...fields]);
}
