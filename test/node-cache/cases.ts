// What is tried on a node, each in a network of its own: `node cases.ts NAME` inside of `unshare -rn`. Knows the node; who runs a case is
// network.test.ts.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CLUSTER_IP, Client, LINK_LOCAL, NodeCacheProcess, ask, cleanUp, cluster, isReady, nft, pod, says, sh, until, works,
} from './node.ts';

const TABLE = ['table', 'inet', 'coredns_ts_node_cache'];
const listed = (): string => sh('nft', '-n', 'list', ...TABLE);
const hasTable = (): boolean => works('nft', 'list', ...TABLE);
const addresses = (): string => sh('ip', 'addr', 'show', 'dev', 'lo');
const ERRORS = (type: string): string => `coredns_nodecache_setup_errors_total{errortype="${type}"}`;

/** Each case by its name. */
export const CASES: Readonly<Record<string, () => Promise<void>>> = {
  async 'local until the element ran out, then the cluster, and back, with no question lost'() {
    const client = new Client();
    await client.hears('cluster');
    const cache = new NodeCacheProcess(9353);
    await client.hears('node');
    // The server lives on, but nobody renews its address.
    renameSync(join(cache.bin, 'nft'), join(cache.bin, 'elsewhere'));
    await client.hears('cluster');
    assert.ok(await cache.counted(ERRORS('nft')) > 0);
    assert.doesNotMatch(listed(), new RegExp(`${CLUSTER_IP} timeout`));
    renameSync(join(cache.bin, 'elsewhere'), join(cache.bin, 'nft'));
    await client.hears('node');
    await client.end();
    assert.equal(client.by.lost, 0);
  },
  async 'a server that hangs or is killed is passed by'() {
    const cache = new NodeCacheProcess(9353);
    await until(async () => (await ask()) === 'node', 'the node');
    cache.server.signal('SIGSTOP');
    await until(async () => (await ask(CLUSTER_IP, 500)) === 'cluster', 'the cluster');
    cache.server.signal('SIGCONT');
    await until(async () => (await ask()) === 'node', 'the node again');
    await cache.server.crash();
    await until(async () => (await ask(CLUSTER_IP, 500)) === 'cluster', 'the cluster');
    // What is left does nothing, and a new process takes it over.
    assert.ok(hasTable());
    const next = new NodeCacheProcess(9354);
    await until(async () => (await ask()) === 'node', 'the next process');
    assert.equal(await next.stop(), 0);
  },
  async 'a pod is answered by its node, and by the cluster when that is gone'() {
    const { pid, process: keeper } = await pod();
    try {
      const words = ['-t', `${pid}`, '-n', process.execPath, import.meta.filename, 'ask once'];
      // Not in this process's stead: the DNS of the cluster is in it.
      const inside = (): Promise<string> => new Promise((resolve) => execFile('nsenter', words, (_, said) => resolve(said)));
      assert.equal(await inside(), 'cluster');
      const cache = new NodeCacheProcess(9353);
      await until(async () => (await ask()) === 'node', 'the node');
      await until(async () => (await inside()) === 'node', 'the node, for the pod');
      assert.equal(await cache.stop(), 0);
      assert.equal(await inside(), 'cluster');
    } finally {
      keeper.kill();
    }
  },
  async 'ask once'() {
    process.stdout.write(String(await ask()));
  },
  async 'an end takes rules and addresses away, foreign ones stay, and no question is lost'() {
    nft('table inet foreign {\nchain c {\ntype filter hook output priority 0\nip daddr 192.0.2.99 drop\n}\n}\n');
    const before = [sh('nft', 'list', 'ruleset'), addresses()];
    const client = new Client();
    const cache = new NodeCacheProcess(9353, { addresses: `${LINK_LOCAL},${CLUSTER_IP}` });
    await until(isReady, 'readiness');
    await client.hears('node');
    assert.equal(await ask(LINK_LOCAL), 'node');
    assert.match(addresses(), /169\.254\.20\.10\/32/);
    assert.match(cache.server.stdout, /Nobody takes the place of 169\.254\.20\.10 where this process dies/);
    assert.equal(await cache.stop(), 0);
    await client.hears('cluster');
    await client.end();
    assert.equal(client.by.lost, 0);
    assert.deepEqual([sh('nft', 'list', 'ruleset'), addresses()], before);
  },
  async 'rules that somebody flushed are back, and so is an address'() {
    const cache = new NodeCacheProcess(9353, { args: ['-syncinterval', '1'] });
    await until(async () => (await ask()) === 'node', 'the node');
    sh('nft', 'delete', ...TABLE);
    await until(hasTable, 'the table');
    sh('ip', 'addr', 'del', `${CLUSTER_IP}/32`, 'dev', 'lo');
    await until(async () => (await ask()) === 'node', 'the node again');
    assert.match(addresses(), /10\.96\.0\.10\/32/);
    await until(async () => (await cache.counted('coredns_nodecache_mended_total{what="rules"}')) > 0, 'a count');
    await until(async () => (await cache.counted('coredns_nodecache_mended_total{what="interface"}')) > 0, 'a count');
  },
  async 'a second process takes over where the first is killed'() {
    const first = new NodeCacheProcess(9353);
    await until(async () => (await ask()) === 'node', 'the node');
    const second = new NodeCacheProcess(9354);
    await second.server.says(/CoreDNS-/);
    const client = new Client();
    await client.hears('node');
    await first.server.crash();
    await client.hears('node', 500);
    await client.end();
    // Its rules are renewed by the second one, which is the last now.
    await until(() => listed().includes(`${CLUSTER_IP} timeout`), 'the address');
    assert.equal(await second.stop(), 0);
    assert.equal(hasTable(), false);
  },
  async 'a roll-out loses nothing, and leaves interface and rules to the next'() {
    const first = new NodeCacheProcess(9353);
    await until(async () => (await ask()) === 'node', 'the node');
    const client = new Client(CLUSTER_IP, 16);
    const second = new NodeCacheProcess(9353);
    await second.server.says(/CoreDNS-/);
    await client.hears('node', 200);
    assert.equal(await first.stop(), 0);
    await client.hears('node', 500);
    assert.ok(hasTable());
    assert.match(addresses(), /10\.96\.0\.10\/32/);
    await client.end();
    assert.equal(client.by.lost, 0);
    assert.equal(await second.stop(), 0);
    assert.equal(hasTable(), false);
  },
  async 'a roll-out hands over what is kept, and one that fails leaves all as it was'() {
    const shared = mkdtempSync(join(tmpdir(), 'coredns-ts-shared-'));
    const options = { block: `cache {\nsnapshot ${shared}/kept\n}`, args: ['-handover', join(shared, 'socket')],
      addresses: LINK_LOCAL };
    const names = Array.from({ length: 100 }, (_, i) => `n${i}.test.`);
    const askAll = async (): Promise<void> => {
      for (const name of names) assert.equal(await ask(LINK_LOCAL, undefined, name), 'cluster');
    };
    try {
      const first = new NodeCacheProcess(9353, options);
      await until(isReady, 'readiness');
      await askAll();
      // What is asked from now on has another answer.
      says.octet = 3;
      assert.equal(await ask(LINK_LOCAL, undefined, 'new.test.'), 'the cluster later');
      // One that never is ready: it was asked to make room, and comes back.
      const wrong = new NodeCacheProcess(9354, { ...options, template: '.:53 {\nforwrad\n}\n' });
      assert.equal(await wrong.server.ended, 1);
      await first.server.says(/The process that was about to take the place of this one has ended: this one serves on/);
      await until(isReady, 'readiness of the first');
      const second = new NodeCacheProcess(9355, options);
      await second.server.says(/Taking the place of the process before.*Keeping 1\d\d of 1\d\d replies from snapshot/s);
      await first.server.says(/Another process takes the place of this one.*Another process takes the place of this one/s);
      await until(isReady, 'readiness of the second');
      assert.equal(await first.stop(), 0);
      await askAll();
      assert.ok(hasTable());
      assert.equal(await second.stop(), 0);
      assert.deepEqual([hasTable(), readdirSync(shared)], [false, ['kept']]);
    } finally {
      rmSync(shared, { recursive: true, force: true });
    }
  },
  async 'without rights it serves, and says what it lacks'() {
    sh('ip', 'addr', 'add', `${CLUSTER_IP}/32`, 'dev', 'lo');
    sh('nft', 'delete', 'table', 'ip', 'kube_proxy');
    const by = [sh('which', 'setpriv').trim(), '--bounding-set', '-net_admin', '--inh-caps', '-net_admin', '--ambient-caps', '-all'];
    const cache = new NodeCacheProcess(9353, { by, args: ['-rules', 'nft'] });
    await until(async () => (await ask(CLUSTER_IP, 500)) === 'node', 'the node');
    await cache.server.says(/\[ERROR\] nft: .*Operation not permitted.* \(the pod needs the capability NET_ADMIN\)/);
    assert.ok(await cache.counted(ERRORS('nft')) > 0);
    assert.equal(await isReady(), false);
  },
  async 'twelve rules of iptables an address, each once however often it begins, and foreign ones stay'() {
    const rules = (): readonly string[] => ['raw', 'filter'].flatMap((table) => sh('iptables', '-t', table, '-S').split('\n')).sort();
    sh('iptables', '-I', 'OUTPUT', '-d', '192.0.2.99', '-j', 'DROP');
    sh('iptables', '-t', 'raw', '-L');
    const before = rules();
    const options = { args: ['-rules', 'iptables', '-skipteardown'], programs: ['ip', 'iptables'] };
    const cache = new NodeCacheProcess(9353, options);
    await until(async () => (await ask()) === 'node', 'the node');
    await cache.server.says(/they stay where this process dies/);
    await until(() => rules().length === before.length + 12, 'twelve rules');
    assert.equal(await cache.stop(), 0);
    assert.equal(rules().length, before.length + 12);
    const next = new NodeCacheProcess(9353, { ...options, args: ['-rules', 'iptables'] });
    await until(isReady, 'readiness');
    assert.equal(rules().length, before.length + 12);
    // As if two had begun at once.
    sh('iptables', '-t', 'raw', '-I', 'OUTPUT', '-p', 'tcp', '-s', CLUSTER_IP, '--sport', '8080', '-j', 'NOTRACK',
      '-m', 'comment', '--comment', 'NodeLocal DNS Cache: skip conntrack');
    assert.equal(await next.stop(), 0);
    assert.deepEqual(rules(), before);
  },
  async 'an address that another interface has stays there'() {
    sh('ip', 'addr', 'add', `${CLUSTER_IP}/32`, 'dev', 'uplink');
    const cache = new NodeCacheProcess(9353);
    await cache.server.says(/10\.96\.0\.10 is an address of uplink already/);
    await until(async () => (await ask()) === 'node', 'the node');
    assert.equal(await cache.stop(), 0);
    assert.match(sh('ip', 'addr', 'show', 'dev', 'uplink'), /10\.96\.0\.10\/32/);
  },
  async 'a dummy interface is made and taken away'() {
    const cache = new NodeCacheProcess(9353, { args: ['-interfacename', 'nodelocaldns'] });
    await until(async () => (await ask()) === 'node', 'the node');
    assert.match(sh('ip', 'addr', 'show', 'dev', 'nodelocaldns'), /10\.96\.0\.10\/32/);
    assert.equal(await cache.stop(), 0);
    assert.equal(works('ip', 'link', 'show', 'nodelocaldns'), false, cache.server.stdout);
  },
};

const name = process.argv[2];
if (name !== undefined && process.argv[1] === import.meta.filename) {
  const isInside = name === 'ask once';
  const dns = isInside ? undefined : await cluster();
  try {
    await CASES[name]!();
  } finally {
    await cleanUp();
    dns?.close();
  }
}
