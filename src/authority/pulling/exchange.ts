// One question to a primary over a connection of its own, plain or over TLS, and all messages that come back. Knows frames and time; knows
// nothing of what the messages say.
import { connect } from 'node:net';
import { Frames } from '../../dns/frames.ts';
import { joinHostPort } from '../../dns/host-port.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { End } from '../../kernel/signal.ts';
import { dialError, readError } from '../../upstream/network-error.ts';
import type { DatagramPeer } from '../../upstream/datagrams.ts';
import type { DialSecurely } from '../../upstream/secure-dial.ts';

/** Milliseconds for a connection, without an octet, and in all. */
const CONNECT = 5000, SILENT = 30_000, LONGEST = 3_600_000;
/** Octets that have to come in each of so many milliseconds. */
const LEAST = 100_000, PERIOD = 10_000;

/** What an exchange needs. */
export interface ExchangeParts {
  readonly clock: Clock;
  readonly signal: End & { removeEventListener(type: 'abort', listener: () => void): void };
}

/** Whom to ask, and how a connection is begun where it is over TLS. */
export type ExchangePeer = DatagramPeer & { readonly secure?: DialSecurely };

/**
 * Sends the packet, and hands on message after message until `take` says that it was the last one. Rejects with an Error in Go's words
 * where the network fails or nothing comes for too long, and with what `take` throws. The octets are used again after the call.
 */
export function exchange(
  to: ExchangePeer, packet: Uint8Array, take: (bytes: Uint8Array) => boolean, { clock, signal }: ExchangeParts,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new Error('the server ends'));
    if (!(to.port >= 0 && to.port < 65536)) return reject(new Error(`dial tcp: address ${to.port}: invalid port`));
    const { secure } = to;
    const where = { host: to.address, port: to.port };
    const socket = secure === undefined ? connect(where) : secure.connect(where);
    const frames = new Frames();
    const began = clock.monotonic();
    let heard = began;
    let octets = 0;
    let period = began;
    let before = 0;
    let cancel = (): void => {};
    let isConnected = false;
    const end = (settle: () => void): void => {
      cancel();
      signal.removeEventListener('abort', stop);
      socket.destroy();
      settle();
    };
    const fail = (error: Error): void => end(() => reject(error));
    const failed = (code: string): void => fail(isConnected ? readError('tcp', `${socket.localAddress}:${socket.localPort}`, to, code)
      : dialError('tcp', to, code));
    const untrusted = (why: string): void => fail(new Error(`dial tcp ${joinHostPort(to.address, to.port)}: ${why}`));
    const stop = (): void => fail(new Error('the server ends'));
    const look = (): void => {
      const now = clock.monotonic();
      if (now - period >= PERIOD) {
        if (isConnected && octets > 0 && octets - before < LEAST) return fail(new Error('it comes too slowly'));
        period = now;
        before = octets;
      }
      if (now - heard >= (isConnected ? SILENT : CONNECT)) return failed('timeout');
      if (now - began >= LONGEST) return fail(new Error('it took longer than an hour'));
      cancel = clock.after(1000, look);
    };
    cancel = clock.after(1000, look);
    signal.addEventListener('abort', stop, { once: true });
    socket.on(secure === undefined ? 'connect' : 'secureConnect', () => {
      // Who does not choose it may be anything but a server of DNS (RFC 9103 section 7.1).
      if (secure !== undefined && (socket as { alpnProtocol?: unknown }).alpnProtocol !== 'dot') {
        return untrusted('tls: the other side does not choose the protocol dot');
      }
      isConnected = true;
      heard = period = clock.monotonic();
      const framed = new Uint8Array(packet.length + 2);
      framed[0] = packet.length >> 8;
      framed[1] = packet.length;
      framed.set(packet, 2);
      socket.write(framed);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const told = secure?.told(error);
      if (told === undefined) failed(error.code ?? error.message);
      else untrusted(told);
    });
    socket.on('end', () => fail(new Error('EOF')));
    socket.on('close', () => fail(new Error('EOF')));
    socket.on('data', (chunk: Uint8Array) => {
      heard = clock.monotonic();
      octets += chunk.length;
      frames.push(chunk);
      try {
        while (frames.next()) if (take(frames.bytes.subarray(frames.at, frames.at + frames.length))) return end(resolve);
      } catch (error) {
        fail(error as Error);
      }
    });
  });
}
