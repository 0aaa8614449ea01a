// One client gets one answer, whatever carries its question: the address that was asked is known on sockets that have several, and two
// wildcards of one port share the families between them. A real process, UDP and TCP.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { RCODE } from '../dns/rcode.ts';
import { question } from '../testing/conformance/transport-service.ts';
import { freePort } from '../testing/free-port.ts';
import { Spawned } from '../testing/spawned.ts';

const six = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));
const skip = { skip: six ? false : 'this machine has no ::1' };

function askUdp(address: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    const timer = setTimeout(() => reject(new Error(`no answer of ${address}`)), 30_000);
    socket.once('message', (bytes) => {
      clearTimeout(timer);
      socket.close();
      resolve(bytes[3]! & 15);
    });
    socket.send(question(1, 'a.test'), port, address);
  });
}
function askTcp(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => socket.write(Buffer.concat([Buffer.from([0, 24]), question(1, 'a.test')])));
    let got = Buffer.alloc(0);
    socket.on('error', reject);
    socket.on('data', (bytes) => {
      got = Buffer.concat([got, bytes]);
      if (got.length < 6) return;
      socket.destroy();
      resolve(got[5]! & 15);
    });
  });
}
const denial = 'template ANY ANY {\nrcode NXDOMAIN\n}';

for (const udp of ['', 'dgram']) {
  test(`view and log know the address that was asked${udp && ', without the addon'}`, skip, async (t) => {
    const port = await freePort();
    const server = new Spawned(`.:${port} {
      view four {
        expr server_ip() == '127.0.0.1'
      }
      log . "asked {local} {proto}"
      ${denial}
    }
    .:${port} {
      log . "asked {local} {proto}"
      whoami
    }\n`, { environment: { COREDNS_TS_UDP: udp } });
    t.after(() => server.kill());
    await server.says(/CoreDNS-/);
    for (const ask of [askUdp, askTcp]) {
      assert.equal(await ask('127.0.0.1', port), RCODE.NXDOMAIN);
      assert.equal(await ask('::1', port), RCODE.NOERROR);
      if (udp === '') assert.equal(await ask('127.0.0.5', port), RCODE.NOERROR);
    }
    await server.until(() => /asked \[::1\] tcp/.test(server.stdout), 'its log');
    for (const line of ['asked 127.0.0.1 udp', 'asked [::1] udp', 'asked 127.0.0.1 tcp']) assert.ok(server.stdout.includes(line), line);
  });

  test(`0.0.0.0 in one block and :: in another${udp && ', without the addon'}`, skip, async (t) => {
    const port = await freePort();
    const blocks = (four: string, both: string) => `.:${port} {\nbind ${four}\n${denial}\n}\n${both}`;
    const other = `.:${port} {\nbind ::\nwhoami\n}\n`;
    const server = new Spawned(blocks('0.0.0.0', other), { environment: { COREDNS_TS_UDP: udp } });
    t.after(() => server.kill());
    await server.says(/CoreDNS-/);
    const ways = [askUdp, askTcp].flatMap((ask) => ['127.0.0.1', '::1'].map((to) => () => ask(to, port)));
    const rcodes = async () => Promise.all(ways.map((way) => way()));
    assert.deepEqual(await rcodes(), [RCODE.NXDOMAIN, RCODE.NOERROR, RCODE.NXDOMAIN, RCODE.NOERROR]);
    // A question that was in a socket of before is answered as before.
    const saying = (wanted: readonly number[]) => server.until(async () => isDeepStrictEqual(await rcodes(), wanted), String(wanted));
    const reload = async (corefile: string) => {
      const from = server.stdout.length;
      server.write(corefile);
      server.signal('SIGUSR1');
      await server.says(/Reloading complete/, from);
    };
    // One wildcard alone has both families; one that gets a neighbour gives one of them away.
    await reload(blocks('0.0.0.0', ''));
    await saying([RCODE.NXDOMAIN, RCODE.NXDOMAIN, RCODE.NXDOMAIN, RCODE.NXDOMAIN]);
    await reload(other + blocks('0.0.0.0', ''));
    await saying([RCODE.NXDOMAIN, RCODE.NOERROR, RCODE.NXDOMAIN, RCODE.NOERROR]);
  });
}
