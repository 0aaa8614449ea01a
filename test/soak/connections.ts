// Clients over TCP and TLS that come and go by the thousand, a third of which never end what they begin; then many that only stay, and some
// that send an octet now and then. In the end the server has what it had before. Knows a process, its files and its memory as the system
// tells.
import { readFileSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import path from 'node:path';
import { connect as connectSecurely } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { freePort } from '../../src/testing/free-port.ts';
import { Spawned } from '../../src/testing/spawned.ts';
import { root } from '../gates/checkout.ts';

/** Connections that are under way at a time, those that stay at most, and questions that are measured. */
const WINDOW = 100, MOST_STAYING = 5000, MEASURED = 500;
/** Milliseconds: for the server to let go, between octets of who is slow. */
const PATIENCE = 60_000, OCTET = 500;
/** A question for A of a.test behind its length. */
const QUESTION = Buffer.from('\0\x18\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x01a\x04test\0\0\x01\0\x01', 'latin1');
const CERTS = path.join(root, 'test/conformance/certs');

/** What came of a run: connections, those that were abandoned, answers, files that stayed open, growth of memory in MB, and p99. */
export interface Found {
  readonly connections: number;
  readonly abandoned: number;
  readonly answers: number;
  readonly unanswered: number;
  readonly files: number;
  readonly grown: number;
  readonly staying: number;
  readonly p99: number;
}

/** Addresses of this machine, a network each, so that nobody is a crowd. */
const addressOf = (i: number): string => `127.${1 + (i % 100)}.${Math.trunc(i / 100) % 200}.2`;

/** The server as the system sees it. */
class Watched {
  readonly server: Spawned;
  readonly port: number;
  readonly plain: number;
  constructor(port: number, plain: number) {
    this.port = port;
    this.plain = plain;
    const files = `${path.join(CERTS, 'cert.pem')} ${path.join(CERTS, 'key.pem')}`;
    this.server = new Spawned(`.:${plain} {\nbind 127.0.0.1\nwhoami\n}\ntls://.:${port} {\nbind 127.0.0.1\ntls ${files}\n`
      + 'timeouts {\nidle 10m\n}\nwhoami\n}\n');
  }
  get files(): number {
    return readdirSync(`/proc/${this.server.child.pid}/fd`).length;
  }
  /** Megabytes that are its alone. */
  get memory(): number {
    return Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${this.server.child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  }
  raw(i: number, port = this.port): Socket {
    return connect({ host: '127.0.0.1', port, localAddress: addressOf(i) }).on('error', () => {});
  }
  secure(i: number): TLSSocket {
    return connectSecurely({ socket: this.raw(i), rejectUnauthorized: false }).on('error', () => {});
  }
  /** Comes and goes: says whether it was answered; undefined where it never meant to ask. */
  async visit(i: number): Promise<boolean | undefined> {
    const way = i % 9;
    if (way === 0 || way === 3) return abandon(this.raw(i), way === 0 ? '' : '\x16\x03\x01\x02\0\x01\0');
    const isPlain = way % 3 === 1;
    const socket = isPlain ? this.raw(i, this.plain) : this.secure(i);
    if (way === 6) return abandon(socket, undefined);
    return new Promise((resolve) => {
      socket.on('close', () => resolve(false));
      socket.on('data', () => {
        resolve(true);
        socket.destroy();
      });
      socket.on(isPlain ? 'connect' : 'secureConnect', () => socket.write(QUESTION));
    });
  }
}
/** Goes in the middle, having said this; undefined: as soon as the connection stands. */
function abandon(socket: Socket, said: string | undefined): Promise<undefined> {
  return new Promise((resolve) => {
    socket.on('close', () => resolve(undefined));
    const go = (): void => {
      if (said !== undefined && said !== '') socket.write(said, 'latin1');
      setImmediate(() => socket.destroy());
    };
    socket.on(said === undefined ? 'secureConnect' : 'connect', go);
  });
}
const eventually = async (there: () => boolean): Promise<boolean> => {
  for (const until = performance.now() + PATIENCE; performance.now() < until;) {
    if (there()) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
};

/** Visits of this many clients, some at a time. */
async function churn(watched: Watched, from: number, to: number, counts: { abandoned: number; answers: number; unanswered: number }) {
  let next = from;
  await Promise.all(Array.from({ length: WINDOW }, async () => {
    while (next < to) {
      const answered = await watched.visit(next++);
      counts[answered === undefined ? 'abandoned' : answered ? 'answers' : 'unanswered']++;
    }
  }));
}
/** How long a question over a kept connection takes while so many others stay and some are slow. */
async function stay(watched: Watched, staying: number): Promise<number> {
  const sockets: Socket[] = [];
  let slow: NodeJS.Timeout | undefined;
  try {
    for (let i = 0; i < staying; i += WINDOW) {
      await Promise.all(Array.from({ length: Math.min(WINDOW, staying - i) }, (_, j) => new Promise<void>((resolve) => {
        const socket = watched.secure(i + j);
        sockets.push(socket);
        socket.on('close', () => resolve()).on('data', () => resolve()).on('secureConnect', () => socket.write(QUESTION));
      })));
    }
    const loris = sockets.slice(0, Math.ceil(staying / 10));
    let octet = 0;
    slow = setInterval(() => {
      for (const socket of loris) socket.write(QUESTION.subarray(octet % 20, (octet % 20) + 1));
      octet++;
    }, OCTET);
    const times: number[] = [];
    const asker = watched.secure(7);
    sockets.push(asker);
    await new Promise((resolve) => asker.on('secureConnect', resolve));
    for (let i = 0; i < MEASURED; i++) {
      const began = performance.now();
      const answered = new Promise((resolve) => asker.once('data', resolve));
      asker.write(QUESTION);
      await answered;
      times.push(performance.now() - began);
    }
    return times.toSorted((a, b) => a - b)[Math.ceil(MEASURED * 0.99) - 1]!;
  } finally {
    clearInterval(slow);
    for (const socket of sockets) socket.destroy();
  }
}

/** So many connections come and go. */
export async function soak(amount: number): Promise<Found> {
  const watched = new Watched(await freePort(), await freePort());
  try {
    await watched.server.says(/^CoreDNS-/m);
    const counts = { abandoned: 0, answers: 0, unanswered: 0 };
    const files = watched.files;
    await churn(watched, 0, Math.ceil(amount / 2), counts);
    const before = watched.memory;
    await churn(watched, Math.ceil(amount / 2), amount, counts);
    const grown = Math.round(watched.memory - before);
    const staying = Math.min(MOST_STAYING, Math.ceil(amount / 5));
    const p99 = await stay(watched, staying);
    await eventually(() => watched.files <= files);
    const more = Math.max(0, watched.files - files);
    if (await watched.visit(2) !== true) counts.unanswered++;
    return { connections: amount, ...counts, files: more, grown, staying, p99: Math.round(p99 * 10) / 10 };
  } finally {
    await watched.server.kill();
  }
}
