// The client's side of one HTTP/3 connection: many requests at once, their replies in any order, and what the server may say in between.
// Knows who waits; knows nothing of QUIC but streams.
import type { Replied, RequestForm, Requests, Unanswered, Waiting } from './client-side.ts';
import type { Field } from './field-bytes.ts';
import { Http3Connection } from './h3-connection.ts';
import { EXCESSIVE_LOAD, ID_ERROR, MESSAGE_ERROR, NO_ERROR, OK, REQUEST_CANCELLED, REQUEST_REJECTED } from './h3-frames.ts';
import { sendMessage } from './h3-output.ts';
import { H3Stream } from './h3-stream.ts';
import type { StreamWire } from './h3-wire.ts';
import { section } from './qpack.ts';

/** Requests at once, whatever the server lets us open. */
const MOST_STREAMS = 1000;
/** Bytes of a reply. */
const BODY_MOST = 65536 + 64;
/** What a reply takes away of frames that asked nothing. */
const WORTH = 4;

/** A request and its reply. */
class ClientStream extends H3Stream implements Replied {
  readonly who: Waiting;
  status = 0;
  constructor(id: number, who: Waiting) {
    super(id);
    this.who = who;
  }
}
/** A request for which there is no stream yet. */
interface Unsent { readonly body: Uint8Array; readonly target?: string | undefined; readonly fields?: RequestForm['fields'] | undefined }

/** A connection to a server. */
export class Http3Client extends Http3Connection implements Requests {
  readonly most = MOST_STREAMS;
  /** What a connection is closed with that has come to its end. */
  readonly noError = NO_ERROR;
  readonly #form: RequestForm;
  readonly #head: Buffer;
  readonly #sent = new Map<Waiting, ClientStream>();
  readonly #unsent = new Map<Waiting, Unsent>();
  #leaving = false;
  #goesAwayAt = Infinity;

  constructor(wire: StreamWire, form: RequestForm) {
    super(wire, false);
    this.#form = form;
    this.#head = headOf(form, form.target);
    this.greet();
  }

  /** Whether requests may leave before the handshake is over. */
  early(): boolean {
    return this.control >= 0;
  }
  /** Whether another request may be sent now. */
  get free(): boolean {
    return !this.leaving && this.#unsent.size === 0 && this.#sent.size < MOST_STREAMS;
  }
  /** It takes no further requests at all. */
  get leaving(): boolean {
    return this.ended || this.#leaving;
  }
  /** Requests that wait. */
  get waiting(): number {
    return this.#sent.size + this.#unsent.size;
  }

  send(who: Waiting, body: Uint8Array, at: number, length: number, target?: string, fields?: RequestForm['fields']): void {
    if (this.#unsent.size > 0 || !this.#sendNow(who, body, at, length, target, fields)) {
      this.#unsent.set(who, { body: body.slice(at, at + length), target, fields });
    }
  }
  #sendNow(who: Waiting, body: Uint8Array, at: number, length: number, target?: string, fields?: RequestForm['fields']): boolean {
    const id = this.wire.open(false);
    if (id < 0) return false;
    const stream = new ClientStream(id, who);
    this.streams.set(id, stream);
    this.#sent.set(who, stream);
    const form = fields === undefined ? this.#form : { ...this.#form, fields: [...this.#form.fields, ...fields] };
    const head = target === undefined && fields === undefined ? this.#head : headOf(form, target ?? form.target);
    sendMessage(this.wire, id, head, length > 0, body, at, length, undefined, false);
    return true;
  }
  /** Nobody waits for this one any more. */
  forget(who: Waiting): void {
    this.#unsent.delete(who);
    const stream = this.#sent.get(who);
    if (stream === undefined || this.ended) return;
    this.#sent.delete(who);
    this.#drop(stream, REQUEST_CANCELLED);
  }
  override room(): void {
    super.room();
    for (const [who, { body, target, fields }] of this.#unsent) {
      if (this.leaving || !this.#sendNow(who, body, 0, body.length, target, fields)) return;
      this.#unsent.delete(who);
    }
  }
  /** The server did not take what was sent before the handshake was over: all of it is to be sent again. */
  lost(): void {
    const all = [...this.#sent.values()];
    this.#sent.clear();
    this.forgetStreams();
    this.greet();
    for (const stream of all) {
      stream.over = true;
      stream.who.unanswered('unasked', 'the server takes no early data');
    }
  }

  // --- what comes

  protected streamFor(id: number): ClientStream | undefined {
    return this.streams.get(id) as ClientStream | undefined;
  }
  field(stream: H3Stream, field: Field): void {
    const reply = stream as ClientStream;
    if (field.name === ':status') {
      if (!/^[1-5]\d\d$/.test(field.value) || reply.trailing || reply.status !== 0) reply.bad = true;
      reply.status = Number(field.value);
    } else if (field.name.startsWith(':') || /[A-Z]/.test(field.name)) reply.bad = true;
    else {
      if (field.name === 'content-length') reply.length = /^\d{1,9}$/.test(field.value) ? Number(field.value) : -2;
      if (reply.status >= 200) reply.list.push(field);
    }
  }
  headed(stream: H3Stream, tooLong: boolean): void {
    const reply = stream as ClientStream;
    if (tooLong) return this.#give(reply, EXCESSIVE_LOAD, 'the head of the reply is too long');
    if (reply.bad || reply.status === 0) return this.#give(reply, MESSAGE_ERROR, 'the head of the reply is malformed');
    if (reply.status >= 200) return;
    // An interim reply: the head is still to come.
    this.idleFrames++;
    reply.headed = false;
    reply.status = 0;
    reply.length = -1;
  }
  content(stream: H3Stream, bytes: Buffer, at: number, end: number, whole: boolean): void {
    const reply = stream as ClientStream;
    if (reply.size + end - at > BODY_MOST) return this.#give(reply, REQUEST_CANCELLED, 'the reply is too long');
    if (!whole) return reply.add(bytes, at, end);
    reply.finish(bytes, at, end);
    this.#whole(reply);
  }
  finished(stream: H3Stream): void {
    const reply = stream as ClientStream;
    if (!reply.headed) return this.#give(reply, MESSAGE_ERROR, 'a reply without a head');
    if (reply.size > 0) reply.finish(Buffer.alloc(0), 0, 0);
    this.#whole(reply);
  }
  #whole(reply: ClientStream): void {
    if (reply.length !== -1 && reply.length !== reply.size) {
      return this.#give(reply, MESSAGE_ERROR, 'the reply has another length than it says');
    }
    this.idleFrames = Math.max(0, this.idleFrames - WORTH);
    reply.over = true;
    this.streams.delete(reply.id);
    if (this.#sent.delete(reply.who)) reply.who.replied(reply);
    reply.forget();
  }
  /** Ends a request whose reply cannot be taken. */
  #give(stream: ClientStream, code: number, text: string): void {
    this.#drop(stream, code);
    this.#tell(stream, 'refused', text);
  }
  #drop(stream: ClientStream, code: number): void {
    stream.over = true;
    stream.forget();
    this.streams.delete(stream.id);
    this.wire.stop(stream.id, code);
    this.wire.reset(stream.id, code);
  }
  #tell(stream: ClientStream, why: Unanswered, text: string): void {
    if (this.#sent.delete(stream.who)) stream.who.unanswered(why, text);
  }
  protected cancelled(stream: H3Stream, code: number): void {
    const reply = stream as ClientStream;
    this.idleFrames++;
    reply.over = true;
    this.streams.delete(reply.id);
    this.#tell(reply, code === REQUEST_REJECTED ? 'unasked' : 'refused', `the request was reset with code ${code}`);
  }
  /** The server wants no more of a request, and may still answer it. */
  protected unwanted(): void {}
  protected goneAway(id: number): number {
    if (id % 4 !== 0 || id > this.#goesAwayAt) return ID_ERROR;
    this.#goesAwayAt = id;
    this.#leaving = true;
    for (const stream of [...this.streams.values()] as ClientStream[]) {
      if (stream.id < id) continue;
      stream.over = true;
      this.streams.delete(stream.id);
      this.#tell(stream, 'unasked', 'the server goes away');
    }
    this.#dropUnsent('the server goes away');
    return OK;
  }
  #dropUnsent(text: string): void {
    const unsent = [...this.#unsent.keys()];
    this.#unsent.clear();
    for (const who of unsent) who.unanswered('unasked', text);
  }
  sent(): void {}

  // --- how it ends

  protected broke(code: number): void {
    this.closed(`what the server says is no HTTP/3 (0x${code.toString(16)})`);
  }
  /** The connection is gone. */
  closed(text: string): void {
    if (this.ended) return;
    this.ended = true;
    const all = [...this.#sent.values()];
    this.#sent.clear();
    this.streams.clear();
    for (const { who } of all) who.unanswered('lost', text);
    this.#dropUnsent(text);
  }
}

function headOf({ method, scheme, authority, fields }: RequestForm, target: string): Buffer {
  return section([[':method', method], [':scheme', scheme], [':path', target], [':authority', authority], ...fields]);
}
