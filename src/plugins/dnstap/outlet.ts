// Where the messages of a process go: rings of threads are emptied into one connection that is kept open (TAP-4), or into whoever comes to
// read (TAP-5). Knows sockets and rings; knows nothing of messages. Main's.
import { existsSync, readFileSync, unlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { dirname } from 'node:path';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/seen/log.ts';
import type { Ring } from '../../store/ring.ts';
import { bindReason, reasonOf } from '../../wording/errno.ts';
import type { TapPlace, TapLine } from './config.ts';
import { FrameStream } from './frame-stream.ts';

/** Milliseconds between looks at the rings, of a try to connect, between tries, and between words about what was lost. */
const LOOK = 100, DIAL = 4000, AGAIN = 10_000, SAY = 10_000;

/** What an outlet needs of the process. */
export interface Surroundings {
  readonly clock: Clock;
  readonly log: Log;
}
/** The rings of one load, those of all threads. */
interface Source {
  /** Those that were made until now. */
  readonly all: readonly Ring[];
}

/** One place that messages go to or are fetched from. */
export class Outlet {
  readonly #line: TapLine;
  readonly #surroundings: Surroundings;
  readonly #sources = new Set<Source>();
  readonly #streams = new Map<Socket, FrameStream>();
  #server: Server | undefined;
  #lost = 0;
  #isToldAway = false;
  #isClosed = false;
  #cancels: (() => void)[] = [];

  constructor(line: TapLine, surroundings: Surroundings) {
    this.#line = line;
    this.#surroundings = surroundings;
    if (line.listens) void this.#listen();
    else this.#dial();
    this.#again(LOOK, () => this.empty());
    this.#again(SAY, () => this.#say());
  }
  #again(milliseconds: number, call: () => void): void {
    const step = (): void => {
      if (this.#isClosed) return;
      call();
      this.#cancels.push(this.#surroundings.clock.after(milliseconds, step));
      if (this.#cancels.length > 64) this.#cancels = this.#cancels.slice(-8);
    };
    this.#cancels.push(this.#surroundings.clock.after(milliseconds, step));
  }

  /** From now on messages of these rings are taken. */
  add(source: Source): void {
    this.#sources.add(source);
  }
  /** They are not any more, once what is in them has been taken. */
  remove(source: Source): void {
    this.empty();
    this.#sources.delete(source);
  }
  /** Takes what is in the rings, as far as somebody takes it. A place that is sent to may be away for a while: then it waits there. */
  empty(): void {
    for (const source of this.#sources) {
      for (const ring of source.all) {
        this.#lost += ring.takeLost();
        for (let frames = ring.look(); frames.length > 0; frames = ring.look()) {
          if (!this.#send(frames)) break;
          ring.take(frames.length);
        }
      }
    }
  }
  /** False where they are to stay. Who comes to read and is too slow is left. */
  #send(frames: Uint8Array): boolean {
    const { listens } = this.#line;
    let isTaken = listens;
    for (const [socket, stream] of this.#streams) {
      if (stream.takes) {
        stream.send(frames);
        isTaken = true;
      } else if (listens && stream.isOpen) socket.destroy();
    }
    return isTaken;
  }
  #say(): void {
    if (this.#lost > 0) this.#surroundings.log.warning(`Dropped dnstap messages: ${this.#lost}`);
    this.#lost = 0;
  }

  /** Connects, and again when that did not do or has ended. */
  #dial(): void {
    if (this.#isClosed) return;
    const { clock, log } = this.#surroundings;
    const { place, skipVerify } = this.#line;
    const failed = (why: string): void => {
      if (!this.#isToldAway) log.error(`No connection to dnstap endpoint: dial ${why}`);
      this.#isToldAway = true;
      this.#cancels.push(clock.after(AGAIN, () => this.#dial()));
    };
    const wrong = wrongPlace(place);
    if (wrong !== undefined) return failed(wrong);
    const dialed = textOf(place);
    let error: unknown;
    let isConnected = false;
    const socket = dialOf(place, skipVerify);
    const giveUp = clock.after(DIAL, () => socket.destroy(new Error('i/o timeout')));
    socket.on('error', (said) => (error = said));
    socket.once('path' in place || !place.secure ? 'connect' : 'secureConnect', () => {
      isConnected = true;
      this.#serve(socket, () => {
        giveUp();
        this.#isToldAway = false;
      });
    });
    socket.on('close', () => {
      giveUp();
      const opened = this.#streams.get(socket)?.isOpen === true;
      this.#streams.delete(socket);
      if (this.#isClosed) return;
      // What had been open is opened again at once.
      if (opened) this.#dial();
      else failed(`${dialed}: ${isConnected ? '' : 'connect: '}${reasonOf(error ?? new Error('EOF'))}`);
    });
  }
  #serve(socket: Socket, opened: () => void): void {
    socket.unref();
    this.#streams.set(socket, new FrameStream(socket, this.#line.mostWaiting, opened));
  }

  async #listen(): Promise<void> {
    const { place, files, skipVerify } = this.#line;
    const { log } = this.#surroundings;
    if ('secure' in place && place.secure && files === undefined) return log.warning('TLS listener requires cert and key files');
    const taken = (socket: Socket): void => {
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.#streams.delete(socket));
      // What was told before is not for this one.
      this.#serve(socket, () => this.empty());
    };
    try {
      this.#server = files === undefined ? createServer(taken) : createTlsServer({
        cert: readFileSync(files.cert), key: readFileSync(files.key),
        ...(files.ca !== undefined && { ca: readFileSync(files.ca), requestCert: true, rejectUnauthorized: !skipVerify }),
      }, taken);
      this.#server.unref();
      await open(this.#server, place);
      if (this.#isClosed) this.#server.close();
    } catch (error) {
      // Node says of a path without its folder that it may not be used.
      const isFolderless = 'path' in place && !existsSync(dirname(place.path));
      const why = isFolderless ? bindReason({ code: 'ENOENT' }) : bindReason(error);
      log.error(`Failed to start dnstap listener: listen ${wrongPlace(place) ?? `${textOf(place)}: ${why}`}`);
    }
  }

  /** What is there is sent, then all ends. */
  close(): void {
    this.empty();
    this.#say();
    this.#isClosed = true;
    for (const cancel of this.#cancels) cancel();
    for (const stream of this.#streams.values()) stream.end();
    this.#server?.close();
  }
}

const textOf = (place: TapPlace): string =>
  ('path' in place ? `unix ${place.path}` : `tcp ${place.host.includes(':') ? `[${place.host}]` : place.host}:${place.port}`);
/** What is no address, in Go's words. */
function wrongPlace(place: TapPlace): string | undefined {
  if ('path' in place) return place.path === '' ? 'unix: missing address' : undefined;
  if (place.port === '') return `tcp: address ${place.host}: missing port in address`;
  return Number(place.port) > 65535 ? `tcp: address ${place.port}: invalid port` : undefined;
}
function dialOf(place: TapPlace, skipVerify: boolean): Socket {
  if ('path' in place) return connect(place.path);
  const { host, port, secure } = place;
  const to = { host: host === '' ? 'localhost' : host, port: Number(port) };
  const name = /^[\d.]+$|:/.test(to.host) ? {} : { servername: to.host };
  return secure ? connectTls({ ...to, ...name, rejectUnauthorized: !skipVerify }) : connect(to);
}
/** Listens; a Unix socket that nobody listens at any more is taken over. */
async function open(server: Server, place: TapPlace): Promise<void> {
  const listen = () => new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    const listening = () => {
      server.removeListener('error', reject);
      server.on('error', () => {});
      resolve();
    };
    if ('path' in place) server.listen(place.path, listening);
    else server.listen({ port: Number(place.port), ...(place.host !== '' && { host: place.host }) }, listening);
  });
  try {
    await listen();
  } catch (error) {
    if (!('path' in place) || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || await isHeard(place.path)) throw error;
    unlinkSync(place.path);
    await listen();
  }
}
const isHeard = (path: string): Promise<boolean> => new Promise((resolve) => {
  const socket = connect(path, () => {
    socket.destroy();
    resolve(true);
  });
  socket.on('error', () => resolve(false));
});
