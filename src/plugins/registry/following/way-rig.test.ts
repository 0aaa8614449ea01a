// A way to a registry that a test cuts and mends. Knows HTTP by Node's own; knows nothing of what is asked.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/** A way to a registry that the test cuts: whoever connects is counted, and what they sent is kept. */
export async function way(t: TestContext, to: () => number) {
  const sockets = new Set<{ destroy(): unknown }>();
  const asked: http.IncomingHttpHeaders[] = [];
  let told = '', isCut = false;
  const server = http.createServer((request, response) => {
    if (isCut) return void response.destroy();
    asked.push(request.headers);
    const headers = { ...request.headers, host: '127.0.0.1' };
    const on = http.request({ host: '127.0.0.1', port: to(), path: request.url, headers }, (reply) => {
      response.writeHead(reply.statusCode!, reply.headers);
      reply.on('data', (piece: Buffer) => {
        told += piece.toString();
        response.write(piece);
      }).on('end', () => response.end()).on('error', () => response.destroy());
    });
    response.on('close', () => on.destroy());
    on.on('error', () => response.destroy()).end();
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const cut = (): void => {
    isCut = true;
    for (const each of sockets) each.destroy();
  };
  t.after(() => {
    cut();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, cut,
    mend: () => {
      isCut = false;
    },
    /** What was told since this was last called. */
    told: () => {
      const text = told;
      told = '';
      return text;
    },
  };
}
