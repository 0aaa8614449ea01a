// The server as a child process and clients that count what it answers, for tests of its life: signals, reloads, threads. Knows a
// process and DNS packets of one question; knows no scenario.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import type { Socket as UdpSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { latin1Bytes } from '../dns/latin1.ts';

/** The entry of the process, from the sources. */
export const MAIN = fileURLToPath(new URL('../cli/main.ts', import.meta.url));
/** Milliseconds for which a test waits for something to be said. */
const PATIENCE = 90_000;
/** For which nothing comes before what is missing is lost: a busy machine lets a server wait for seconds. */
const SILENCE = 20_000;
/** After which a question is asked again. */
const AGAIN = 500;
const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** What a process is started with. */
export interface SpawnedOptions {
  /** The program and its first arguments; Node and the sources where nothing is given. */
  readonly command?: readonly string[];
  readonly environment?: { readonly [name: string]: string };
  readonly stdin?: string;
  /** That of another one, which has ended; its own where nothing is given. */
  readonly folder?: string;
  /** `-conf Corefile` where nothing is given. */
  readonly args?: readonly string[];
}

/** A running server in a folder of its own. */
export class Spawned {
  readonly folder: string;
  readonly child: ChildProcess;
  readonly ended: Promise<number | string | null>;
  stdout = '';
  stderr = '';

  constructor(corefile: string | undefined, options: SpawnedOptions = {}) {
    const { command = [process.execPath, MAIN], environment = {}, stdin, args = ['-conf', 'Corefile'] } = options;
    this.folder = options.folder ?? mkdtempSync(join(tmpdir(), 'coredns-ts-'));
    if (corefile !== undefined) this.write(corefile);
    const [program, ...first] = command;
    const child = spawn(program!, [...first, ...args], { cwd: this.folder, env: { ...process.env, ...environment } });
    child.stdout.on('data', (text) => {
      this.stdout += text;
    });
    child.stderr.on('data', (text) => {
      this.stderr += text;
    });
    child.stdin.on('error', () => {});
    child.stdin.end(stdin);
    this.ended = new Promise((resolve) => child.on('close', (status, signal) => resolve(status ?? signal)));
    this.child = child;
  }

  write(corefile: string): void {
    writeFileSync(join(this.folder, 'Corefile'), corefile);
  }
  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }
  /** Resolves when the log says this; rejects when the process ends before, or says nothing for long. */
  async says(pattern: RegExp, from = 0): Promise<void> {
    await this.until(() => pattern.test(this.stdout.slice(from)), String(pattern));
  }
  async until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
    for (const limit = performance.now() + PATIENCE; !(await condition()); await pause(5)) {
      const over = performance.now() > limit || this.child.exitCode !== null || this.child.signalCode !== null;
      if (over) throw new Error(`waited for ${what}; it wrote ${this.stdout}${this.stderr}`);
    }
  }
  /** Ends it whatever it does; its folder stays. */
  async crash(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
  /** The same, and its folder goes. */
  async kill(): Promise<void> {
    await this.crash();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A question for the address of a name, with this id. */
function question(id: number, name = 'a.test'): Uint8Array {
  const labels = name.split('.').map((label) => String.fromCharCode(label.length) + label).join('');
  return latin1Bytes(`${String.fromCharCode(id >> 8, id & 255)}\x01\0\0\x01\0\0\0\0\0\0${labels}\0\0\x01\0\x01`);
}

/** Asks again and again over many UDP sockets and one TCP connection, and counts. */
export class Stream {
  asked = 0;
  answered = 0;
  readonly #udp: readonly UdpSocket[];
  readonly #tcp: Socket | undefined;
  readonly #timer: NodeJS.Timeout;
  #ended = false;

  /** `heard` is told each reply that comes over UDP. */
  constructor(port: number, { sockets = 16, tcp = true, name = 'a.test' } = {}, heard?: (reply: Buffer) => void) {
    this.#udp = Array.from({ length: sockets }, () => createSocket('udp4'));
    for (const socket of this.#udp) {
      socket.on('message', (reply) => {
        this.answered++;
        heard?.(reply);
      });
      socket.on('error', () => {});
    }
    this.#tcp = tcp ? this.#connect(port) : undefined;
    this.#timer = setInterval(() => {
      const packet = question(this.asked & 0xffff, name);
      for (const socket of this.#udp) socket.send(packet, port, '127.0.0.1');
      this.#tcp?.write(Buffer.concat([Buffer.from([0, packet.length]), packet]));
      this.asked += sockets + (tcp ? 1 : 0);
    }, 4);
  }
  #connect(port: number): Socket {
    const socket = connect(port, '127.0.0.1');
    let rest = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      for (; rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(); rest = rest.subarray(2 + rest.readUInt16BE())) this.answered++;
    });
    return socket;
  }
  /** Asks no more; resolves when everything is answered, or nothing has come for long. */
  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#timer);
    for (let last = -1, since = performance.now(); this.answered < this.asked && performance.now() - since < SILENCE; await pause(20)) {
      if (last !== this.answered) since = performance.now();
      last = this.answered;
    }
    for (const socket of this.#udp) socket.close();
    this.#tcp?.destroy();
  }
}

/** Whether the server answers a question over UDP within `milliseconds`, in which it is asked again and again. */
export function answers(port: number, milliseconds = PATIENCE): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const end = (answered: boolean) => {
      clearTimeout(timer);
      clearInterval(again);
      socket.close();
      resolve(answered);
    };
    const ask = () => socket.send(question(1), port, '127.0.0.1');
    const timer = setTimeout(() => end(false), milliseconds);
    const again = setInterval(ask, AGAIN);
    socket.on('message', () => end(true));
    socket.on('error', () => end(false));
    ask();
  });
}
