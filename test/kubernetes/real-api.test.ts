// Our server on a real kube-apiserver: every way to reach it and to say who we are, with exactly the rights that deploy/ gives, and less.
// Runs where KUBE_APISERVER and ETCD name the binaries.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { systemClock } from '../../src/kernel/clock.ts';
import { readApiConfig } from '../../src/kube-api/api-config.ts';
import { KubeApi } from '../../src/kube-api/kube-api.ts';
import { Metrics } from '../../src/kernel/seen/metrics.ts';
import type { Log } from '../../src/kernel/seen/log.ts';
import { Namespace, addressOf, grantLeast, rulesOf, setRules, tokenOf } from './real-objects.ts';
import { ABSENT, RealCluster, until } from './real-cluster.ts';
import type { Audited } from './real-cluster.ts';
import { Served, byCertificate, byKubeconfig } from './real-server.ts';

const ACCOUNT = 'system:serviceaccount:kube-system:coredns';
const COLLECTIONS = ['/api/v1/namespaces', '/api/v1/pods', '/api/v1/services', '/apis/discovery.k8s.io/v1/endpointslices'];

/** The collections that were read from their beginning, in order of their names. */
const readWhole = (requests: readonly Audited[], streamed: boolean): readonly string[] => requests.filter(({ query, status }) =>
  status === 200 && (streamed ? query.has('sendInitialEvents') : !query.has('watch'))).map(({ path }) => path).sort();

suite('a real API server', { skip: ABSENT, timeout: 240_000 }, () => {
  let cluster: RealCluster;
  let shop: Namespace;
  let streams = false;
  let web = '';
  let token = '';

  before(async () => {
    cluster = await RealCluster.start();
    streams = await cluster.streams();
    await grantLeast(cluster);
    token = await tokenOf(cluster, 'first');
    shop = await new Namespace(cluster, 'shop').create();
    web = addressOf(await shop.service('web'));
    await shop.service('head', { clusterIP: 'None' });
    await shop.slice('web-1', 'web', { '10.1.0.1': undefined });
    await shop.slice('head-1', 'head', { '10.1.0.2': 'db-0', '10.1.0.3': undefined });
    await shop.service('away', { type: 'ExternalName', externalName: 'web.shop.svc.cluster.local', ports: [] });
    await shop.service('both', { ipFamilyPolicy: 'RequireDualStack' });
    await shop.pod('one', '10.1.0.1');
  });
  after(() => cluster?.close());

  const serves = async (served: Served) => {
    await served.ready();
    await served.comes('web.shop.svc.cluster.local A', new RegExp(`^NOERROR aa[\\s\\S]* IN A ${web}$`));
  };
  const byToken = () => byKubeconfig(cluster, 'token', { token });

  test('endpoint and tls: what was created is answered, what changes follows', async (t) => {
    cluster.audited();
    const served = await Served.start(t, cluster.folder, [...byCertificate(cluster, cluster.admin), 'pods verified']);
    await serves(served);
    const answer = (text: string) => served.answer(text);
    assert.equal(await answer('head.shop.svc.cluster.local A'), `NOERROR aa
answer head.shop.svc.cluster.local. 5 IN A 10.1.0.2
answer head.shop.svc.cluster.local. 5 IN A 10.1.0.3`);
    assert.match(await answer('db-0.head.shop.svc.cluster.local A'), /IN A 10\.1\.0\.2$/);
    assert.match(await answer('_http._tcp.web.shop.svc.cluster.local SRV'), /SRV 0 100 80 web\.shop\.svc\.cluster\.local\.$/m);
    assert.match(await answer('away.shop.svc.cluster.local A'), new RegExp(`CNAME web\\.shop[\\s\\S]* A ${web}$`, 'm'));
    assert.match(await answer('both.shop.svc.cluster.local AAAA'), / AAAA fd00:96::/);
    assert.match(await answer(`${web.split('.').reverse().join('.')}.in-addr.arpa PTR`), /PTR web\.shop\.svc\.cluster\.local\.$/m);
    assert.match(await answer('10-1-0-1.shop.pod.cluster.local A'), /IN A 10\.1\.0\.1$/);
    assert.match(await answer('10-1-0-9.shop.pod.cluster.local A'), /^NXDOMAIN/);
    assert.match(await answer('none.shop.svc.cluster.local A'), /^NXDOMAIN[\s\S]* SOA /);

    const later = addressOf(await shop.service('later'));
    await served.comes('later.shop.svc.cluster.local A', new RegExp(` A ${later}$`));
    await shop.change('endpointslice', 'head-1', { endpoints: [{ addresses: ['10.1.0.4'], conditions: { ready: true } }] });
    await served.comes('head.shop.svc.cluster.local A', /A 10\.1\.0\.4$/);
    await shop.change('endpointslice', 'head-1', {
      endpoints: [['10.1.0.2', 'db-0'], ['10.1.0.3']].map(([address, hostname]) =>
        ({ addresses: [address], conditions: { ready: true }, hostname })),
    });
    await shop.remove('service', 'later');
    await served.comes('later.shop.svc.cluster.local A', /^NXDOMAIN/);
    await shop.pod('two', '10.1.0.9');
    await served.comes('10-1-0-9.shop.pod.cluster.local A', /IN A 10\.1\.0\.9$/);
    await shop.remove('pod', 'two');
    await served.comes('10-1-0-9.shop.pod.cluster.local A', /^NXDOMAIN/);

    const asked = cluster.audited();
    t.diagnostic(streams ? 'the API streams lists' : 'the API does not stream lists: its etcd is too old');
    assert.deepEqual(readWhole(asked, streams), COLLECTIONS);
    assert.ok(!streams || asked.every(({ query }) => query.has('watch')), 'something was listed');
    assert.doesNotMatch(served.log(), /ERROR|WARNING/);
  });

  test('kubeconfig: a token with exactly the rights of deploy/', async (t) => {
    cluster.audited();
    const served = await Served.start(t, cluster.folder, [byToken(), 'pods verified']);
    await serves(served);
    assert.match(await served.answer('10-1-0-1.shop.pod.cluster.local A'), /IN A 10\.1\.0\.1$/);
    const asked = cluster.audited();
    assert.deepEqual(readWhole(asked, streams), COLLECTIONS);
    assert.ok(asked.every(({ user, status }) => user === ACCOUNT && status === 200));
    assert.doesNotMatch(served.log(), /ERROR|WARNING/);
  });

  test('kubeconfig: a client certificate, and one as data', async (t) => {
    const { certificate, key } = cluster.authority.user(ACCOUNT, { file: 'account' });
    const data = (file: string) => readFileSync(file).toString('base64');
    for (const [name, user] of [
      ['files', { 'client-certificate': 'account.crt', 'client-key': 'account.key' }],
      ['data', { 'client-certificate-data': data(certificate), 'client-key-data': data(key) }],
    ] as const) await serves(await Served.start(t, cluster.folder, [byKubeconfig(cluster, name, user)]));
    assert.ok(cluster.audited().some(({ user }) => user === ACCOUNT));
  });

  test('kubeconfig: what a command prints', async (t) => {
    const said = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token } };
    writeFileSync(join(cluster.folder, 'login.sh'), `echo '${JSON.stringify(said)}'\n`);
    const exec = { apiVersion: said.apiVersion, command: 'sh', args: [join(cluster.folder, 'login.sh')], interactiveMode: 'Never' };
    await serves(await Served.start(t, cluster.folder, [byKubeconfig(cluster, 'exec', { exec })]));
  });

  test('in the cluster: the account of the pod', async (t) => {
    const folder = join(cluster.folder, 'var/run/secrets/kubernetes.io/serviceaccount');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'token'), token);
    copyFileSync(cluster.authority.ca, join(folder, 'ca.crt'));
    const control = new AbortController();
    t.after(() => control.abort());
    const environment = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(cluster.port) };
    const config = await readApiConfig({}, { clock: systemClock, environment, root: cluster.folder });
    const log = { info: () => {}, warning: () => {}, error: (text: string) => t.diagnostic(text) } as unknown as Log;
    const api = new KubeApi(config, { clock: systemClock, log, metrics: new Metrics(), signal: control.signal });
    const names: unknown[] = [];
    const put = ({ metadata }: { metadata?: { readonly [field: string]: unknown } }) => names.push(metadata?.['name']);
    const watch = api.watch({ path: '/api/v1/services', namespace: 'shop' }, { begin: () => {}, put, remove: () => {}, synced: () => {} });
    await until('a list', () => watch.synced);
    assert.deepEqual(names.sort(), ['away', 'both', 'head', 'web']);
  });

  test('less rights than needed: the log says what to grant, the rest is served, and it is seen to be mended', async (t) => {
    const rules = await rulesOf(cluster);
    t.after(() => setRules(cluster, rules));
    for (const missing of ['pods', 'endpointslices']) {
      await setRules(cluster, rules.map((rule) => ({ ...rule, resources: rule.resources.filter((each) => each !== missing) }))
        .filter(({ resources }) => resources.length > 0));
      const served = await Served.start(t, cluster.folder, [byToken(), 'pods verified', 'startup_timeout 1s']);
      const resource = `resource ${missing}${missing === 'pods' ? '' : ' in apiGroup discovery.k8s.io'}`;
      await served.says(new RegExp(`Failed to watch ${missing}: ${missing}\\S* is forbidden.*`
        + `grant its user the verbs list and watch on ${resource} by a ClusterRole`));
      await served.comes('web.shop.svc.cluster.local A', new RegExp(` A ${web}$`));
      assert.equal(await served.isReady(), false);
      assert.equal(served.log().match(/Failed to watch/g)?.length, 1);
      await setRules(cluster, rules);
      await served.ready();
      await served.comes('10-1-0-1.shop.pod.cluster.local A', /IN A 10\.1\.0\.1$/);
      await served.comes('head.shop.svc.cluster.local A', /A 10\.1\.0\.2\n[\s\S]*A 10\.1\.0\.3$/);
    }
  });

  test('a client certificate that has expired: said, and a new file is taken at once', async (t) => {
    const expired = cluster.authority.user(ACCOUNT, { file: 'short', days: 0 });
    const served = await Served.start(t, cluster.folder, [...byCertificate(cluster, expired), 'startup_timeout 2s']);
    await served.says(/Failed to watch services: Unauthorized \(our client certificate has expired at \S+Z\)/);
    assert.match(await served.answer('web.shop.svc.cluster.local A'), /^SERVFAIL/);
    const fresh = cluster.authority.user(ACCOUNT, { file: 'long' });
    copyFileSync(fresh.certificate, expired.certificate);
    copyFileSync(fresh.key, expired.key);
    await serves(served);
  });
});
