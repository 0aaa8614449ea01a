// What `kubeadm upgrade` makes of a cluster that runs this image: its library must know the version that the image is tagged with, the
// Corefile that it makes must be one of ours, and `migrate` must make the same. Knows the page, and the answers of that library; skipped
// where it was not built.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { read, root } from '../gates/checkout.ts';
import { documents, program } from './deploy-files.ts';

/** The tag of the page: all of them are one. */
const tags = [...read('deploy/README.md').matchAll(/coredns:(v[\d.]+\d)|imageTag: (v[\d.]+\d)/g)].map(([, image, tag]) => image ?? tag);

const [configMap] = documents(read('deploy/kubernetes/configmap.yaml'), 'configmap.yaml') as [{ data: { Corefile: string } }];

interface Said { readonly versions: readonly string[]; readonly corefile: string; readonly error: string }
const libraryTest = (what: string, run: (ask: (from: string, corefile: string) => Said) => void) => test(what, (t: TestContext) => {
  const library = program('corefile-migration', 'COREFILE_MIGRATION');
  if (library === undefined) return t.skip('the library of kubeadm is not built (test/go/kubeadm; COREFILE_MIGRATION names it)');
  run((from, corefile) => {
    const { status, stdout, stderr } = spawnSync(library, [from], { encoding: 'utf8', input: corefile, timeout: 60_000 });
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout) as Said;
  });
});

test('the page names one tag', () => {
  assert.ok(tags.length >= 4);
  assert.deepEqual([...new Set(tags)].length, 1);
});

libraryTest('the tag of the page is the newest version that kubeadm knows', (ask) => {
  assert.equal(tags[0], `v${ask('1.14.7', configMap.data.Corefile).versions.at(-1)}`);
});

libraryTest('a version of our own numbers stops the upgrade, so nobody tags the image with it alone', (ask) => {
  const version = (JSON.parse(read('package.json')) as { version: string }).version;
  assert.match(ask(version, configMap.data.Corefile).error, /not supported/);
});

libraryTest('the Corefile that kubeadm makes of an older one is understood whole', (ask) => {
  for (const from of ['1.9.3', '1.12.1', '1.14.7', tags[0]!.slice(1)]) {
    const { corefile, error } = ask(from, configMap.data.Corefile);
    if (from !== tags[0]!.slice(1)) assert.equal(error, '', from);
    const asked = error === '' ? corefile : configMap.data.Corefile;
    const { status, stdout, stderr } = spawnSync(`${root}bin/coredns-ts`, ['check', '-'], { encoding: 'utf8', input: asked });
    assert.equal(status, 0, `${from}: ${stdout}${stderr}`);
  }
});

/** The lines of a Corefile without comments, space and order. */
const linesOf = (corefile: string): string[] =>
  corefile.split('\n').map((line) => line.replace(/#.*/, '').trim().replaceAll(/\s+/g, ' ')).filter((line) => line !== '').sort();
const BLOCK = 'kubernetes cluster.local {';
const OLD: readonly (readonly [from: string, lines: readonly string[]])[] = [
  ['1.1.3', ['errors', 'health', BLOCK, 'upstream', 'fallthrough in-addr.arpa', '}', 'proxy . /etc/resolv.conf', 'cache 30', 'reload']],
  ['1.2.6', ['health', BLOCK, 'endpoint http://a http://b', 'resyncperiod 5m', '}', 'proxy . 10.0.0.1 {', 'except a.test', '}', 'loop']],
  ['1.4.0', ['errors', BLOCK, 'transfer to *', '}', 'forward . 10.0.0.1 {', 'max_fails 2', '}', 'loop', 'cache']],
  ['1.6.4', ['health', 'ready', 'kubernetes cluster.local', 'forward . 10.0.0.1', 'loop']],
  ['1.14.0', ['health', 'forward . 10.0.0.1']],
];
libraryTest('ours makes of an older Corefile what kubeadm makes of it', (ask) => {
  for (const [from, lines] of OLD) {
    const text = `.:53 {\n${lines.join('\n')}\n}\n`;
    const { corefile, versions } = ask(from, text);
    const { stdout, stderr } = spawnSync(`${root}bin/coredns-ts`, ['migrate', '--from', from, '--to', versions.at(-1)!, '-'],
      { encoding: 'utf8', input: text });
    assert.deepEqual(linesOf(stdout), linesOf(corefile), `${from}: ${stderr}`);
  }
});
libraryTest('ours moves between the versions that kubeadm knows', (ask) => {
  const { stdout } = spawnSync(`${root}bin/coredns-ts`, ['migrate', 'validversions'], { encoding: 'utf8' });
  assert.deepEqual(stdout.trim().split('\n'), ask('1.14.7', '.').versions);
});

test('what is unsupported is what nobody knows', () => {
  const unsupported = (lines: string) => spawnSync(`${root}bin/coredns-ts`, ['migrate', 'unsupported', '--from', '1.9.3', '-'], {
    encoding: 'utf8', input: `.:53 {\n${lines}\n}\n`,
  }).stdout;
  assert.equal(unsupported('grpc . 10.0.0.1\nforward . 10.0.0.1 {\nmax_age 1h\n}\nkubernetes {\nmulticluster a\n}\ncache 30'), '');
  assert.equal(unsupported('grcp . 10.0.0.1'), 'Plugin "grcp" is unsupported by this migration tool in 1.15.0.\n');
});
