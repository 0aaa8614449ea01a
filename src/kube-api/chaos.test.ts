// Whatever goes wrong with an API, its clients' sinks equal a fresh list once it calms down. Knows the scripted API and its faults; time
// runs faster than it does, so that nobody waits.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/seen/log.ts';
import { Metrics } from '../kernel/seen/metrics.ts';
import { FakeKubeApi } from '../testing/fake-kube-api.ts';
import { randomOf } from '../testing/kube-faults.ts';
import { readApiConfig } from './api-config.ts';
import { KubeApi } from './kube-api.ts';
import { entries, one, shape } from './protobuf.ts';
import type { ApiObject, Sink } from './sink.ts';

/** How much faster than the machine's. */
const HASTE = 100;
const hasty: Clock = {
  monotonic: () => performance.now() * HASTE,
  wall: () => 1.7e12 + performance.now() * HASTE,
  after(milliseconds, call) {
    const timer = setTimeout(call, milliseconds / HASTE);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** What a sink has to keep: by name, the version. A list takes the place of what was there when it is whole, not before. */
class Kept implements Sink {
  readonly objects = new Map<string, string>();
  #fresh: Set<string> | undefined;
  /** Words that came out of order. */
  readonly wrong: string[] = [];
  changes = 0;

  begin(): void {
    this.#fresh = new Set();
  }
  put(object: ApiObject): void {
    this.changes++;
    const { key, version } = named(object);
    this.objects.set(key, version);
    this.#fresh?.add(key);
  }
  remove(object: ApiObject): void {
    this.changes++;
    const { key } = named(object);
    this.objects.delete(key);
    this.#fresh?.delete(key);
  }
  synced(): void {
    if (this.#fresh === undefined) this.wrong.push('synced without begin');
    for (const key of this.objects.keys()) if (this.#fresh?.has(key) !== true) this.objects.delete(key);
    this.#fresh = undefined;
  }
}
function named({ metadata }: ApiObject): { readonly key: string; readonly version: string } {
  return { key: `${String(metadata?.['namespace'])}/${String(metadata?.['name'])}`, version: String(metadata?.['resourceVersion']) };
}

const RESOURCES = { services: '/api/v1/services', endpointslices: '/apis/discovery.k8s.io/v1/endpointslices' } as const;
const LISTS = ['services', 'endpointslices'] as const;
/** What is read of objects in binary form. */
const METADATA = { 1: one('name', 'text'), 3: one('namespace', 'text'), 6: one('resourceVersion', 'text'), 12: entries('annotations') };
const SHAPE = shape({ 1: one('metadata', shape(METADATA)) });
type Faulty = (typeof LISTS)[number];

/** One random fault, or the end of all. */
async function disturb(api: FakeKubeApi, random: () => number): Promise<void> {
  const { faults } = api;
  const scope = ([...LISTS, '*'] as const)[Math.floor(random() * 3)]!;
  const kinds: (() => void | Promise<void>)[] = [
    () => faults.cut(scope), () => faults.cut(scope, 'mid-object'), () => faults.gone(scope), () => faults.mend(), () => faults.mend(),
    () => faults.fail(scope, { status: 500, times: 3 }), () => faults.fail(scope, { status: 429, times: 2, retryAfter: 1 }),
    () => faults.fail(scope, { status: 410, times: 1 }), () => faults.duplicate(scope), () => faults.stall(scope),
    () => faults.hold(scope), () => faults.feed(scope, 20), () => faults.forbid(scope), () => faults.allow(scope),
    () => LISTS.forEach((list) => api.bookmark(list)),
    async () => {
      await api.down();
      await api.up();
    },
    () => void (api.watchList = (['known', 'refused', 'ignored'] as const)[Math.floor(random() * 3)]!),
  ];
  await kinds[Math.floor(random() * kinds.length)]!();
}

/** One random change of a small set of objects. */
function change(api: FakeKubeApi, list: Faulty, random: () => number): void {
  const name = `o${Math.floor(random() * 60)}`;
  const known = api.store.get(list, `default/${name}`) !== undefined;
  if (!known) api.add(list, { metadata: { name, namespace: 'default' } });
  else if (random() < 0.3) api.delete(list, `default/${name}`);
  else api.update(list, { metadata: { name, namespace: 'default' } });
}

const wanted = (api: FakeKubeApi, list: Faulty) =>
  new Map(api.store.list(list).map(([key, object]) => [key, named(object as ApiObject).version]));

for (const [seed, binary] of [[1, false], [2, true], [3, false], [4, true]] as const) {
  test(`after chaos the sinks equal a fresh list (${seed}${binary ? ', in binary form' : ''})`, { timeout: 300_000 }, async (t) => {
    const random = randomOf(seed);
    const api = new FakeKubeApi({ seed, history: 50, clock: hasty });
    await api.up();
    const control = new AbortController();
    t.after(async () => {
      control.abort();
      await api.down();
    });
    const log = { debug() {}, info() {}, warning() {}, error() {} } as unknown as Log;
    const limits = { qps: 1000, burst: 1000 };
    const config = await readApiConfig({ endpoint: api.url, limits }, { clock: hasty, environment: {}, root: '' });
    const client = new KubeApi(config, { clock: hasty, log, metrics: new Metrics(), signal: control.signal, random });
    const sinks = LISTS.map((list) => ({ list, sink: new Kept() }));
    const watches = sinks.map(({ list, sink }) => client.watch({ path: RESOURCES[list], ...(binary ? { shape: SHAPE } : {}) }, sink));
    for (let round = 0; round < 80; round++) {
      for (let i = Math.floor(random() * 60); i > 0; i--) change(api, LISTS[Math.floor(random() * 2)]!, random);
      if (random() < 0.6) await disturb(api, random);
      await new Promise((resolve) => setTimeout(resolve, random() * 10));
    }
    api.faults.mend();
    const equal = () => sinks.every(({ list, sink }) => {
      const want = wanted(api, list);
      return want.size === sink.objects.size && [...want].every(([key, version]) => sink.objects.get(key) === version);
    });
    for (let i = 0; i < 3000 && !equal(); i++) await new Promise((resolve) => setTimeout(resolve, 5));
    for (const { list, sink } of sinks) {
      assert.deepEqual(new Map([...sink.objects].sort()), new Map([...wanted(api, list)].sort()), list);
      assert.deepEqual(sink.wrong, []);
      assert.ok(sink.changes > 100);
    }
    assert.ok(watches.every(({ synced }) => synced));
  });
}
