// Connected UDP sockets through the addon, for asking upstreams. Knows the addon's tables; knows nothing of DNS.
import type { Asked, DatagramPeer, DatagramSocket, Datagrams, Receive } from '../upstream/datagrams.ts';
import {
  BOARD_WORDS, BOX_ENTRIES, BOX_WORDS, CONNECT, COUNT, ENTRY, LENGTHS, OFFSETS, READY, STEP, TURN, WAITING,
} from './addon.ts';
import type { Addon } from './addon.ts';
import { oneShotsOf } from './one-shots.ts';
import { errorCode, socketError } from './socket-error.ts';

/** Bytes of a position: the largest datagram; an odd multiple of 64. Only what is written to takes memory. */
const ROOM = 65536, STRIDE = ROOM + 64;
/** Replies that are received at once: not as many as a batch may have, since each may be a large one. */
const PLACES = 32;
/** Bytes that the questions of one turn may take. */
const OUT = 262144;
const STEPS = ['socket', 'socket', 'bind', 'connect'];

/** What the connected sockets of a thread share: where they receive, and where questions wait for the end of the turn. */
class Exchange {
  readonly addon: Addon;
  readonly table = new Int32Array(new ArrayBuffer(BOARD_WORDS * 4));
  readonly input = new Uint8Array(PLACES * STRIDE);
  readonly inputWords = new Int32Array(this.input.buffer);
  readonly bytes = new Uint8Array(OUT);
  readonly words = new Int32Array(this.bytes.buffer);
  readonly board: number;
  #top = 0;
  #turn = 0;

  constructor(addon: Addon) {
    this.addon = addon;
    for (let i = 0; i < PLACES; i++) this.table[OFFSETS + i] = i * STRIDE;
    this.table[READY] = PLACES;
    this.board = addon.board(this.table, this.input, ROOM, -1);
  }

  /** Puts a datagram of so many bytes into the outbox; the offset at which it is to be written. */
  place(box: Int32Array, length: number): number {
    const { table } = this;
    const room = (length + 19) & ~3;
    if (table[TURN] !== this.#turn) this.#restart();
    if (this.#top + room > OUT || box[COUNT] === BOX_ENTRIES) {
      this.addon.flush(0);
      this.#restart();
    }
    const at = this.#top;
    this.#top += room;
    const count = box[COUNT]!;
    const entry = ENTRY + 3 * count;
    box[entry + 1] = at;
    box[entry + 2] = length;
    box[COUNT] = count + 1;
    table[WAITING] = 1;
    return at;
  }
  #restart(): void {
    this.#turn = this.table[TURN]!;
    this.#top = 0;
  }
}

class ConnectedSocket implements DatagramSocket {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly localPort: number;
  readonly #exchange: Exchange;
  readonly #box = new Int32Array(new ArrayBuffer(BOX_WORDS * 4));
  readonly #socket: number;
  #closed = false;

  constructor(exchange: Exchange, to: DatagramPeer, receive: Receive, error: (code: string) => void, begin: (() => void) | undefined) {
    this.#exchange = exchange;
    this.bytes = exchange.bytes;
    this.words = exchange.words;
    const { addon, table, input, inputWords } = exchange;
    const handle = (count: number): void => {
      begin?.();
      if (count < 0) error(errorCode(count));
      for (let i = 0; i < count && !this.#closed; i++) receive(input, inputWords, i * STRIDE, table[LENGTHS + i]!);
    };
    this.#socket = addon.open(exchange.board, this.#box, this.bytes, to.address, to.port, CONNECT, to.source ?? '', handle);
    if (this.#socket < 0) throw socketError(STEPS[this.#box[STEP]!]!, this.#socket, to.address, to.port);
    this.localPort = addon.port(this.#socket);
  }

  write(length: number): number {
    if (this.#closed) return this.#exchange.place(new Int32Array(BOX_WORDS), length);
    return this.#exchange.place(this.#box, length);
  }
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#exchange.addon.close(this.#socket);
  }
}

/** Connected sockets in batches. One for each thread. */
export class BatchDatagrams implements Datagrams {
  readonly #addon: Addon;
  #exchange: Exchange | undefined = undefined;

  constructor(addon: Addon) {
    this.#addon = addon;
  }

  open(to: DatagramPeer, receive: Receive, error: (code: string) => void, begin?: () => void): DatagramSocket {
    this.#exchange ??= new Exchange(this.#addon);
    return new ConnectedSocket(this.#exchange, to, receive, error, begin);
  }
  ask(to: DatagramPeer, datagram: Uint8Array, asked: Asked): number {
    return to.source === undefined ? oneShotsOf(this.#addon).ask(to, datagram, asked) : -1;
  }
  end(socket: number): void {
    oneShotsOf(this.#addon).end(socket);
  }
}
