// Each way to an upstream, through one suite: questions at a steady pace while the path goes mute, is cut, loses datagrams, and while the
// upstream is restarted. None of them may fail. Knows processes and a relay between them; no figure of time decides.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { question } from '../src/testing/conformance/transport-service.ts';
import { freePort } from '../src/testing/free-port.ts';
import { Relay } from '../src/testing/relay.ts';
import { Spawned } from '../src/testing/spawned.ts';
import { certified } from './servers/programs.ts';

/**
 * Milliseconds between two questions, those of the network, each way, and how many wait for an answer at most: a machine that is slower
 * than they come would have more and more of them, until they are too old.
 */
const EVERY = 10, DELAY = 10, WAITING = 20;
const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
const WAYS = ['udp', 'tcp', 'tls', 'https', 'grpc'] as const;
type WayName = (typeof WAYS)[number];

/** An upstream that is asked in every way. */
async function upstream(t: TestContext, folder: string) {
  const ports = new Map<string, number>();
  for (const scheme of ['dns', 'tls', 'https', 'grpc']) ports.set(scheme, await freePort());
  const blocks = [...ports].map(([scheme, port]) => `${scheme}://.:${port} {
  bind 127.0.0.1
  ${scheme === 'dns' ? '' : `tls ${folder}/cert.pem ${folder}/key.pem`}
  template IN A {
    answer "{{ .Name }} 60 IN A 192.0.2.1"
  }
}
`);
  const server = new Spawned(blocks.join(''));
  t.after(() => server.kill());
  await server.says(/CoreDNS-/);
  return { server, ports };
}
/** A server for each way, in one process. */
async function fronts(t: TestContext, folder: string, relays: ReadonlyMap<WayName, Relay>) {
  const ports = new Map<WayName, number>();
  const tls = `tls ${folder}/ca.pem\n    tls_servername dns.test`;
  const blocks = [];
  for (const way of WAYS) {
    const port = await freePort();
    ports.set(way, port);
    const at = `127.0.0.1:${relays.get(way)!.port}`;
    const line = way === 'grpc' ? `grpc . ${at} {\n    ${tls}\n  }`
      : way === 'udp' ? `forward . ${at}` : way === 'tcp' ? `forward . ${at} {\n    force_tcp\n  }`
        : `forward . ${way}://${at} {\n    ${tls}\n  }`;
    blocks.push(`.:${port} {\n  bind 127.0.0.1\n  errors\n  ${line}\n}\n`);
  }
  const server = new Spawned(blocks.join(''));
  t.after(() => server.kill());
  await server.says(/CoreDNS-/);
  return { server, ports };
}

/** Asks new names, one after the other at a pace, until it is stopped. */
class Asker {
  readonly asked = new Map<number, number>();
  failed = 0;
  answered = 0;
  slowest = 0;
  readonly #socket = createSocket('udp4');
  readonly #timer: NodeJS.Timeout;

  constructor(port: number) {
    this.#socket.on('message', (reply) => {
      const id = reply.readUInt16BE(0);
      const at = this.asked.get(id);
      if (at === undefined) return;
      this.asked.delete(id);
      this.slowest = Math.max(this.slowest, performance.now() - at);
      if ((reply[3]! & 15) === 0 && reply[7] === 1) this.answered++;
      else this.failed++;
    });
    let id = 0;
    this.#timer = setInterval(() => {
      if (this.asked.size >= WAITING) return;
      id++;
      this.asked.set(id, performance.now());
      this.#socket.send(question(id, `n${id}.test`), port, '127.0.0.1');
    }, EVERY);
  }
  stop(): void {
    clearInterval(this.#timer);
  }
  close(): void {
    this.stop();
    this.#socket.close();
  }
}

test('a path that goes mute, one that is cut, and an upstream that is restarted cost no question', async (t) => {
  const folder = certified(t);
  const [one, two] = [await upstream(t, folder), await upstream(t, folder)];
  const portOf = (of: typeof one, way: WayName): number => of.ports.get(way === 'udp' || way === 'tcp' ? 'dns' : way)!;
  const relays = new Map<WayName, Relay>();
  for (const way of WAYS) {
    const relay = await Relay.open(portOf(one, way));
    t.after(() => relay.close());
    relay.delay = DELAY;
    relays.set(way, relay);
  }
  const { server, ports } = await fronts(t, folder, relays);
  const askers = new Map(WAYS.map((way) => [way, new Asker(ports.get(way)!)]));
  t.after(() => {
    for (const asker of askers.values()) asker.close();
  });
  const answeredBy = (least: number) => async (): Promise<boolean> => {
    await pause(20);
    return [...askers.values()].every(({ answered, failed }) => answered + failed >= least);
  };
  const phase = async (name: string, begin: () => void): Promise<void> => {
    for (const asker of askers.values()) asker.slowest = 0;
    begin();
    const goal = Math.max(...[...askers.values()].map(({ answered, failed }) => answered + failed)) + 100;
    await server.until(answeredBy(goal), `answers after ${name}`);
    t.diagnostic(`${name}: slowest ${WAYS.map((way) => `${way} ${askers.get(way)!.slowest.toFixed(0)}`).join(', ')} ms`);
  };
  await phase('nothing', () => {});
  await phase('mute', () => relays.forEach((relay) => relay.mute()));
  await phase('mute again', () => relays.forEach((relay) => relay.mute()));
  await phase('cut', () => relays.forEach((relay) => relay.cut()));
  await phase('the upstream goes, with a word where there is one', () => {
    for (const [way, relay] of relays) relay.to = portOf(two, way);
    one.server.signal('SIGTERM');
    relays.get('udp')!.cut();
  });
  for (const asker of askers.values()) asker.stop();
  await server.until(async () => {
    await pause(20);
    return [...askers.values()].every(({ asked }) => asked.size === 0);
  }, 'an answer to every question');
  const errors = server.stdout.split('\n').filter((line) => line.includes('ERROR')).join('\n');
  for (const [way, { failed }] of askers) assert.equal(failed, 0, `${way}: ${failed} failed; ${errors}`);
});

test('datagrams that are lost are asked for again in good time', async (t) => {
  const { ports: upstreams } = await upstream(t, certified(t));
  const relay = await Relay.open(upstreams.get('dns')!);
  t.after(() => relay.close());
  relay.loss = 40;
  const port = await freePort();
  const server = new Spawned(`.:${port} {\n  bind 127.0.0.1\n  forward . 127.0.0.1:${relay.port}\n}\n`);
  t.after(() => server.kill());
  await server.says(/CoreDNS-/);
  const asker = new Asker(port);
  t.after(() => asker.close());
  await server.until(() => asker.asked.size + asker.answered >= 200, 'questions');
  asker.stop();
  await server.until(() => asker.asked.size === 0, 'an answer to every question');
  t.diagnostic(`slowest ${asker.slowest.toFixed(0)} ms`);
  assert.equal(asker.failed, 0);
});
