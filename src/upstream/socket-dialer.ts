// Connections over TCP, TLS or a Unix socket that carry HTTP. Knows node:net; certificates are the client's that it is handed.
import net from 'node:net';
import type { Socket } from 'node:net';
import type { ClientSide } from '../http/client-side.ts';
import { reasonOf } from '../wording/errno.ts';
import type { Dialed, Dialer, Dialing } from './dialer.ts';
import type { StreamPeer } from './network-error.ts';
import { resumed } from './secure-dial.ts';
import type { DialSecurely } from './secure-dial.ts';

/** Who speaks on a socket, by what TLS agreed on; undefined in the clear. */
export type SideOf = (socket: Socket, alpn: string | undefined) => ClientSide;

/** Begins them. */
export class SocketDialer implements Dialer {
  readonly network = 'tcp';
  readonly #to: StreamPeer;
  readonly #secure: DialSecurely | undefined;
  readonly #sideOf: SideOf;

  constructor(to: StreamPeer, secure: DialSecurely | undefined, sideOf: SideOf) {
    this.#to = to;
    this.#secure = secure;
    this.#sideOf = sideOf;
  }
  dial(dialing: Dialing): Dialed {
    return new OnSocket(this.#to, this.#secure, this.#sideOf, dialing);
  }
  close(): void {}
}

class OnSocket implements Dialed {
  readonly #socket: Socket;
  readonly #secure: DialSecurely | undefined;
  readonly #dialing: Dialing;
  #side: ClientSide | undefined;

  constructor(to: StreamPeer, secure: DialSecurely | undefined, sideOf: SideOf, dialing: Dialing) {
    this.#secure = secure;
    this.#dialing = dialing;
    const source = to.source === undefined ? {} : { localAddress: to.source };
    const how = to.path === undefined ? { host: to.address, port: to.port, noDelay: true, ...source } : { path: to.path };
    const socket = secure === undefined ? net.connect(how) : secure.connect(how);
    this.#socket = socket;
    socket.on(secure === undefined ? 'connect' : 'secureConnect', () => {
      const { alpnProtocol } = socket as { alpnProtocol?: string | false | null };
      this.#side = sideOf(socket, secure === undefined ? undefined : alpnProtocol || 'http/1.1');
      dialing.stands(this.#side, secure === undefined ? undefined : resumed(socket));
    });
    socket.on('data', (chunk: Buffer) => {
      if (!dialing.hears()) return;
      this.#side?.receive(chunk);
      dialing.heard();
    });
    socket.on('drain', () => this.#side?.drained());
    socket.on('error', (error: NodeJS.ErrnoException) => this.#ended(error));
    socket.on('end', () => this.#ended(undefined));
    socket.on('close', () => this.#ended(undefined));
  }
  #ended(error: NodeJS.ErrnoException | undefined): void {
    this.#socket.destroy();
    const told = error === undefined ? undefined : this.#secure?.told(error);
    const text = error === undefined ? 'EOF' : told ?? `read: ${reasonOf(error)}`;
    this.#dialing.ended({ code: error?.code ?? 'EOF', told, text });
  }
  end(): void {
    this.#socket.end();
    this.#socket.destroySoon();
  }
}
