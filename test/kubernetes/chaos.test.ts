// Chaos between a server and its Kubernetes API: whatever went wrong, when it calms down the answers equal those of a server that has just
// listed everything. Knows one Corefile and how to compare answers. CHAOS_EVENTS, CHAOS_BATCH and CHAOS_SEED make a run by hand longer:
// how many changes, how many at most between two looks, and which ones.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { standard } from '../../src/plugins/index.ts';
import { difference } from '../../src/testing/difference.ts';
import { InProcess } from '../../src/testing/in-process.ts';
import { FakeKubeApi } from '../../src/testing/index.ts';
import { randomOf } from '../../src/testing/kube-faults.ts';
import { linesOf, pictureOf } from '../../src/testing/picture.ts';
import { parseAsk } from '../../src/testing/question.ts';
import type { Asked } from '../../src/testing/question.ts';
import { ClusterEvents, apply } from './cluster-events.ts';
import { Dice } from './cluster-objects.ts';
import { RESOURCES, calm, disturb } from './disturbances.ts';
import { questions } from './universe.ts';

const EVENTS = Number(process.env['CHAOS_EVENTS'] ?? 800);
const BATCH = Number(process.env['CHAOS_BATCH'] ?? 60);
const SEED = Number(process.env['CHAOS_SEED'] ?? 1);
/** Milliseconds of real time for which a server may take to come to rest, and of its own clock that pass with each look. */
const PATIENCE = 60_000, LOOK = 250;
/** How many looks two servers have to agree. */
const LOOKS = 240;
/** How many times the clock of a server that starts moves as real time does, before it moves faster: it waits for something then. */
const STEADY = 20;
/** How many of the last disturbances, and of the answers that differ, a failure tells. */
const TOLD = 40, SHOWN = 5;

const corefile = (port: number) => `. {
    kubernetes cluster.local clusterset.local in-addr.arpa ip6.arpa {
        endpoint http://127.0.0.1:${port}
        pods verified
        nodes
        multicluster clusterset.local
    }
}
`;
/** The question by which a change of each resource is waited for: it has the number of the look in its answer, or its name. */
const MARKS = (look: number): { readonly [resource: string]: string } => ({
  services: 'mark.marks.svc.cluster.local A', endpointslices: 'marks.marks.svc.cluster.local A',
  pods: `${address(look).replaceAll('.', '-')}.marks.pod.cluster.local A`, namespaces: `look-${look}.svc.cluster.local A`,
  serviceimports: 'mark.marks.svc.clusterset.local A', nodes: 'mark.node.cluster.local A',
});
const PORTS = [{ name: 'http', port: 80, protocol: 'TCP' }];
const address = (look: number): string => `10.200.${(look >> 8) & 255}.${look & 255}`;
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Bookmarks, as an API sends them every minute: by them a client sees that watch-lists are unknown to it. */
function bookmarks(api: FakeKubeApi): void {
  for (const resource of RESOURCES) api.bookmark(resource);
}
/** A server made of the standard plugins. Its clock moves while it starts. */
async function makeServer(api: FakeKubeApi): Promise<InProcess> {
  const text = corefile(api.port);
  const server = new InProcess(standard);
  let over = false;
  const starting = server.start(text).finally(() => (over = true));
  for (let i = 0; !over; i++) {
    await Promise.race([starting, pause(5)]);
    if (over) break;
    if (i >= STEADY) bookmarks(api);
    await server.elapse(i < STEADY ? 5 : LOOK);
  }
  const refusal = await starting;
  assert.equal(refusal, undefined);
  return server;
}

/** Over TCP: which records of a long answer are left out over UDP is not always the same. */
const ALL: readonly { readonly text: string; readonly asked: Asked }[] =
  questions().map((text) => ({ text, asked: parseAsk(`${text} tcp`) }));
const IGNORED = { ignored: new Set(['edns', 'ede']), ordered: false };
/** The reply as lines, without the serial of an SOA record, which is the time of the last change. */
async function answer(server: InProcess, asked: Asked): Promise<string[]> {
  const picture = pictureOf(await server.ask(asked), asked);
  return linesOf(picture, IGNORED).map((line) => line.replace(/( IN SOA \S+ \S+) \d+/, '$1'));
}
interface Disagreement {
  readonly question: (typeof ALL)[number];
  readonly text: string;
}
async function disagreements(fresh: InProcess, server: InProcess, asked: typeof ALL): Promise<Disagreement[]> {
  const all: Disagreement[] = [];
  for (const question of asked) {
    const said = difference(await answer(fresh, question.asked), await answer(server, question.asked));
    if (said !== undefined) all.push({ question, text: `${question.text}\n${said}` });
  }
  return all;
}
/**
 * Asks two servers everything until they agree: a list that is under way may have to end. Rejects with what they go on to differ in after
 * a minute of their clocks: what only a later list would mend is wrong.
 */
async function agreement(fresh: InProcess, server: InProcess, api: FakeKubeApi): Promise<void> {
  let looks = 0;
  for (let wrong = await disagreements(fresh, server, ALL); wrong.length > 0; wrong = await disagreements(fresh, server, ALL)) {
    const count = wrong.length;
    wrong = wrong.slice(0, SHOWN);
    for (; wrong.length > 0; wrong = await disagreements(fresh, server, wrong.map(({ question }) => question))) {
      if (looks++ > LOOKS) {
        const shown = wrong.map(({ text }) => text).join('\n');
        throw new Error(`${count} answers differ; - is what a fresh list gives, + what the server says\n${shown}`);
      }
      bookmarks(api);
      await pause(20);
      await Promise.all([fresh.elapse(LOOK), server.elapse(LOOK)]);
    }
  }
}

/** Changes an object of each resource, and waits until the server tells of it: then it has seen all that came before. */
class Marks {
  readonly #api: FakeKubeApi;
  #look = 0;
  constructor(api: FakeKubeApi) {
    this.#api = api;
    const service = (name: string, clusterIP: string) =>
      ({ metadata: { name, namespace: 'marks' }, spec: { type: 'ClusterIP', clusterIP, clusterIPs: [clusterIP], ports: PORTS } });
    api.load({ namespaces: [{ metadata: { name: 'marks' } }, { metadata: { name: 'look-0' } }] });
    api.load({ services: [service('mark', address(0)), service('marks', 'None')], ...this.#objects() });
  }
  #objects() {
    const ip = address(this.#look);
    const metadata = { name: 'mark', namespace: 'marks', labels: { 'kubernetes.io/service-name': 'marks' } };
    return {
      endpointslices: [{ metadata, addressType: 'IPv4', endpoints: [{ addresses: [ip], conditions: { ready: true } }], ports: PORTS }],
      pods: [{ metadata, spec: {}, status: { phase: 'Running', podIP: ip, podIPs: [{ ip }] } }],
      nodes: [{ metadata: { name: 'mark' }, status: { addresses: [{ type: 'InternalIP', address: ip }] } }],
      serviceimports: [{ metadata, spec: { type: 'ClusterSetIP', ips: [ip], ports: PORTS } }],
    };
  }
  #set(): void {
    const api = this.#api;
    api.delete('namespaces', `look-${this.#look++}`);
    api.add('namespaces', { metadata: { name: `look-${this.#look}` } });
    const ip = address(this.#look);
    const metadata = { name: 'mark', namespace: 'marks' };
    api.update('services', { metadata, spec: { type: 'ClusterIP', clusterIP: ip, clusterIPs: [ip], ports: PORTS } });
    for (const [resource, [object]] of Object.entries(this.#objects())) api.update(resource as 'pods', object!);
  }
  /** Rejects with the resource whose change was not seen. */
  async wait(server: InProcess): Promise<void> {
    this.#set();
    const wanted = address(this.#look);
    for (const [resource, question] of Object.entries(MARKS(this.#look))) {
      const asked = parseAsk(question);
      const seen = async () => {
        const lines = await answer(server, asked);
        return resource === 'namespaces' ? lines[0]?.startsWith('NOERROR') === true : lines.some((line) => line.endsWith(` A ${wanted}`));
      };
      for (const until = performance.now() + PATIENCE; !(await seen());) {
        assert.ok(performance.now() < until, `a change of ${resource} is not seen`);
        bookmarks(this.#api);
        await pause(1);
        await server.elapse(LOOK);
      }
    }
  }
}

const registered = standard.some(({ name }) => name === 'kubernetes');
const skip = registered ? false : 'the plugin kubernetes is not in src/plugins/index.ts yet';

test(`after chaos the answers equal those of a fresh list: ${EVENTS} changes`, { skip }, async (t) => {
  const api = new FakeKubeApi({ seed: SEED, history: 500 });
  await api.up();
  const marks = new Marks(api);
  const dice = new Dice(randomOf(SEED + 1));
  const events = new ClusterEvents(SEED);
  const server = await makeServer(api);
  const done: string[] = [];
  t.after(async () => {
    await server.close();
    await api.down();
  });
  let lists = 0, watches = 0;
  const world = { api, elapse: (milliseconds: number) => server.elapse(milliseconds) };
  for (let count = 0; count < EVENTS;) {
    for (const until = count + 1 + dice.upTo(BATCH - 1); count < until;) {
      for (const event of events.some(1 + dice.upTo(8))) {
        apply(api, event);
        count++;
      }
      done.push(await disturb(world, dice));
    }
    await calm(world);
    done.push(`calm after ${count} changes`);
    const fresh = await makeServer(api);
    try {
      await marks.wait(server);
      await marks.wait(fresh);
      await agreement(fresh, server, api);
    } catch (error) {
      assert.fail(`CHAOS_SEED=${SEED}: ${(error as Error).message}\nlast: ${done.slice(-TOLD).join(', ')}`);
    } finally {
      await fresh.close();
    }
    done.splice(0, done.length - TOLD);
    for (const { url } of api.requests.splice(0)) if (/[?&]watch=/.test(url)) watches++; else lists++;
  }
  t.diagnostic(`${lists} lists and ${watches} watches were asked for`);
});
