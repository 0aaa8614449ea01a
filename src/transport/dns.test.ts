// The dns:// transport: UDP and TCP answer on one port, are handed over together and closed together.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { tcpClient, udpClient } from '../testing/conformance/transport-clients.ts';
import { TestService, question } from '../testing/conformance/transport-service.ts';
import { dnsTransport } from './dns.ts';
import { tcp } from './tcp.ts';
import { udp } from './udp.ts';

test('one port answers over both, hands both over, and closes both', async () => {
  const transport = dnsTransport(udp({ warn: () => {} }), tcp());
  const service = new TestService();
  const listener = await transport.listen({ scheme: 'dns', address: '127.0.0.1', port: 0 }, service);
  const { port } = listener.at;
  for (const open of [udpClient, tcpClient]) {
    const client = await open('127.0.0.1', port);
    client.send(question(7, 'now.test'));
    assert.equal((await client.replies(1))[0]!.id, 7);
    client.close();
  }
  assert.equal(service.asked, 2);
  const other = new TestService(service.arena, 1);
  listener.handTo(other);
  for (const open of [udpClient, tcpClient]) {
    const client = await open('127.0.0.1', port);
    client.send(question(8, 'now.test'));
    await client.replies(1);
    client.close();
  }
  assert.equal(other.asked, 2);
  await listener.close(100);
  await assert.rejects(tcpClient('127.0.0.1', port), { code: 'ECONNREFUSED' });
  assert.equal(service.arena.left, service.arena.capacity);
});

test('where one of the two cannot have the port, neither keeps it', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as { port: number };
  const transport = dnsTransport(udp({ warn: () => {} }), tcp());
  await assert.rejects(transport.listen({ scheme: 'dns', address: '127.0.0.1', port }, new TestService()),
    { code: 'EADDRINUSE', syscall: 'listen', port });
  taken.close();
});
