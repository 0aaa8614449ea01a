// Posts to one place over HTTP, on a connection that is kept: one after the other. Knows sockets and statuses; knows nothing of what is
// posted. Main's.
import { connect, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { Http1Client } from '../../http/h1-client.ts';
import type { Clock } from '../../kernel/clock.ts';
import { SecureClient } from '../../secure/client.ts';
import { transportSecurity } from '../../secure/node.ts';
import { reasonOf } from '../../wording/errno.ts';

/** Milliseconds that a post has. */
const PATIENCE = 5000;

/** What became of a post: taken; not now; or never, since it is refused for what it is. */
export type Posted = 'taken' | { readonly why: string; readonly forGood: boolean };

interface Line {
  readonly socket: Socket;
  readonly client: Http1Client;
  /** Posts that were answered on it. */
  answered: number;
}

/** Where things are posted to. */
export class Poster {
  readonly #to: URL;
  readonly #clock: Clock;
  readonly #secure: SecureClient | undefined;
  #line: Line | undefined;

  constructor(to: URL, clock: Clock) {
    this.#to = to;
    this.#clock = clock;
    const name = isIP(hostOf(to)) === 0 ? hostOf(to) : undefined;
    this.#secure = to.protocol !== 'https:' ? undefined
      : new SecureClient(transportSecurity(), { pem: {}, serverName: name, protocols: ['http/1.1'] });
  }

  /** Posts once, and once more where a kept connection turns out to have ended. Never rejects. */
  async post(body: Uint8Array): Promise<Posted> {
    const kept = this.#line;
    if (kept?.client.free === true) {
      const posted = await this.#on(kept, body);
      if (posted !== 'lost') return posted;
    }
    const posted = await this.#on(this.#dial(), body);
    return posted === 'lost' ? { why: this.#why, forGood: false } : posted;
  }
  #why = 'EOF';
  #dial(): Line {
    const to = this.#to;
    const place = { host: hostOf(to), port: Number(to.port === '' ? (to.protocol === 'https:' ? 443 : 80) : to.port) };
    const socket = this.#secure === undefined ? connect(place) : this.#secure.connect(place);
    const client = new Http1Client(socket, {
      method: 'POST', scheme: 'http', authority: to.host, target: `${to.pathname}${to.search}`,
      fields: [['content-type', 'application/json'], ['b3', '0']],
    });
    this.#why = 'EOF';
    socket.unref();
    socket.on('error', (error) => {
      this.#why = this.#secure?.told(error) ?? `dial tcp ${place.host}:${place.port}: ${reasonOf(error)}`;
    });
    socket.on('data', (chunk: Buffer) => client.receive(chunk));
    socket.on('end', () => client.closed('EOF'));
    socket.on('close', () => client.closed('EOF'));
    this.#line = { socket, client, answered: 0 };
    return this.#line;
  }
  #on(line: Line, body: Uint8Array): Promise<Posted | 'lost'> {
    return new Promise((resolve) => {
      const giveUp = this.#clock.after(PATIENCE, () => {
        this.#why = 'i/o timeout';
        line.answered = 0;
        line.socket.destroy();
      });
      const waiting = {
        replied: ({ status }: { readonly status: number }): void => {
          giveUp();
          line.answered++;
          const why = `HTTP status ${status}`;
          const mayDoLater = status >= 500 || status === 429 || status === 408;
          resolve(status >= 200 && status < 300 ? 'taken' : { why, forGood: !mayDoLater });
        },
        unanswered: (_: unknown, text: string): void => {
          giveUp();
          if (this.#why === 'EOF' && text !== 'EOF') this.#why = text;
          resolve(line.answered > 0 ? 'lost' : { why: this.#why, forGood: false });
        },
      };
      line.client.send(waiting, body, 0, body.length);
    });
  }
  /** The connection ends. */
  close(): void {
    this.#line?.socket.destroy();
  }
}

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1');
