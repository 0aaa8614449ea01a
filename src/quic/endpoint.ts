// One UDP socket of QUIC and its connections: events of the addon become calls of who speaks, what is said becomes commands. Knows the
// tables of addon.ts; knows neither DNS nor HTTP.
import {
  APPLICATION, ASKED, CLIENT, COMMAND, COUNT, DUAL, EARLY, EVENT, FIN, LAST, LAYOUT, PROXY_REFUSALS, REJECTED, TELL,
} from './addon.ts';
import type { About, QuicAddon } from './addon.ts';
import type { QuicConnection, QuicEnd, QuicSpeaker } from './connection.ts';

/** Who is told what happens on a socket. */
export interface QuicOwner {
  /** Before and after the events of one wake-up. */
  begin(): void;
  end(): void;
  /** Who speaks on a connection that came; asked before anything of it is told. */
  speaker(connection: QuicConnection): QuicSpeaker;
  /** A handshake came to nothing. */
  failed(end: QuicEnd): void;
  /** Lines for a file of secrets (NSS's form). */
  secrets(lines: Uint8Array): void;
  /** The library has panicked, and one connection is lost: its text. */
  panicked(text: string): void;
  /** So many datagrams were given up for what a proxy said in front of them, the last one of this sender. */
  unproxied(why: (typeof PROXY_REFUSALS)[number], count: number, sender: string): void;
}
/** Where a server's socket is opened. */
export interface QuicPlace {
  readonly address: string;
  readonly port: number;
  /** IPv6 and IPv4 at once. */
  readonly dual: boolean;
  /** Several addresses of this machine can be asked: answers leave from the one that was. */
  readonly wildcard: boolean;
}
/** What a socket has counted since it was opened, but for the first two, which are what there is now. */
export interface QuicCounts {
  readonly open: number;
  readonly shaking: number;
  readonly retries: number;
  readonly panics: number;
  readonly astray: number;
  readonly lost: number;
  readonly refused: number;
}

const ENDS = ['error', 'peer', 'silence', 'reset', 'error', 'local'] as const;
const HIGH = 0x1_0000_0000;
const decoder = new TextDecoder();

/** A socket. */
export class QuicEndpoint {
  readonly port: number;
  readonly #addon: QuicAddon;
  readonly #socket: number;
  readonly #owner: QuicOwner;
  readonly #board = new Int32Array(new ArrayBuffer(LAYOUT.BOARD_WORDS * 4));
  readonly #input = new Uint8Array(new ArrayBuffer(LAYOUT.INPUT));
  readonly #box = new Int32Array(new ArrayBuffer(LAYOUT.BOX_WORDS * 4));
  readonly #output = new Uint8Array(new ArrayBuffer(LAYOUT.OUTPUT));
  /** Bytes of the output that commands in the box have. */
  #used = 0;
  readonly #live = new Map<number, Live>();
  #closed = false;

  private constructor(addon: QuicAddon, { address, port, dual, wildcard }: QuicPlace, settings: number, owner: QuicOwner) {
    this.#addon = addon;
    this.#owner = owner;
    const flags = (settings === 0 ? CLIENT : 0) | (dual ? DUAL : 0) | (wildcard ? ASKED : 0);
    const handle = (count: number): void => this.#handle(count);
    this.#socket = addon.open(address, port, flags, settings, this.#board, this.#input, this.#box, this.#output, handle);
    this.port = this.#socket > 0 ? addon.port(this.#socket) : 0;
  }

  /** Opens a server's socket with these settings, or says -errno. */
  static listen(addon: QuicAddon, place: QuicPlace, settings: number, owner: QuicOwner): QuicEndpoint | number {
    const made = new QuicEndpoint(addon, place, settings, owner);
    return made.#socket > 0 ? made : made.#socket;
  }
  /** Opens a client's socket, bound to this address of ours, or says -errno. It keeps no process going. */
  static client(addon: QuicAddon, address: string): QuicEndpoint | number {
    const owner: QuicOwner = { ...SILENT, speaker: () => REFUSES };
    const made = new QuicEndpoint(addon, { address, port: 0, dual: false, wildcard: false }, 0, owner);
    return made.#socket > 0 ? made : made.#socket;
  }

  /** New connections are served with these settings; with 0 they are refused. */
  serve(settings: number): void {
    if (!this.#closed) this.#addon.serve(this.#socket, settings);
  }
  /** Begins a connection. Throws Error where the address is none, or the name cannot stand in a certificate. */
  connect(settings: number, address: string, port: number, name: string, speaker: (connection: QuicConnection) => QuicSpeaker):
    QuicConnection {
    const number = this.#addon.connect(this.#socket, settings, address, port, name);
    const live = new Live(this, number);
    this.#live.set(number, live);
    live.speaker = speaker(live);
    return live;
  }
  get connections(): Iterable<QuicConnection> {
    return this.#live.values();
  }
  get counts(): QuicCounts {
    const of = (what: number): number => this.#board[what]!;
    return {
      open: of(COUNT.OPEN), shaking: of(COUNT.SHAKING), retries: of(COUNT.RETRIES), panics: of(COUNT.PANICS), astray: of(COUNT.ASTRAY),
      lost: of(COUNT.LOST), refused: of(COUNT.REFUSED),
    };
  }
  /** Closes all connections without an error, and the socket. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#addon.flush(this.#socket);
    this.#addon.close(this.#socket);
    for (const live of this.#live.values()) live.end({ by: 'local', code: 0, application: true, reason: '' });
    this.#live.clear();
  }

  // --- events

  #handle(count: number): void {
    if (this.#closed) return;
    this.#owner.begin();
    for (let i = 0, at = LAYOUT.EVENTS; i < count; i++, at += LAYOUT.EVENT_WORDS) this.#event(this.#board, at);
    this.#owner.end();
  }
  #event(board: Int32Array, at: number): void {
    const kind = board[at]!, place = board[at + 4]!, length = board[at + 5]!, flags = board[at + 6]!;
    if (kind >= EVENT.FAILED) return this.#other(kind, place, length, flags, board[at + 7]! >>> 0);
    const number = board[at + 1]!;
    const live = kind === EVENT.BEGUN ? this.#begin(number, (flags & EARLY) !== 0) : this.#live.get(number);
    if (live === undefined) return;
    const stream = (board[at + 2]! >>> 0) + board[at + 3]! * HIGH;
    const code = board[at + 7]! >>> 0;
    switch (kind) {
      case EVENT.DATA: return live.speaker.data(stream, this.#input, place, length, (flags & FIN) !== 0, (flags & EARLY) !== 0);
      case EVENT.OPENED:
        live.handshaking = false;
        return live.speaker.opened((flags & REJECTED) !== 0);
      case EVENT.RESET: return live.speaker.resetBy(stream, code);
      case EVENT.STOPPED: return live.speaker.stoppedBy(stream, code);
      case EVENT.SENT: return live.speaker.sent(stream);
      case EVENT.ROOM: return live.speaker.room();
      case EVENT.CLOSED:
        this.#live.delete(number);
        live.end(this.#end(place, length, flags, code));
    }
  }
  #begin(number: number, early: boolean): Live {
    const live = new Live(this, number);
    live.handshaking = early;
    this.#live.set(number, live);
    live.speaker = this.#owner.speaker(live);
    return live;
  }
  #end(place: number, length: number, flags: number, code: number): QuicEnd {
    return { by: ENDS[flags >> 8] ?? 'error', code, application: (flags & APPLICATION) !== 0, reason: this.#text(place, length) };
  }
  #other(kind: number, place: number, length: number, flags: number, code: number): void {
    if (kind === EVENT.FAILED) this.#owner.failed(this.#end(place, length, flags, code));
    else if (kind === EVENT.SECRETS) this.#owner.secrets(this.#input.slice(place, place + length));
    else if (kind === EVENT.PANIC) this.#owner.panicked(this.#text(place, length));
    else if (kind === EVENT.PROXY) this.#owner.unproxied(PROXY_REFUSALS[flags]!, code, this.#text(place, length));
  }
  #text(place: number, length: number): string {
    return length === 0 ? '' : decoder.decode(this.#input.subarray(place, place + length));
  }

  // --- commands, for connections alone

  /** What is known of the other side of a connection. */
  about(number: number): About | undefined {
    return this.#closed ? undefined : this.#addon.about(this.#socket, number);
  }
  /** A new stream of a connection. */
  stream(number: number, oneWay: boolean): number {
    return this.#closed ? -1 : this.#addon.stream(this.#socket, number, oneWay);
  }
  /** For tests: the next packet of this connection panics. */
  fault(connection: QuicConnection): void {
    this.#addon.fault(this.#socket, (connection as Live).number);
  }
  /** Puts bytes to send into the box. */
  send(number: number, stream: number, bytes: Uint8Array, at: number, length: number, flags: number): void {
    if (length > LAYOUT.OUTPUT) {
      this.send(number, stream, bytes, at, LAYOUT.OUTPUT, 0);
      return this.send(number, stream, bytes, at + LAYOUT.OUTPUT, length - LAYOUT.OUTPUT, flags);
    }
    const entry = this.#entry(length);
    const output = this.#output, to = this.#used, box = this.#box;
    if (length <= 128) for (let i = 0; i < length; i++) output[to + i] = bytes[at + i]!;
    else output.set(bytes.subarray(at, at + length), to);
    this.#used = to + length;
    box[entry] = COMMAND.SEND | flags;
    box[entry + 1] = number;
    box[entry + 2] = stream | 0;
    box[entry + 3] = (stream / HIGH) | 0;
    box[entry + 4] = to;
    box[entry + 5] = length;
  }
  /** Puts RESET or STOP into the box. */
  order(kind: number, number: number, stream: number, code: number): void {
    const entry = this.#entry(0);
    this.#box.set([kind, number, stream | 0, (stream / HIGH) | 0, code, 0], entry);
  }
  /** Puts CLOSE into the box. */
  end(number: number, code: number, reason: string): void {
    const bytes = Buffer.from(reason).subarray(0, 256);
    const entry = this.#entry(bytes.length);
    this.#output.set(bytes, this.#used);
    this.#box.set([COMMAND.CLOSE, number, this.#used, bytes.length, code, 0], entry);
    this.#used += bytes.length;
  }
  /** A place in the box, with room for so many bytes. */
  #entry(bytes: number): number {
    const box = this.#box;
    if (box[0] === 0) this.#used = 0;
    if (box[0] === LAYOUT.MOST_COMMANDS || this.#used + bytes > LAYOUT.OUTPUT) {
      if (!this.#closed) this.#addon.flush(this.#socket);
      box[0] = 0;
      this.#used = 0;
    }
    return LAYOUT.COMMANDS + LAYOUT.COMMAND_WORDS * box[0]!++;
  }
}

/** A connection of a socket. */
class Live implements QuicConnection {
  speaker: QuicSpeaker = REFUSES;
  handshaking = true;
  ended = false;
  readonly number: number;
  readonly #endpoint: QuicEndpoint;
  #peer: About | undefined;

  constructor(endpoint: QuicEndpoint, number: number) {
    this.#endpoint = endpoint;
    this.number = number;
  }
  get peer(): About | undefined {
    return (this.#peer ??= this.#endpoint.about(this.number));
  }
  send(stream: number, bytes: Uint8Array, at: number, length: number, fin: boolean, told = false): void {
    if (!this.ended) this.#endpoint.send(this.number, stream, bytes, at, length, (fin ? LAST : 0) | (told ? TELL : 0));
  }
  open(oneWay: boolean): number {
    return this.ended ? -1 : this.#endpoint.stream(this.number, oneWay);
  }
  reset(stream: number, code: number): void {
    if (!this.ended) this.#endpoint.order(COMMAND.RESET, this.number, stream, code);
  }
  stop(stream: number, code: number): void {
    if (!this.ended) this.#endpoint.order(COMMAND.STOP, this.number, stream, code);
  }
  close(code: number, reason: string): void {
    if (!this.ended) this.#endpoint.end(this.number, code, reason);
  }
  /** It is over. */
  end(end: QuicEnd): void {
    if (this.ended) return;
    this.ended = true;
    this.speaker.closed(end);
  }
}

const nothing = (): void => {};
/** A speaker that says nothing. */
const REFUSES: QuicSpeaker = {
  data: nothing, resetBy: nothing, stoppedBy: nothing, sent: nothing, room: nothing, opened: nothing, closed: nothing,
};
const SILENT = { begin: nothing, end: nothing, failed: nothing, secrets: nothing, panicked: nothing, unproxied: nothing };
