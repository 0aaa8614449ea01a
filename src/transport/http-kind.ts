// What the schemes over HTTP have in common: how a connection is taken, and how many one address may have. Knows connections; what requests
// look like is the scheme's.
import type { Socket } from 'node:net';
import type { Exchange } from '../http/exchange.ts';
import type { HttpLimits } from '../kernel/query/http-setting.ts';
import type { Message } from '../kernel/query/message.ts';
import type { Service } from '../kernel/query/transport.ts';
import type { SecureChannel } from '../secure/server.ts';
import type { Ends } from './ends.ts';
import type { HeldBy } from './held.ts';
import type { HttpAsked, HttpChannel, HttpKind } from './http-channel.ts';
import { HttpHeld } from './http-held.ts';
import { Places } from './places.ts';
import type { StreamKind } from './stream-listener.ts';

/** One scheme. */
export abstract class HttpScheme implements StreamKind, HttpKind {
  abstract readonly scheme: 'grpc' | 'https';
  abstract readonly name: 'grpc' | 'https';
  abstract readonly protocols: readonly string[];
  abstract readonly body: number;
  readonly #places = new Places();

  accept(socket: Socket, secure: SecureChannel | undefined, service: Service, by: HeldBy, ends: Ends): HttpHeld {
    const connection = new HttpHeld(socket, this, service, by, secure, ends);
    this.#places.take(by, connection, this.limits(service).connections);
    socket.on('close', () => this.#places.leave(by, connection));
    return connection;
  }
  abstract limits(service: Service): HttpLimits;
  abstract request(exchange: Exchange, connection: HttpChannel): void;
  abstract reply(asked: HttpAsked, message: Message | undefined): void;
}
