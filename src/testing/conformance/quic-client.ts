// A client of DNS over QUIC that a transport is tested with: each packet on a stream of its own, with the id 0 that it must have there.
// Knows the addon; knows nothing of servers.
import { createSocket } from 'node:dgram';
import { loadQuic } from '../../quic/addon.ts';
import type { QuicAddon, QuicAsking } from '../../quic/addon.ts';
import type { QuicConnection, QuicEnd, QuicSpeaker } from '../../quic/connection.ts';
import { QuicEndpoint } from '../../quic/endpoint.ts';
import { framed } from './transport-clients.ts';
import type { Client } from './transport-clients.ts';
import { Replies } from './transport-replies.ts';

/** The addon, or why tests of QUIC are skipped. */
export const quicAddon: QuicAddon | string = loadQuic();
/** For `test(name, needsQuic, ...)`: skips by name where the addon is not there. */
export const needsQuic = { skip: typeof quicAddon === 'string' ? `QUIC: ${quicAddon}: npm run native` : false } as const;

/** Settings of a client that takes any certificate. */
export const ASKING: QuicAsking = {
  alpn: ['doq'], insecure: true, early: false, sessions: 'tests', streams: 8, connections: 0, handshakes: 0, handshake: 5000, write: 5000,
  idle: 30_000, unsent: 1 << 20, overload: 0,
};

/** What a client may do beside asking. */
export interface QuicClient extends Client {
  readonly connection: QuicConnection;
  readonly endpoint: QuicEndpoint;
  /** Bytes as they are on a stream of their own: its number. */
  raw(bytes: Uint8Array, fin?: boolean): number;
  readonly messages: readonly Uint8Array[];
  /** What has happened beside replies: `reset 0 1`, `stopped 0 3`, `closed peer 2`, `opened`, `rejected`. */
  readonly heard: string[];
  until(condition: () => boolean, what: string | (() => string)): Promise<void>;
}

class Speaker implements QuicSpeaker {
  readonly replies: Replies;
  readonly heard: string[] = [];
  readonly ids = new Map<number, number>();
  readonly #parts = new Map<number, Uint8Array[]>();
  readonly #waiting: (() => boolean)[] = [];

  constructor(replies: Replies) {
    this.replies = replies;
  }
  data(stream: number, bytes: Uint8Array, at: number, length: number, fin: boolean): void {
    const parts = this.#parts.get(stream) ?? [];
    parts.push(bytes.slice(at, at + length));
    this.#parts.set(stream, parts);
    if (!fin) return;
    let whole = Buffer.concat(parts);
    while (whole.length >= 2) {
      const end = 2 + whole.readUInt16BE(0);
      const message = Buffer.from(whole.subarray(2, end));
      const id = this.ids.get(stream);
      if (id !== undefined) message.writeUInt16BE(id, 0);
      this.replies.add(message);
      whole = whole.subarray(end);
    }
  }
  #say(text: string): void {
    this.heard.push(text);
    this.replies.wake();
  }
  resetBy(stream: number, code: number): void {
    this.#say(`reset ${stream} ${code}`);
  }
  stoppedBy(stream: number, code: number): void {
    this.#say(`stopped ${stream} ${code}`);
  }
  sent(): void {}
  room(): void {
    for (const send of this.#waiting.splice(0)) if (!send()) this.#waiting.push(send);
  }
  /** Sends now, or when a stream is allowed. */
  send(now: () => boolean): void {
    if (!now()) this.#waiting.push(now);
  }
  opened(rejected: boolean): void {
    this.#say(rejected ? 'opened' : 'opened early');
  }
  closed({ by, code }: QuicEnd): void {
    this.#say(`closed ${by} ${code}`);
  }
}

/** Each client that names no store of sessions has one of its own. */
let strangers = 0;

/** Sessions and tokens are taken up again by who has the same settings, not equal ones. */
const made = new Map<string, number>();
/** The number of these settings: the same for who says the same. */
export function settingsOf(addon: QuicAddon, asking: QuicAsking): number {
  const key = JSON.stringify(asking);
  const known = made.get(key) ?? addon.asking(asking);
  made.set(key, known);
  return known;
}

/** Begins a connection, from this address of ours; does not wait for its handshake. */
export function beginQuic(
  address: string, port: number, options: Partial<QuicAsking> = {}, name = 'a.test', from = address.includes(':') ? '::1' : '127.0.0.1',
): QuicClient {
  if (typeof quicAddon === 'string') throw new Error(quicAddon);
  const endpoint = QuicEndpoint.client(quicAddon, from);
  if (typeof endpoint === 'number') throw new Error(`errno ${-endpoint}`);
  const settings = settingsOf(quicAddon, { ...ASKING, sessions: `tests ${++strangers}`, ...options });
  const speaker = new Speaker(new Replies());
  const connection = endpoint.connect(settings, address, port, name, () => speaker);
  const raw = (bytes: Uint8Array, fin = true): number => {
    const stream = connection.open(false);
    if (stream >= 0) connection.send(stream, bytes, 0, bytes.length, fin);
    return stream;
  };
  const { replies } = speaker;
  // The loop of a test goes on for as long as its client is there.
  const alive = setInterval(() => {}, 1000);
  return {
    connection, endpoint, raw, got: replies.got, messages: replies.messages, heard: speaker.heard,
    send: (packet) => speaker.send(() => {
      const sent = Buffer.from(packet);
      if (sent.length >= 2) sent.writeUInt16BE(0, 0);
      const stream = raw(framed(sent));
      if (stream >= 0 && packet.length >= 2) speaker.ids.set(stream, (packet[0]! << 8) | packet[1]!);
      return stream >= 0;
    }),
    until: (condition, what) => replies.until(condition, what),
    replies: async (count) => {
      await replies.until(() => replies.got.length >= count, () => `${count} replies; heard ${speaker.heard.join(', ')}`);
      return replies.got;
    },
    close: () => {
      clearInterval(alive);
      endpoint.close();
    },
  };
}

/** Connects, to whatever certificate. */
export async function quicClient(
  address: string, port: number, options: Partial<QuicAsking> = {}, name?: string, from?: string,
): Promise<QuicClient> {
  const client = beginQuic(address, port, options, name, from);
  await client.until(() => client.heard.length > 0, 'the handshake');
  if (!client.heard[0]!.startsWith('opened')) {
    client.close();
    throw new Error(client.heard[0]);
  }
  return client;
}

/** The first datagrams of so many clients, each of which will never go on. */
export async function initials(count: number): Promise<Buffer[]> {
  const sink = createSocket('udp4');
  const came: Buffer[] = [];
  sink.on('message', (bytes) => came.push(Buffer.from(bytes)));
  await new Promise<void>((resolve) => sink.bind(0, '127.0.0.1', resolve));
  const clients = Array.from({ length: count }, () => beginQuic('127.0.0.1', sink.address().port));
  // A hello with ML-KEM takes two datagrams.
  while (came.length < 2 * count) await new Promise((resolve) => setImmediate(resolve));
  for (const client of clients) client.close();
  sink.close();
  return came.slice(0, 2 * count);
}
