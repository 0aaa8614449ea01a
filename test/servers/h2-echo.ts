// An HTTP/2 server of ours in the clear that gives every body back, for programs of others to ask. Knows src/http alone.
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { HttpConnection, prepareHttp2 } from '../../src/http/connection.ts';
import { Heading } from '../../src/http/exchange.ts';
import type { Exchange, HttpBounds } from '../../src/http/exchange.ts';

const BOUNDS: HttpBounds = { head: 8192, body: 65536, streams: 250, read: 5000, write: 5000, idle: 5000 };
const OK = new Heading(200, [['Content-Type', 'application/octet-stream']]);
const HELLO = Buffer.from('hello');

/** Listens on a free port of 127.0.0.1; `alpn` is what each connection is taken to have agreed on. */
export async function echoing(alpn: string | undefined): Promise<{ readonly port: number; close(): void }> {
  await prepareHttp2();
  const connections = new Set<HttpConnection>();
  const service = {
    request(exchange: Exchange): void {
      const body = exchange.body.length > 0 ? exchange.body : HELLO;
      exchange.reply(OK, body, 0, body.length);
    },
  };
  const owner = { now: () => performance.now(), wall: () => Date.now() };
  const server: Server = createServer({ noDelay: true }, (socket) => {
    const connection = new HttpConnection(socket, alpn, service, BOUNDS, owner);
    connections.add(connection);
    socket.on('close', () => connections.delete(connection));
  });
  const timer = setInterval(() => {
    for (const connection of connections) connection.check(performance.now());
  }, 100);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      clearInterval(timer);
      server.close();
      for (const connection of connections) connection.destroy();
    },
  };
}
