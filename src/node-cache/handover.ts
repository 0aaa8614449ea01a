// How one process of a node cache takes the place of another: a socket at which the one that serves is asked to write down what it knows.
// The connection stays as long as both live, so that each knows of the other. Knows a few words; knows nothing of what is written.
import { randomUUID } from 'node:crypto';
import { chmodSync, renameSync, rmSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { Clock } from '../kernel/clock.ts';

/** Milliseconds for which the process before is waited for. */
const PATIENCE = 5000;
/** Octets of a line that is read. */
const LONGEST = 64;
/** What is said: the place is wanted; all is written; the place is taken. */
const WANTED = 'take', WRITTEN = 'written', TAKEN = 'here';

/** The process that served until now, as long as it lives. */
export interface Predecessor {
  /** This one serves, and is ready. */
  taken(): void;
  close(): void;
}
/** Asks whoever listens at a path to write down what it knows, and waits for it. Resolves with undefined where nobody is there. */
export function askForPlace(path: string, clock: Clock): Promise<Predecessor | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    let isTaken = false;
    const predecessor: Predecessor = {
      taken() {
        if (!isTaken) socket.write(`${TAKEN}\n`);
        isTaken = true;
      },
      close: () => void socket.destroy(),
    };
    const cancel = clock.after(PATIENCE, () => resolve(predecessor));
    const end = (found: Predecessor | undefined): void => {
      cancel();
      resolve(found);
    };
    socket.unref();
    socket.on('error', () => end(undefined)).on('close', () => end(undefined)).on('connect', () => socket.write(`${WANTED}\n`));
    eachLine(socket, (line) => {
      if (line === WRITTEN) end(predecessor);
    });
  });
}

/** What is done for whoever takes the place. */
export interface HandoverParts {
  /** Writes down what is known; where `failed` aborts, nobody took the place. */
  readonly write: (failed: AbortSignal) => Promise<void>;
  readonly log: (text: string) => void;
}
/** The socket at which the next process asks. */
export class HandoverSocket {
  readonly #path: string;
  readonly #parts: HandoverParts;
  readonly #connections = new Set<Socket>();
  #server: Server | undefined;
  /** By which the file is known to be this process's. */
  #inode = 0;
  #next: Socket | undefined;
  #isTaken = false;
  #isClosed = false;

  constructor(path: string, parts: HandoverParts) {
    this.#path = path;
    this.#parts = parts;
  }
  /** Whether another process lives that has taken the place, or is about to. */
  get hasNext(): boolean {
    return this.#next !== undefined;
  }
  /** Listens, in place of whoever did before. Rejects where the folder cannot be written. */
  async open(): Promise<void> {
    const aside = `${this.#path}.${randomUUID()}`;
    const server = createServer((socket) => this.#connected(socket));
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen({ path: aside }, resolve));
    server.unref();
    try {
      // Whoever may open it may have this process step back.
      chmodSync(aside, 0o600);
      renameSync(aside, this.#path);
      this.#inode = statSync(this.#path).ino;
    } catch (error) {
      server.close();
      throw error;
    }
    this.#server = server;
  }
  close(): void {
    this.#isClosed = true;
    this.#server?.close();
    for (const socket of this.#connections) socket.destroy();
    // Unless it is another's by now.
    if (this.#inode !== 0 && statSync(this.#path, { throwIfNoEntry: false })?.ino === this.#inode) rmSync(this.#path, { force: true });
  }

  #connected(socket: Socket): void {
    this.#connections.add(socket);
    socket.unref();
    const failed = new AbortController();
    socket.on('error', () => {}).on('close', () => {
      this.#connections.delete(socket);
      if (this.#next === socket && !this.#isClosed) this.#left(failed);
    });
    eachLine(socket, (line) => {
      if (line === WANTED && this.#next === undefined) {
        this.#next = socket;
        this.#parts.log('Another process takes the place of this one: what is known is written down');
        void this.#parts.write(failed.signal).then(() => socket.write(`${WRITTEN}\n`));
      } else if (line === TAKEN && this.#next === socket) this.#isTaken = true;
      else socket.destroy();
    });
  }
  /** The other one is gone, before it served or after. */
  #left(failed: AbortController): void {
    this.#next = undefined;
    this.#parts.log(`The process that ${this.#isTaken ? 'took' : 'was about to take'} the place of this one has ended: this one serves on`);
    this.#isTaken = false;
    failed.abort();
    // Its file stands where ours was.
    const old = this.#server;
    this.#inode = 0;
    void this.open().then(() => old?.close(), (error: Error) => this.#parts.log(error.message));
  }
}

/** Calls for each line; who sends one that is too long is cut off. */
function eachLine(socket: Socket, call: (line: string) => void): void {
  let rest = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) call(line);
    if (rest.length > LONGEST) socket.destroy();
  });
}
