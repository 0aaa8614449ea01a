// Upstreams over QUIC of a `forward` line: the addon, and what it has to know of certificates. Knows TLS's settings; what is asked and
// answered is upstream's.
import { transportSecurity } from '../../secure/node.ts';
import { Http3Client } from '../../http/h3-client.ts';
import { EXCESSIVE_LOAD } from '../../http/h3-frames.ts';
import { BUILD, loadQuic } from '../../quic/addon.ts';
import type { QuicAddon, QuicAsking } from '../../quic/addon.ts';
import type { QuicConnection } from '../../quic/connection.ts';
import { DoqClient } from '../../upstream/doq-client.ts';
import { HttpWay } from '../../upstream/http-way.ts';
import { QuicDialer } from '../../upstream/quic-dialer.ts';
import type { UpstreamParts } from '../../upstream/udp-pool.ts';
import type { Way } from '../../upstream/way.ts';
import type { Options } from './properties.ts';

/** Streams that an upstream may open: a few of one direction for HTTP/3. */
const STREAMS = 8;
/** Milliseconds that a handshake may take, and beyond those of the pool that a connection may be silent. */
const HANDSHAKE = 5000, IDLE = 5000;
/** Bytes that may wait for an upstream. */
const UNSENT = 1 << 20;
const ALPN = { quic: 'doq', https3: 'h3' } as const;

/** Makes the ways of a line in one thread. */
export class QuicUpstreams {
  readonly #addon: QuicAddon;
  readonly #options: Options;

  private constructor(addon: QuicAddon, options: Options) {
    this.#addon = addon;
    this.#options = options;
  }
  /** Throws Error where QUIC cannot be spoken here, or the certificates are of no use. */
  static load(options: Options): QuicUpstreams {
    const addon = loadQuic();
    if (typeof addon === 'string') throw new Error(`QUIC is not here (${addon}): in a checkout \`${BUILD}\` builds it`);
    const made = new QuicUpstreams(addon, options);
    addon.forget(addon.asking(made.#asking('quic', '')));
    return made;
  }
  #asking(kind: 'quic' | 'https3', name: string): QuicAsking {
    const { tls: { cert, key, ca = transportSecurity().getCACertificates('default').join('\n') }, expire, earlyData } = this.#options;
    return {
      alpn: [ALPN[kind]], ca, ...(cert !== undefined && { cert }), ...(key !== undefined && { key }), early: earlyData,
      sessions: `forward ${kind} ${name}`, streams: STREAMS, connections: 0, handshakes: 0, handshake: HANDSHAKE, write: HANDSHAKE,
      idle: expire + IDLE, unsent: UNSENT, overload: kind === 'quic' ? 0 : EXCESSIVE_LOAD,
    };
  }
  /** The way to an upstream that has this name, or its address where it has none. */
  way(kind: 'quic' | 'https3', name: string | undefined, parts: UpstreamParts, wall: () => number): Way {
    const { dohMethod, dohPath } = this.#options;
    const { to } = parts;
    const dialing = { addon: this.#addon, settings: this.#asking(kind, name ?? to.address), name: name ?? to.address.replace(/%.*/, '') };
    return new HttpWay({
      ...parts, kind, method: dohMethod, path: dohPath, serverName: name, wall,
      dialer: (form) => new QuicDialer(dialing, to, (connection: QuicConnection) =>
        (kind === 'quic' ? new DoqClient(connection) : new Http3Client(connection, form))),
    });
  }
}
