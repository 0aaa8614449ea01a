// A client of DNS over HTTP/3 that a transport is tested with: each packet a POST, and any other request by hand. Knows the addon and our
// own client of HTTP/3; knows nothing of servers.
import type { Replied, Waiting } from '../../http/client-side.ts';
import { Http3Client } from '../../http/h3-client.ts';
import type { QuicAsking } from '../../quic/addon.ts';
import type { QuicConnection, QuicEnd, QuicSpeaker } from '../../quic/connection.ts';
import { QuicEndpoint } from '../../quic/endpoint.ts';
import { ASKING, quicAddon, settingsOf } from './quic-client.ts';
import type { Client } from './transport-clients.ts';
import { Replies } from './transport-replies.ts';

const FORM = {
  scheme: 'https', authority: 'a.test', target: '/dns-query',
  fields: [['accept', 'application/dns-message'], ['content-type', 'application/dns-message']],
} as const;
/** A reply. */
export interface Http3Reply {
  readonly status: number;
  readonly body: Buffer;
  field(name: string): string | undefined;
}
/** What a client may do beside asking. */
export interface Http3TestClient extends Client {
  readonly connection: QuicConnection;
  /** What has happened beside replies: `refused ...`, `closed peer 256`, `opened`, `rejected`. */
  readonly heard: string[];
  until(condition: () => boolean, what: string): Promise<void>;
  /** Any POST; undefined where there is no reply. */
  post(body: Uint8Array, target?: string): Promise<Http3Reply | undefined>;
}

class Speaker implements QuicSpeaker {
  readonly replies: Replies;
  readonly heard: string[] = [];
  readonly posts: Http3Client;
  /** Early data that was lost is sent again when all of it is known to be. */
  readonly again: (() => void)[] = [];

  constructor(connection: QuicConnection, replies: Replies) {
    this.replies = replies;
    this.posts = new Http3Client(connection, { method: 'POST', ...FORM });
  }
  say(text: string): void {
    this.heard.push(text);
    this.replies.wake();
  }
  data(stream: number, bytes: Uint8Array, at: number, length: number, fin: boolean, early: boolean): void {
    this.posts.came(stream, bytes, at, length, fin, early);
  }
  resetBy(stream: number, code: number): void {
    this.posts.resetBy(stream, code);
  }
  stoppedBy(stream: number, code: number): void {
    this.posts.stoppedBy(stream, code);
  }
  sent(): void {}
  room(): void {
    this.posts.room();
  }
  opened(rejected: boolean): void {
    if (rejected) this.posts.lost();
    this.posts.room();
    this.say(rejected ? 'opened' : 'opened early');
    for (const again of this.again.splice(0)) again();
  }
  closed({ by, code }: QuicEnd): void {
    this.posts.closed('the connection is gone');
    this.say(`closed ${by} ${code}`);
  }
}

/** Begins a connection; does not wait for its handshake. */
export function beginHttp3(address: string, port: number, options: Partial<QuicAsking> = {}, name = 'a.test'): Http3TestClient {
  if (typeof quicAddon === 'string') throw new Error(quicAddon);
  const endpoint = QuicEndpoint.client(quicAddon, address.includes(':') ? '::1' : '127.0.0.1');
  if (typeof endpoint === 'number') throw new Error(`errno ${-endpoint}`);
  const settings = settingsOf(quicAddon, { ...ASKING, alpn: ['h3'], ...options });
  const replies = new Replies();
  let speaker!: Speaker;
  const connection = endpoint.connect(settings, address, port, name, (live) => (speaker = new Speaker(live, replies)));
  const ask = (body: Uint8Array, target: string | undefined, told: (reply: Http3Reply | undefined) => void): void => {
    const who: Waiting = {
      replied: (reply: Replied) => told({ status: reply.status, body: Buffer.from(reply.body), field: (called) => reply.field(called) }),
      unanswered(why, text) {
        if (why === 'unasked' && connection.handshaking) speaker.again.push(() => ask(body, target, told));
        else {
          speaker.say(`${why} ${text}`);
          told(undefined);
        }
      },
    };
    if (connection.ended) return told(undefined);
    speaker.posts.send(who, body, 0, body.length, target);
  };
  const once = (body: Uint8Array, target?: string) => new Promise<Http3Reply | undefined>((resolve) => ask(body, target, resolve));
  // The loop of a test goes on for as long as its client is there.
  const alive = setInterval(() => {}, 1000);
  return {
    connection, got: replies.got, heard: speaker.heard,
    send: (packet) => ask(packet, undefined, (reply) => {
      if (reply?.status === 200) replies.add(reply.body);
      else if (reply !== undefined) speaker.say(`status ${reply.status}`);
    }),
    post: once,
    until: (condition, what) => replies.until(condition, what),
    replies: async (count) => {
      await replies.until(() => replies.got.length >= count, `${count} replies; heard ${speaker.heard.join(', ')}`);
      return replies.got;
    },
    close: () => {
      clearInterval(alive);
      endpoint.close();
    },
  };
}

/** Connects, to whatever certificate. */
export async function http3Client(address: string, port: number, options: Partial<QuicAsking> = {}): Promise<Http3TestClient> {
  const client = beginHttp3(address, port, options);
  await client.until(() => client.heard.length > 0, 'the handshake');
  if (client.heard[0]!.startsWith('opened')) return client;
  client.close();
  throw new Error(client.heard[0]);
}
