// The node cache as it is installed: its DaemonSet and template, those of Kubernetes with the image changed, and its image's programs.
// Knows files, flags and `check`.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { NO_CONFIG, readClusterConfig } from '../../src/node-cache/cluster-config.ts';
import { renderCorefile } from '../../src/node-cache/corefile.ts';
import { NODE_CACHE_USAGE, readNodeCacheOptions } from '../../src/node-cache/options.ts';
import type { NodeCacheOptions } from '../../src/node-cache/options.ts';
import { read, root } from '../gates/checkout.ts';
import { documents, manifests } from './deploy-files.ts';
import { as } from './kinds.ts';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'coredns-ts-node-image-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

const one = (file: string) => manifests(`kubernetes/nodelocal/${file}.yaml`)[0];
const daemonSet = () => as(one('daemonset'), 'DaemonSet').spec!;
function optionsOf(args: readonly string[]): NodeCacheOptions {
  const options = readNodeCacheOptions(args);
  if (typeof options === 'string') throw new Error(options);
  return options;
}
/** What `check` says of a template with values. */
function checked(template: string, stubs = NO_CONFIG): string {
  const values = {
    addresses: ['169.254.20.10', '10.96.0.10'], port: 53, clusterDns: '10.96.0.53', clusterDnsVariable: 'X', config: stubs, nonce: 'abc',
  };
  const input = renderCorefile(template, 'Corefile.base', values);
  const { status, stdout, stderr } = spawnSync(`${root}bin/coredns-ts`, ['check', '-'], { encoding: 'utf8', input });
  return status === 0 ? '' : stdout + stderr;
}

test('a roll-out has two pods of a node, which declare no port and share one folder', () => {
  const { updateStrategy, template: { spec } } = daemonSet();
  assert.deepEqual(updateStrategy, { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } });
  const [{ args, ports, volumeMounts, securityContext, image, readinessProbe, livenessProbe }] = spec!.containers as [
    NonNullable<typeof spec>['containers'][number]];
  assert.equal(ports, undefined);
  assert.equal(spec!.hostNetwork, true);
  const options = optionsOf(args!);
  const shared = volumeMounts!.find(({ name }) => name === 'shared')!;
  assert.equal(path.dirname(options.handover), shared.mountPath);
  assert.ok(spec!.volumes!.find(({ name }) => name === 'shared')!.hostPath!.type === 'DirectoryOrCreate');
  const at = (file: string): string | undefined => volumeMounts!.find(({ mountPath }) => path.dirname(file) === mountPath)?.name;
  assert.deepEqual([at(options.corefile), at(options.template), at('/etc/kube-dns/x')], ['made', 'template', 'kube-dns']);
  assert.deepEqual(securityContext!.capabilities, { add: ['NET_ADMIN', 'NET_BIND_SERVICE'], drop: ['ALL'] });
  assert.equal(image, `coredns-ts-node-cache:${JSON.parse(read('package.json')).version}`);
  // Probes ask the node's own address, where the template says that it is answered.
  const template = as(one('configmap'), 'ConfigMap').data!['Corefile']!;
  for (const [word, probe] of [['ready', readinessProbe], ['health', livenessProbe]] as const) {
    const { host, port } = probe!.httpGet!;
    assert.ok(template.includes(`${word} ${host}:${port}\n`), word);
    assert.ok(options.addresses.includes(host!));
  }
  for (const [, file] of template.matchAll(/snapshot (\S+)/g)) assert.equal(path.dirname(file!), shared.mountPath);
});
test('the Service of -upstreamsvc is there, and finds the same pods as that of the cluster', () => {
  const { metadata, spec } = as(one('service-upstream'), 'Service');
  assert.equal(metadata.name, optionsOf(daemonSet().template.spec!.containers[0]!.args!).upstreamService);
  assert.deepEqual(spec!.selector, as(manifests('kubernetes/service.yaml')[0], 'Service').spec!.selector);
});
test('kustomize finds each file that it names', () => {
  const [{ resources }] = documents(read('deploy/kubernetes/nodelocal/kustomization.yaml'), 'kustomization') as [{ resources: string[] }];
  for (const file of resources) assert.ok(one(file.replace('.yaml', '')) !== undefined, file);
});

/** The form of the template that Kubernetes ships, with its variables. */
const SHIPPED = `cluster.local:53 {
    errors
    cache {
            success 9984 30
            denial 9984 5
    }
    reload
    loop
    bind __PILLAR__LOCAL__DNS__ __PILLAR__DNS__SERVER__
    forward . __PILLAR__CLUSTER__DNS__ {
            force_tcp
    }
    prometheus :9253
    health 169.254.20.10:8080
    }
in-addr.arpa:53 {
    errors
    cache 30
    reload
    loop
    bind __PILLAR__LOCAL__DNS__ __PILLAR__DNS__SERVER__
    forward . __PILLAR__CLUSTER__DNS__ {
            force_tcp
    }
    prometheus :9253
    }
.:53 {
    errors
    cache 30
    reload
    loop
    bind __PILLAR__LOCAL__DNS__ __PILLAR__DNS__SERVER__
    forward . __PILLAR__UPSTREAM__SERVERS__
    prometheus :9253
    }
`;
test('check finds nothing wrong with our template, its options, and that of Kubernetes', () => {
  const template = as(one('configmap'), 'ConfigMap').data!['Corefile']!;
  assert.equal(checked(template), '');
  assert.equal(checked(template.replaceAll('# prefetch', 'prefetch').replaceAll('# serve_stale', 'serve_stale')), '');
  const said = (name: string): string => (name === 'stubDomains' ? '{"a.test": ["192.0.2.1"]}' : '["192.0.2.2"]');
  const stubs = readClusterConfig({ text: said });
  assert.equal(checked(SHIPPED, stubs), '');
});
test('the page has every flag that is taken, and no other', () => {
  const told = new Set([...NODE_CACHE_USAGE.matchAll(/(?:^|[\s,])-([a-z][a-z.-]*)/g)].map(([, flag]) => flag!));
  const [, table = ''] = /## Flags\n\n(.*?)\n\n/s.exec(read('docs/node-cache.md')) ?? [];
  const cells = [...table.matchAll(/^\| (.*?) \|/gm)].map(([, cell]) => cell!).join();
  const rows = new Set([...cells.matchAll(/`-([a-z.-]+)`/g)].map(([, flag]) => flag!));
  assert.deepEqual([...rows].sort(), [...told].sort());
});
test('the image of the node cache has its programs and is not the one that is built without a word', () => {
  const stages = read('deploy/docker/Dockerfile').split(/^FROM /m);
  const stage = stages.find((each) => each.startsWith('scratch AS node-cache\n'))!;
  assert.match(stage, /^ENTRYPOINT \["\/coredns", "node-cache"\]$/m);
  assert.match(stage, /^ENV PATH=/m);
  assert.doesNotMatch(stage, /^RUN /m);
  assert.ok(stages.at(-1)!.startsWith('scratch\n'));
});

const made = path.join(scratch, 'tools');
const tools = path.join(root, 'deploy/docker/tools.sh');
const laid = spawnSync('sh', [tools, made, 'ip', 'nft', 'iptables', 'ip6tables'], { encoding: 'utf8' });
const TRY = 'ip link set lo up && nft -f - && nft list tables && for i in iptables ip6tables; do '
  + '$i -w 5 -t raw -I OUTPUT -p udp --dport 53 -j NOTRACK -m comment --comment "a b" && '
  + '$i -w 5 -I INPUT -p tcp --dport 53 -j ACCEPT; done';
/** Each program by itself: there is no shell in the image. */
const inside = (by: string): string => TRY.replace(/\b(ip|nft) (?=link|-f|list)/g, `${by} $1 `).replaceAll('$i', `${by} $i`);
const works = (by: string): boolean =>
  spawnSync('unshare', ['-rn', 'sh', '-ec', inside(by)], { input: 'table inet a {\n}\n' }).status === 0;
test('its programs run where nothing else is', {
  skip: laid.status === 0 && works('env') ? false : 'needs ip, nft, iptables and `unshare`',
}, () => {
  assert.ok(works(`env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot ${made}`));
  const missing = execFileSync('sh', ['-c', `ls ${made}`], { encoding: 'utf8' });
  assert.doesNotMatch(missing, /etc|var/);
});
