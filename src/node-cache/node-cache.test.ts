// The cache of a node over time: what it asks, what it tells the kernel and when, what it counts, and when it is ready. Time, programs and
// answers are the test's.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { LogLines } from '../kernel/seen/log-lines.ts';
import { createLog } from '../kernel/seen/log.ts';
import { Metrics } from '../kernel/seen/metrics.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { NodeCacheConfiguration } from './configuration.ts';
import { NodeCache } from './node-cache.ts';
import { readNodeCacheOptions } from './options.ts';
import type { Ended } from './tool.ts';

const DONE: Ended = { status: 0, stdout: '', said: '' };

/** A node cache and all that it meets. */
async function scene(t: TestContext, ...flags: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'coredns-ts-node-cache-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const base = join(folder, 'Corefile.base');
  writeFileSync(base, '# one');
  const options = readNodeCacheOptions(['-localip', '169.254.20.10,10.96.0.10', '-basecorefile', base,
    '-conf', join(folder, 'out', 'Corefile'), '-metrics-listen-address', '127.0.0.1:0', '-kubednscm', folder, ...flags]);
  if (typeof options === 'string') throw new Error(options);
  const clock = new FakeClock(), metrics = new Metrics();
  let said = '';
  const lines = new LogLines((bytes, from, length) => {
    said += Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString();
    return length;
  });
  const world = {
    clock, folder, base, calls: [] as string[], others: false, reloads: 0, refuses: false, upstream: false, probes: 0,
    answering: new Set(['169.254.20.10', '10.96.0.10']), links: [{ ifname: 'lo', addr_info: [{ local: '127.0.0.1' }] }] as object[],
    fails: undefined as ((call: string) => Ended | undefined) | undefined,
    log: (): string[] => {
      lines.flush();
      return said.split('\n').filter((line) => line !== '');
    },
    count: (name: string, label: string): number => {
      for (const family of metrics.families()) {
        if (family.name === `coredns_nodecache_${name}`) return metrics.values[family.cell([label])]!;
      }
      return -1;
    },
  };
  const configuration = new NodeCacheConfiguration(options, 'abc', () => undefined);
  configuration.text();
  const cache = new NodeCache({
    options, configuration, show: () => () => ({ status: 200, body: '' }), othersListen: () => world.others,
    answersUpstream: async () => world.upstream,
    probe: () => ({
      get ports() {
        return [1000 + world.probes];
      },
      renew: async () => void world.probes++, close: () => {}, ask: async (address) => world.answering.has(address),
    }),
    async run(program, args, input = '') {
      const call = `${program} ${args.join(' ')}${input === '' ? '' : `\n${input}`}`;
      world.calls.push(call);
      const failed = world.fails?.(call);
      if (failed !== undefined) return failed;
      return args[0] === '-j' ? { ...DONE, stdout: JSON.stringify(world.links) } : DONE;
    },
  });
  const app = {
    served: { configuration: { blocks: [], addresses: [] }, servers: new Map() },
    handOver: async () => {},
    async reload() {
      world.reloads++;
      if (world.refuses) throw new Error('no');
    },
  };
  await cache.begin({ app, log: createLog(lines, { on: false }), metrics, clock });
  t.after(() => cache.gone());
  return Object.assign(world, { cache });
}
/** Whatever has this in it is refused. */
const refusing = (part: string, status: number, said: string) => (call: string): Ended | undefined =>
  (call.includes(part) ? { status, stdout: '', said } : undefined);
const HERE = [{ ifname: 'nodelocaldns', addr_info: [{ local: '169.254.20.10' }, { local: '10.96.0.10' }] }];

test('the interface is made before anything is opened; addresses are renewed as long as they answer', async (t) => {
  const world = await scene(t, '-rules', 'nft');
  assert.deepEqual(world.calls.splice(0), ['ip -j addr show', 'ip link add dev nodelocaldns type dummy',
    'ip addr add 169.254.20.10/32 dev nodelocaldns', 'ip addr add 10.96.0.10/32 dev nodelocaldns']);
  world.links = HERE;
  assert.deepEqual(world.cache.awaited(), ['answer to itself', 'upstream', 'rules']);
  world.cache.serving();
  await world.clock.elapse(0);
  const [listed, table, ports, renewed] = world.calls.splice(0);
  assert.match(listed!, /^nft -n list table inet coredns_ts_node_cache$/);
  assert.match(table!, /^nft -f -\ntable inet (\S+)\ndelete table inet \1\ntable inet \1 \{\n.*chain prerouting.*notrack\n/s);
  assert.match(ports!, /^nft -f -\n(?:\S+ element inet \S+ probes \{ 1001[^\n]*\n){3}$/);
  assert.match(renewed!, /add element inet \S+ addresses \{ 10\.96\.0\.10 timeout 6s \}\ndelete element .* probes \{ 1001 timeout 6s \}/s);
  assert.deepEqual(world.cache.awaited(), ['upstream']);
  world.answering.delete('10.96.0.10');
  world.upstream = true;
  await world.clock.elapse(2000);
  assert.equal(world.calls.at(-1)!.includes('10.96.0.10'), false);
  assert.equal(world.calls.at(-1)!.includes('addresses { 169.254.20.10'), true);
  assert.match(world.calls.at(-1)!, /probes \{ 1002 /);
  assert.ok(world.log().includes('[ERROR] No answer to itself at 10.96.0.10'));
  assert.deepEqual(world.cache.awaited(), []);
  world.answering.add('10.96.0.10');
  await world.clock.elapse(2000);
  assert.match(world.calls.at(-1)!, /addresses \{ 10\.96\.0\.10 timeout 6s/);
});
test('a table that was flushed is back with the next answer, rules and interface are looked at each minute; both counted', async (t) => {
  const world = await scene(t, '-rules', 'nft', '-syncinterval', '60');
  world.links = HERE;
  world.cache.serving();
  await world.clock.elapse(0);
  let gone = true;
  world.fails = (call) => {
    if (call.includes('delete table')) gone = false;
    return gone && call.includes('add element') ? { status: 1, stdout: '', said: 'Error: No such file or directory' } : undefined;
  };
  await world.clock.elapse(2000);
  assert.equal(world.count('mended_total', 'rules'), 1);
  assert.equal(world.count('setup_errors_total', 'nft'), 0);
  world.links = [];
  world.calls.length = 0;
  await world.clock.elapse(60_000);
  assert.ok(world.calls.includes('ip link add dev nodelocaldns type dummy'));
  assert.equal(world.count('mended_total', 'interface'), 1);
  assert.ok(world.log().includes('[WARNING] The interface had gone, and is back'));
});
test('what fails is counted each time and told once', async (t) => {
  const world = await scene(t, '-rules', 'iptables');
  world.fails = refusing('iptables', 4, 'Another app is currently holding the xtables lock.');
  world.links = HERE;
  world.cache.serving();
  await world.clock.elapse(4000);
  assert.equal(world.count('setup_errors_total', 'iptables_lock'), 3);
  assert.equal(world.log().filter((line) => line.includes('xtables lock')).length, 1);
  assert.deepEqual(world.cache.awaited(), ['upstream', 'rules']);
  world.fails = refusing(' -C ', 1, 'iptables: Bad rule (does a matching rule exist in that chain?).');
  world.calls.length = 0;
  await world.clock.elapse(2000);
  assert.equal(world.calls.filter((call) => call.includes(' -I ')).length, 24);
  assert.deepEqual(world.cache.awaited(), ['upstream']);
  world.fails = refusing('iptables', 4, 'iptables: Permission denied (you must be root)');
  await world.clock.elapse(60_000);
  assert.equal(world.count('setup_errors_total', 'iptables'), 1);
  assert.ok(world.log().some((line) => line.endsWith('(the pod needs the capability NET_ADMIN)')));
});
test('who is the last takes rules and then addresses away, and nobody else does', async (t) => {
  for (const others of [false, true]) {
    const world = await scene(t, '-rules', 'nft');
    world.links = HERE;
    world.cache.serving();
    await world.clock.elapse(0);
    world.calls.length = 0;
    world.others = others;
    const dummy = '[{"ifname":"nodelocaldns","linkinfo":{"info_kind":"dummy"}}]';
    world.fails = (call) => (call.startsWith('ip -j -d') ? { ...DONE, stdout: dummy } : undefined);
    await world.cache.leaving();
    assert.deepEqual(world.calls.splice(0), others ? [] : ['nft -f -\nflush set inet coredns_ts_node_cache addresses\n']);
    await world.cache.gone();
    const removed = 'nft -f -\ntable inet coredns_ts_node_cache\ndelete table inet coredns_ts_node_cache\n';
    assert.deepEqual(world.calls, others ? [] : [removed, 'ip -j -d link show dev nodelocaldns', 'ip link del dev nodelocaldns']);
  }
  const world = await scene(t, '-rules', 'nft', '-skipteardown');
  world.cache.serving();
  await world.clock.elapse(0);
  world.calls.length = 0;
  await world.cache.leaving();
  await world.cache.gone();
  assert.deepEqual(world.calls, []);
});
test('a ConfigMap is looked at every ten seconds, and a Corefile that is refused is counted', async (t) => {
  const world = await scene(t, '-rules', 'none', '-setupinterface=false');
  world.cache.serving();
  await world.clock.elapse(10_000);
  assert.equal(world.reloads, 0);
  writeFileSync(world.base, '# two');
  await world.clock.elapse(10_000);
  assert.equal(world.reloads, 1);
  world.refuses = true;
  writeFileSync(world.base, '# three');
  // The Corefile could not be written down either: its folder is not there.
  const before = world.count('setup_errors_total', 'configmap');
  await world.clock.elapse(30_000);
  assert.equal(world.reloads, 2);
  assert.equal(world.count('setup_errors_total', 'configmap'), before + 1);
  assert.deepEqual(world.calls, []);
});
test('an address that another interface has is used there, which is told; auto takes what there is', async (t) => {
  let taken: object[] | undefined;
  const links = [{ ifname: 'kube-ipvs0', addr_info: [{ local: '10.96.0.10' }] }];
  const world = await scene(t, '-setupinterface=false', '-rules', 'none');
  taken = links;
  const { Link } = await import('./link.ts');
  const told: string[] = [], calls: string[] = [];
  const link = new Link({
    name: 'nodelocaldns', addresses: ['169.254.20.10', '10.96.0.10'], isIPv6: false, warn: (text) => told.push(text),
    run: async (program, args) => {
      calls.push([program, ...args].join(' '));
      return args[0] === '-j' ? { ...DONE, stdout: JSON.stringify(taken) } : DONE;
    },
  });
  await link.ensure();
  await link.ensure();
  assert.equal(calls.some((call) => call.includes('10.96.0.10')), false);
  assert.equal(told.length, 1);
  assert.match(told[0]!, /^10\.96\.0\.10 is an address of kube-ipvs0 already: /);
  assert.deepEqual(world.calls, []);
  const { chooseRules } = await import('./choose-rules.ts');
  const pick = async (...there: readonly string[]) => {
    const subject = { addresses: ['192.0.2.1'], isIPv6: true, port: 53, healthPort: 8080 };
    const chosen = await chooseRules('auto', {
      ...subject,
      run: async (program) => (there.includes(program) ? DONE : { status: undefined, stdout: '', said: `${program} is not installed` }),
    });
    return chosen !== undefined && 'said' in chosen ? chosen.said : chosen?.name;
  };
  assert.deepEqual([await pick('nft', 'ip6tables'), await pick('ip6tables')], ['nft', 'iptables']);
  assert.match((await pick())!, /^neither nft \(nft is not installed\) nor iptables \(ip6tables is not installed\) can be used/);
});
