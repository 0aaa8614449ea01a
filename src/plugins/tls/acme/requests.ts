// Requests to an ACME server: each on a connection of its own, since there are few and hours lie between them. Knows sockets and statuses;
// knows nothing of what is asked. Main's.
import { connect, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { Http1Client } from '../../../http/h1-client.ts';
import type { Replied } from '../../../http/client-side.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { VERSION } from '../../../kernel/version.ts';
import { SecureClient } from '../../../secure/client.ts';
import { transportSecurity } from '../../../secure/node.ts';
import { reasonOf } from '../../../wording/errno.ts';
import { quoted } from '../../../wording/quote.ts';

/** Milliseconds that a request has. */
const PATIENCE = 30_000;

/** A reply that is whole. */
export interface AcmeReply {
  readonly status: number;
  readonly text: string;
  /** A field of the head by its lower-case name. */
  readonly field: (name: string) => string | undefined;
}

/** Asks servers that one of these authorities vouches for; whom Node trusts where none are given. */
export class AcmeRequests {
  readonly #clock: Clock;
  readonly #ca: string | undefined;
  readonly #signal: AbortSignal;

  /** `ca` is PEM. When the signal aborts what is under way rejects. */
  constructor(clock: Clock, ca: string | undefined, signal: AbortSignal) {
    this.#clock = clock;
    this.#ca = ca;
    this.#signal = signal;
  }

  /** GET, or POST of a signed body. Rejects with Error where no reply came. */
  async ask(url: string, body?: string): Promise<AcmeReply> {
    const to = parsed(url);
    const secure = to.protocol === 'http:' ? undefined : this.#secure(to);
    const place = { host: hostOf(to), port: Number(to.port === '' ? (secure === undefined ? 80 : 443) : to.port) };
    if (this.#signal.aborted) throw new Error('the server ends');
    const socket = secure === undefined ? connect(place) : secure.connect(place);
    const stop = (): void => void socket.destroy(new Error('the server ends'));
    this.#signal.addEventListener('abort', stop, { once: true });
    const giveUp = this.#clock.after(PATIENCE, () => socket.destroy(new Error(`no reply for ${PATIENCE / 1000}s`)));
    try {
      return await exchange(socket, to, body, (error) =>
        secure?.told(error) ?? `dial tcp ${place.host}:${place.port}: ${reasonOf(error)}`);
    } catch (error) {
      throw new Error(`${url}: ${(error as Error).message}`, { cause: error });
    } finally {
      giveUp();
      this.#signal.removeEventListener('abort', stop);
      socket.destroy();
    }
  }
  #secure(to: URL): SecureClient {
    const host = hostOf(to);
    const pem = this.#ca === undefined ? {} : { ca: this.#ca };
    return new SecureClient(transportSecurity(), { pem, serverName: isIP(host) === 0 ? host : undefined, protocols: ['http/1.1'] });
  }
}

function exchange(socket: Socket, to: URL, body: string | undefined, told: (error: Error) => string): Promise<AcmeReply> {
  return new Promise((resolve, reject) => {
    let why: string | undefined;
    let connected = false;
    const client = new Http1Client(socket, {
      method: body === undefined ? 'GET' : 'POST', scheme: 'http', authority: to.host, target: `${to.pathname}${to.search}`,
      fields: [['User-Agent', `coredns-ts/${VERSION}`], ['Connection', 'close'],
        ...(body === undefined ? [] : [['Content-Type', 'application/jose+json'] as const])],
    });
    socket.unref();
    socket.on(socket.connecting && 'encrypted' in socket ? 'secureConnect' : 'connect', () => {
      connected = true;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      why ??= error.code === undefined ? error.message : connected ? reasonOf(error) : told(error);
    });
    socket.on('data', (chunk: Buffer) => client.receive(chunk));
    socket.on('end', () => client.closed('EOF'));
    socket.on('close', () => client.closed(why ?? 'EOF'));
    const bytes = Buffer.from(body ?? '');
    client.send({
      replied: (reply: Replied) => resolve({ status: reply.status, text: reply.body.toString(), field: (name) => reply.field(name) }),
      unanswered: (_, text) => reject(new Error(why ?? text)),
    }, bytes, 0, bytes.length);
  });
}

/** A URL of an ACME server: what it says may be anything. Throws Error. */
function parsed(url: string): URL {
  let to: URL | undefined;
  try {
    to = new URL(url);
  } catch {
    // It is said below.
  }
  if (to?.protocol !== 'https:' && to?.protocol !== 'http:') throw new Error(`${quoted(url.slice(0, 200))} is no URL that can be asked`);
  return to;
}
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1');
