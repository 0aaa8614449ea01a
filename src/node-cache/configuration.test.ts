// What a node cache reads of its folders: changes are seen by content, what cannot be used is told once and leaves what was there in force.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { NodeCacheConfiguration } from './configuration.ts';
import { readNodeCacheOptions } from './options.ts';

/** Folders as the kubelet mounts ConfigMaps: files are links into a folder that is swapped. */
function scene(t: TestContext, base: string) {
  const folder = mkdtempSync(join(tmpdir(), 'coredns-ts-node-cache-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ['base', 'kube']) mkdirSync(join(folder, name));
  let version = 0;
  const mount = (name: string, files: Readonly<Record<string, string | Buffer>>): void => {
    const data = join(folder, name, `..${++version}`);
    mkdirSync(data);
    for (const [file, content] of Object.entries(files)) writeFileSync(join(data, file), content);
    symlinkSync(`..${version}`, join(folder, name, '..new'));
    renameSync(join(folder, name, '..new'), join(folder, name, '..data'));
    for (const file of Object.keys(files)) {
      rmSync(join(folder, name, file), { force: true });
      symlinkSync(`..data/${file}`, join(folder, name, file));
    }
  };
  mount('base', { 'Corefile.base': base });
  mount('kube', {});
  const options = readNodeCacheOptions(['-localip', '192.0.2.1', '-basecorefile', join(folder, 'base/Corefile.base'),
    '-kubednscm', join(folder, 'kube'), '-conf', join(folder, 'Corefile'), '-upstreamsvc', 'kube-dns-upstream']);
  assert.ok(typeof options !== 'string');
  const environment: Record<string, string> = { KUBE_DNS_UPSTREAM_SERVICE_HOST: '10.96.0.53' };
  const configuration = new NodeCacheConfiguration(options, 'abc', (name) => environment[name]);
  const complaints: string[] = [];
  configuration.complaints = (text) => complaints.push(text.replaceAll(folder, ''));
  return { folder, mount, configuration, complaints, environment };
}
const first = (text: string): string => text.split('\n')[0]!;

test('a ConfigMap that is swapped is seen, and the Corefile is written down', (t) => {
  const { folder, mount, configuration, complaints } = scene(t, '# __PILLAR__CLUSTER__DNS__ __PILLAR__UPSTREAM__SERVERS__');
  assert.equal(first(configuration.text()), '# 10.96.0.53 /etc/resolv.conf');
  const { digest } = configuration;
  configuration.text();
  assert.equal(configuration.digest, digest);
  mount('kube', { upstreamNameservers: '["192.0.2.53"]' });
  assert.equal(first(configuration.text()), '# 10.96.0.53 192.0.2.53');
  assert.notEqual(configuration.digest, digest);
  assert.equal(readFileSync(join(folder, 'Corefile'), 'utf8'), configuration.text());
  mount('base', { 'Corefile.base': '# new' });
  assert.equal(first(configuration.text()), '# new');
  assert.deepEqual(complaints, []);
});
test('what cannot be used is told once and leaves what was there', (t) => {
  const { mount, configuration, complaints } = scene(t, '# __PILLAR__UPSTREAM__SERVERS__');
  mount('kube', { upstreamNameservers: '["192.0.2.53"]' });
  configuration.text();
  mount('kube', { upstreamNameservers: '{' });
  mount('base', { 'Corefile.base': '# __PILLAR__UNKNOWN__' });
  for (let i = 0; i < 3; i++) assert.equal(first(configuration.text()), '# 192.0.2.53');
  assert.equal(complaints.length, 2);
  assert.match(complaints[0]!, /^\/kube: upstreamNameservers: .*: what it said before stays$/);
  assert.match(complaints[1]!, /^\/base\/Corefile\.base:1: __PILLAR__UNKNOWN__ has no value here.*: the Corefile stays as it is$/);
  // Whatever else is in a folder is nobody's business.
  mount('kube', { upstreamNameservers: '[]', other: Buffer.of(0xff) });
  mount('base', { 'Corefile.base': Buffer.of(0x23, 0xff), large: Buffer.alloc((1 << 20) + 1) });
  configuration.text();
  assert.match(complaints[2]!, /Corefile\.base is no text in UTF-8/);
  mount('base', { 'Corefile.base': `#${' '.repeat(1 << 20)}` });
  configuration.text();
  assert.match(complaints[3]!, /has 1048577 octets/);
  mount('base', { 'Corefile.base': '# well' });
  assert.equal(first(configuration.text()), '# well');
  assert.equal(complaints.length, 4);
});
test('without a template there is nothing to begin with; a Corefile that cannot be written is served all the same', (t) => {
  const { folder, configuration, complaints, environment } = scene(t, '# __PILLAR__CLUSTER__DNS__');
  delete environment['KUBE_DNS_UPSTREAM_SERVICE_HOST'];
  assert.throws(() => configuration.text(), /KUBE_DNS_UPSTREAM_SERVICE_HOST has no address in the environment/);
  environment['KUBE_DNS_UPSTREAM_SERVICE_HOST'] = '10.96.0.53';
  mkdirSync(join(folder, 'Corefile'));
  assert.equal(first(configuration.text()), '# 10.96.0.53');
  assert.match(complaints[0]!, /the Corefile is not written down: read \/Corefile: is a directory/);
  rmSync(join(folder, 'base/Corefile.base'));
  rmSync(join(folder, 'kube'), { recursive: true });
  assert.equal(first(configuration.text()), '# 10.96.0.53');
  assert.deepEqual(complaints.slice(1).map((text) => text.replace(/: (what|the).*/, '')),
    ['/kube: open /kube: no such file or directory', 'open /base/Corefile.base: no such file or directory']);
});
