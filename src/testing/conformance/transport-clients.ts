// Clients that a transport is tested with: a UDP socket and a TCP connection that collect replies. Know Node's sockets; know nothing of
// servers.
import { createSocket } from 'node:dgram';
import type { Socket as Dgram } from 'node:dgram';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { Replies } from './transport-replies.ts';
import type { Got } from './transport-service.ts';

/** Asks and collects what comes back. */
export interface Client {
  readonly got: Got[];
  send(packet: Uint8Array): void;
  /** The replies once there are `count` of them. */
  replies(count: number): Promise<Got[]>;
  close(): void;
}

/** A UDP socket connected to a server: what comes from any other address is not heard. */
export async function udpClient(address: string, port: number): Promise<Client> {
  const socket: Dgram = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  const replies = new Replies();
  socket.on('message', (bytes) => replies.add(bytes));
  socket.on('error', () => {});
  await new Promise<void>((resolve) => socket.connect(port, address, resolve));
  return {
    got: replies.got,
    send: (packet) => socket.send(packet, () => {}),
    replies: async (count) => {
      await replies.until(() => replies.got.length >= count, `${count} replies`);
      return replies.got;
    },
    close: () => socket.close(),
  };
}

/** A TCP connection. */
export interface TcpClient extends Client {
  readonly socket: Socket;
  /** Bytes as they are, without a length. */
  raw(bytes: Uint8Array): void;
  /** Resolves when the server has closed its side, or the connection broke. */
  ended(): Promise<void>;
}

/** The message behind its length. */
export function framed(packet: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from([packet.length >> 8, packet.length & 255]), packet]);
}

/** Connects by TCP; stays half open when the server closes. */
export async function tcpClient(address: string, port: number): Promise<TcpClient> {
  const socket = connect({ host: address, port, allowHalfOpen: true });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return streamClient(socket);
}
/** Connects by TLS, to whatever certificate. */
export async function tlsClient(address: string, port: number, options: ConnectionOptions = {}): Promise<TcpClient> {
  // Node's types do not know that half-open connections are to be had here too.
  const how = { host: address, port, rejectUnauthorized: false, allowHalfOpen: true, ALPNProtocols: ['dot'], ...options };
  const socket = connectSecurely(how as ConnectionOptions);
  await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  return streamClient(socket);
}
function streamClient(socket: Socket): TcpClient {
  const replies = new Replies();
  let ended = false;
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (rest.length >= at + 2 && rest.length >= at + 2 + rest.readUInt16BE(at)) {
      replies.add(rest.subarray(at + 2, at + 2 + rest.readUInt16BE(at)));
      at += 2 + rest.readUInt16BE(at);
    }
    rest = rest.subarray(at);
  });
  const end = (): void => {
    ended = true;
    replies.wake();
  };
  socket.on('end', end).on('close', end).on('error', end);
  return {
    socket,
    got: replies.got,
    send: (packet) => socket.write(framed(packet)),
    raw: (bytes) => socket.write(bytes),
    replies: async (count) => {
      await replies.until(() => replies.got.length >= count, `${count} replies`);
      return replies.got;
    },
    ended: () => replies.until(() => ended, 'the end'),
    close: () => socket.destroy(),
  };
}

/** Turns of the event loop in which a condition is looked at at once; then it waits for another process, which needs the processor. */
const AT_ONCE = 500;
/** Resolves when the condition holds: it is looked at in every turn of the event loop, later every millisecond. Rejects after a minute. */
export async function eventually(condition: () => boolean, what: string): Promise<void> {
  const until = performance.now() + 60_000;
  for (let turns = 0; !condition(); turns++) {
    if (performance.now() > until) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => (turns < AT_ONCE ? setImmediate(resolve) : setTimeout(resolve, 1)));
  }
}
