// DNS in streams (TR-1). Knows what the connections of a thread share; how they come is stream-listener.ts's,
// what happens on one stream.ts's.
import type { Scheme } from '../dns/port.ts';
import type { Service, Transport, TransportName } from '../kernel/query/transport.ts';
import type { SecureChannel } from '../secure/server.ts';
import { FrameBuffer } from '../dns/frames.ts';
import { Seats } from './seats.ts';
import { StreamConnection } from './stream.ts';
import { streamTransport } from './stream-listener.ts';
import type { Ends } from './ends.ts';
import type { OpenSession } from './dso-session.ts';
import type { HeldBy } from './held.ts';
import type { StreamKind, StreamOptions } from './stream-listener.ts';
import type { Socket } from 'node:net';

/** What may be set. */
export type TcpOptions = StreamOptions;

/** Connections of such a kind. */
export class Framed implements StreamKind {
  readonly scheme: Scheme;
  readonly protocols: readonly string[] = ['dot'];
  readonly #name: TransportName;
  /** Replies on their way into a socket: every connection of the thread uses the same memory, one after the other. */
  #out: FrameBuffer | undefined;
  readonly #openSession: OpenSession | undefined;

  constructor(scheme: Scheme, name: TransportName, openSession?: OpenSession) {
    this.scheme = scheme;
    this.#name = name;
    this.#openSession = openSession;
  }
  accept(socket: Socket, secure: SecureChannel | undefined, service: Service, by: HeldBy, ends: Ends): StreamConnection {
    const out = (this.#out ??= new FrameBuffer());
    return new StreamConnection(socket, service, {
      by, name: this.#name, out, seats: Seats.of(service.arena), secure, ends,
      openSession: secure === undefined ? undefined : this.#openSession,
    });
  }
}

/** TCP for this thread. */
export const tcp = (options: TcpOptions = {}): Transport => streamTransport(new Framed('dns', 'tcp'), options);
