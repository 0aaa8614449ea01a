// What `kubeadm upgrade` makes of a cluster that runs this image: its library must know the version that the image is tagged with, and
// the Corefile that it makes must be one of ours. Knows the page, and the answers of that library; skipped where it was not built.
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
