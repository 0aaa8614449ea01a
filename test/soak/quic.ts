// Clients over QUIC and HTTP/3 that come and go by the thousand, more than a third of which never end what they begin, beside a crowd that
// stays. In the end nobody is left, and who comes then is answered. Knows a process, its page of metrics, its files and its memory as the
// system tells.
import { createSocket } from 'node:dgram';
import { readFileSync, readdirSync } from 'node:fs';
import { get } from 'node:http';
import path from 'node:path';
import { http3Client } from '../../src/testing/conformance/http3-client.ts';
import { beginQuic, initials, quicClient } from '../../src/testing/conformance/quic-client.ts';
import { framed } from '../../src/testing/conformance/transport-clients.ts';
import { question } from '../../src/testing/conformance/transport-service.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { Spawned } from '../../src/testing/spawned.ts';
import { root } from '../gates/checkout.ts';

/** Connections that are under way at a time, those that stay, and handshakes that are begun and never answered, over and over. */
const WINDOW = 50, MOST_STAYING = 2000, RECORDED = 100;
/** How often one who is not answered asks again: a machine that is busy may take longer than one try lasts. */
const TRIES = 5;
/** Milliseconds for the server to let go. */
const PATIENCE = 60_000;
const CERTS = path.join(root, 'test/conformance/certs');
const ASKED = question(1, 'a.test');

/** What came of a run: what is to be 0 is `unanswered`, `left`, `files` and `panics`. */
export interface QuicFound {
  readonly connections: number;
  readonly abandoned: number;
  readonly answers: number;
  readonly unanswered: number;
  readonly left: number;
  readonly files: number;
  readonly panics: number;
  readonly grown: number;
}

/** The server as the system, and its own page, see it. */
class Watched {
  readonly server: Spawned;
  readonly port: number;
  readonly #page: number;
  constructor(port: number, page: number) {
    this.port = port;
    this.#page = page;
    const files = `${path.join(CERTS, 'cert.pem')} ${path.join(CERTS, 'key.pem')}`;
    const block = (scheme: string): string => `${scheme}.:${port} {\nbind 127.0.0.1\ntls ${files}\nconnections {\nper_client 1000000\n}\n`
      + `timeouts {\nread 10s\nidle 10s\n}\n${scheme.slice(0, -3)} {\nmax_connections 0\n}\nwhoami\nprometheus 127.0.0.1:${page}\n}\n`;
    this.server = new Spawned(block('quic://') + block('https3://'));
  }
  get files(): number {
    return readdirSync(`/proc/${this.server.child.pid}/fd`).length;
  }
  /** Megabytes that are its alone. */
  get memory(): number {
    return Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${this.server.child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  }
  /** The page, over a connection that ends: a file of the server's. */
  #metrics(): Promise<string> {
    return new Promise((resolve, reject) => {
      get({ host: '127.0.0.1', port: this.#page, path: '/metrics', agent: false }, (reply) => {
        let text = '';
        reply.setEncoding('utf8').on('data', (part: string) => (text += part)).on('end', () => resolve(text)).on('error', reject);
      }).on('error', reject);
    });
  }
  /** The sum of what its page says under this name. */
  async shown(name: string, label = ''): Promise<number> {
    const text = await this.#metrics();
    const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) && line.includes(label));
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }
}

/** Comes and goes: says whether it was answered; undefined where it never meant to be. */
async function visit({ port }: Watched, i: number, unended: readonly Buffer[]): Promise<boolean | undefined> {
  const way = i % 8;
  if (way === 0) return begins(port, unended, i);
  // Half of those who come were here before, some of them in 0-RTT.
  const options = { handshake: 20_000, sessions: way % 2 === 0 ? 'soak' : `soak ${i % 500}`, early: way === 4 };
  if (way === 1) {
    // Gone before the handshake is over.
    beginQuic('127.0.0.1', port, options).close();
    return undefined;
  }
  for (let tries = 0; tries < TRIES; tries++) {
    const answered = await ask(port, way, options);
    if (answered !== false) return answered;
  }
  return false;
}
/** One who means to ask so many questions: whether all were answered; undefined where it left in the middle of one. */
async function ask(port: number, way: number, options: Parameters<typeof quicClient>[2]): Promise<boolean | undefined> {
  const client = await (way === 2 ? http3Client : quicClient)('127.0.0.1', port, options).catch(() => undefined);
  if (client === undefined) return false;
  try {
    if (way === 3 && 'raw' in client) {
      client.raw(framed(ASKED).subarray(0, 9), false);
      await new Promise((resolve) => setImmediate(resolve));
      return undefined;
    }
    for (let asked = 1; asked <= way; asked++) client.send(ASKED);
    const isOver = (): boolean => client.got.length >= way || client.heard.some((what) => what.startsWith('closed'));
    return await client.until(isOver, 'answers').then(() => client.got.length >= way, () => false);
  } finally {
    client.close();
  }
}
/** The first datagrams of a handshake, and nothing more. */
async function begins(port: number, unended: readonly Buffer[], i: number): Promise<undefined> {
  const socket = createSocket('udp4');
  const at = 2 * (i % RECORDED);
  await Promise.all(unended.slice(at, at + 2).map((bytes) => new Promise((resolve) => socket.send(bytes, port, '127.0.0.1', resolve))));
  socket.close();
}

/** Visits of this many clients, some at a time. */
async function churn(watched: Watched, count: number, unended: readonly Buffer[], counts: Record<string, number>): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: Math.min(WINDOW, Math.ceil(count / 25)) }, async () => {
    while (next < count) {
      const answered = await visit(watched, next++, unended);
      const what = answered === undefined ? 'abandoned' : answered ? 'answers' : 'unanswered';
      counts[what] = (counts[what] ?? 0) + 1;
    }
  }));
}

/** So many connections come and go. */
export async function soak(amount: number): Promise<QuicFound> {
  const watched = new Watched(await freePort(), await freePort());
  const crowd: { close(): void }[] = [];
  try {
    await watched.server.says(/^CoreDNS-/m);
    const unended = await initials(RECORDED);
    const counts = { abandoned: 0, answers: 0, unanswered: 0 };
    const { files } = watched;
    await churn(watched, Math.ceil(amount / 2), unended, counts);
    const before = watched.memory;
    for (let i = 0; i < Math.min(MOST_STAYING, amount / 10); i++) {
      crowd.push(await quicClient('127.0.0.1', watched.port, { sessions: 'soak' }));
    }
    await churn(watched, Math.floor(amount / 2), unended, counts);
    for (const each of crowd.splice(0)) each.close();
    let left = 1;
    for (const until = performance.now() + PATIENCE; (left > 0 || watched.files > files) && performance.now() < until;) {
      left = await watched.shown('coredns_quic_connections');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const last = await quicClient('127.0.0.1', watched.port);
    crowd.push(last);
    last.send(ASKED);
    if (!await last.replies(1).then(() => true, () => false)) counts.unanswered++;
    return {
      connections: amount, ...counts, left, files: Math.max(0, watched.files - files),
      panics: await watched.shown('coredns_quic_events_total', 'panic'), grown: Math.round(watched.memory - before),
    };
  } finally {
    for (const each of crowd) each.close();
    await watched.server.kill();
  }
}
