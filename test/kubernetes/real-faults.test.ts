// Our server on a real kube-apiserver that is killed, frozen, and forgets, that pages its lists, and takes no old tokens: answers go on
// and end up right. Runs where KUBE_APISERVER and ETCD name the binaries.
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Namespace, addressOf, grantLeast, revoke, tokenOf } from './real-objects.ts';
import { ABSENT, RealCluster, until } from './real-cluster.ts';
import { Served, byCertificate, byKubeconfig } from './real-server.ts';

const WEB = 'web.shop.svc.cluster.local A';
const SLICES = '/apis/discovery.k8s.io/v1/endpointslices';

suite('a real API server in trouble', { skip: ABSENT, timeout: 400_000 }, () => {
  let cluster: RealCluster;
  let shop: Namespace;
  let web = '';
  let streams = false;

  before(async () => {
    cluster = await RealCluster.start();
    streams = await cluster.streams();
    await grantLeast(cluster);
    shop = await new Namespace(cluster, 'shop').create();
    web = addressOf(await shop.service('web'));
    await shop.service('lost', { clusterIP: 'None' });
    await shop.slice('lost-1', 'lost', { '10.1.0.1': undefined });
  });
  after(() => cluster?.close());

  const start = async (t: Parameters<typeof Served.start>[0], more: readonly string[] = []) => {
    const served = await Served.start(t, cluster.folder, [...byCertificate(cluster, cluster.admin), 'pods verified', ...more]);
    await served.ready();
    return served;
  };
  /** Lists, streamed or not, by collection. */
  const lists = () => {
    const counts = new Map<string, number>();
    for (const { path, query, status } of cluster.audited()) {
      const whole = streams && query.has('sendInitialEvents');
      if (status === 200 && (!query.has('watch') || whole)) counts.set(path, (counts.get(path) ?? 0) + 1);
    }
    return counts;
  };

  test('killed and started again: answers go on, what changes afterwards arrives, nothing is listed twice', async (t) => {
    const served = await start(t);
    lists();
    await cluster.kill();
    await served.says(/Failed to watch services: /);
    assert.match(await served.answer(WEB), new RegExp(` A ${web}$`));
    await cluster.run();
    const added = addressOf(await shop.service('added'));
    await served.comes('added.shop.svc.cluster.local A', new RegExp(` A ${added}$`), 10_000);
    assert.match(await served.answer(WEB), new RegExp(` A ${web}$`));
    await shop.slice('lost-2', 'lost', { '10.1.0.2': undefined });
    t.after(() => Promise.all([shop.remove('service', 'added'), shop.remove('endpointslice', 'lost-2')]));
    await served.comes('lost.shop.svc.cluster.local A', /10\.1\.0\.1\n[\s\S]*10\.1\.0\.2$/);
    for (const [path, count] of lists()) assert.ok(count <= 1, `${path} was listed ${count} times`);
  });

  test('history that etcd has compacted: 410, one new list, and what was lost meanwhile is gone', async (t) => {
    const served = await start(t);
    lists();
    const key = '/registry/endpointslices/shop/lost-1';
    await cluster.kill();
    await cluster.loseHistory(key);
    await cluster.run();
    await served.comes('lost.shop.svc.cluster.local A', /^NXDOMAIN/);
    assert.equal(lists().get(SLICES), 1);
    await shop.slice('lost-1', 'lost', { '10.1.0.1': undefined });
    await served.comes('lost.shop.svc.cluster.local A', /10\.1\.0\.1$/);
  });

  test('frozen: noticed within 15 s, and well again at once when it is thawed', async (t) => {
    const file = join(cluster.folder, 'snapshot');
    const served = await start(t, [`snapshot ${file}`]);
    await until('the snapshot', () => existsSync(file));
    t.after(() => cluster.thaw());
    const frozen = performance.now();
    cluster.freeze();
    await served.comes(`${WEB} +edns`, /^ede 3 "/m, 16_500);
    const noticed = (performance.now() - frozen) / 1000;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, 20_000 - noticed * 1000)));
    assert.match(await served.answer(WEB), new RegExp(` A ${web}$`));
    const thawed = performance.now();
    cluster.thaw();
    const added = addressOf(await shop.service('thawed'));
    await served.comes('thawed.shop.svc.cluster.local A', new RegExp(` A ${added}$`));
    await until('no staleness', async () => !/^ede/m.test(await served.answer(`${WEB} +edns`)), () => served.log());
    t.diagnostic(`noticed after ${noticed.toFixed(1)} s, well ${((performance.now() - thawed) / 1000).toFixed(1)} s after the thaw`);
    await shop.remove('service', 'thawed');
  });

  test('bookmarks: a watch goes on behind changes that its selector hides', async (t) => {
    await start(t);
    await shop.pod('done', '10.1.0.8');
    await cluster.patch('/api/v1/namespaces/shop/pods/done/status', { status: { phase: 'Succeeded' } });
    cluster.audited();
    const { metadata } = await shop.change('pod', 'done', { metadata: { labels: { hidden: 'yes' } } });
    const hidden = Number((metadata as { readonly resourceVersion: string }).resourceVersion);
    await until('a watch behind it', () => cluster.audited().some(({ path, query }) =>
      path === '/api/v1/pods' && !query.has('sendInitialEvents') && Number(query.get('resourceVersion')) >= hidden), () => '', 40_000);
    await shop.remove('pod', 'done');
  });

  test('a token file is replaced and the old token worth nothing: read again at once', async (t) => {
    const tokenFile = join(cluster.folder, 'rotating.token');
    writeFileSync(tokenFile, await tokenOf(cluster, 'old'));
    const served = await Served.start(t, cluster.folder, [byKubeconfig(cluster, 'rotating', { tokenFile })]);
    await served.ready();
    writeFileSync(tokenFile, await tokenOf(cluster, 'new'));
    await revoke(cluster, 'old');
    cluster.audited();
    // The API server remembers for some seconds that a token was good, and open watches last: not after a restart.
    await cluster.kill();
    await cluster.run();
    const added = addressOf(await shop.service('token'));
    await served.comes('token.shop.svc.cluster.local A', new RegExp(` A ${added}$`), 10_000);
    assert.ok(cluster.audited().some(({ status }) => status === 401), 'the old token was good');
    assert.doesNotMatch(served.log(), /Unauthorized/);
    await shop.remove('service', 'token');
  });

  test('an API without streamed lists: pages of 500', async (t) => {
    const names = Array.from({ length: 1100 }, (_, i) => `page-${i}`);
    for (let i = 0; i < names.length; i += 20) {
      await Promise.all(names.slice(i, i + 20).map((name, k) =>
        shop.slice(name, 'lost', { [`10.2.${(i + k) >> 8}.${(i + k) & 255}`]: name })));
    }
    await cluster.kill();
    await cluster.run(['--feature-gates=WatchList=false', '--watch-cache=false']);
    cluster.audited();
    const served = await start(t);
    for (const name of ['page-0', 'page-600', 'page-1099']) {
      assert.match(await served.answer(`${name}.lost.shop.svc.cluster.local A`), /^NOERROR[\s\S]* A 10\.2\.\d+\.\d+$/);
    }
    const pages = cluster.audited().filter(({ path, query, status }) => path === SLICES && !query.has('watch') && status === 200);
    assert.deepEqual(pages.map(({ query }) => [query.get('limit'), query.has('continue')]), [['500', false], ['500', true], ['500', true]]);
    await shop.remove('endpointslice', 'page-600');
    await served.comes('page-600.lost.shop.svc.cluster.local A', /^NXDOMAIN/);
    assert.doesNotMatch(served.log(), /ERROR|WARNING/);
  });
});
