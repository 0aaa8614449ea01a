// The package of a platform: what is in it, and that a server finds its addons there, where its own package names it and only then.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { packagedFile } from '../src/quic/platform.ts';
import { needsQuic } from '../src/testing/conformance/quic-client.ts';
import { missing } from './servers/programs.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const without = needsQuic.skip || missing('cargo')
  || (!existsSync(join(root, 'native/udp-batch/build/udp-batch.node')) && 'the C addon is not built');

test('both addons, the licences of every crate, and for which machines they are', { skip: without }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'platform-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const made = join(folder, 'node_modules', 'made');
  execFileSync(process.execPath, [join(root, 'scripts/platform.mjs'), made], { stdio: 'ignore' });
  const manifest = JSON.parse(readFileSync(join(made, 'package.json'), 'utf8')) as Record<string, unknown>;
  assert.deepEqual([manifest['os'], manifest['cpu'], manifest['scripts']], [['linux'], [process.arch], undefined]);
  assert.match(String(manifest['name']), /^coredns-ts-linux-(x64|arm64)-(gnu|musl)$/);
  const texts = readFileSync(join(made, 'LICENCES'), 'utf8');
  for (const crate of ['quinn-proto', 'rustls', 'rustls-webpki', 'aws-lc-rs', 'aws-lc-sys', 'bytes', 'libc']) {
    assert.match(texts, new RegExp(`^=== ${crate} [\\d.]+ \\(.+\\)\\n--- `, 'm'), crate);
  }
  // As npm would put it, beside a package that names it.
  const name = String(manifest['name']);
  const beside = join(folder, 'node_modules', name);
  execFileSync('mv', [made, beside]);
  const own = join(folder, 'node_modules', 'coredns-ts');
  mkdirSync(join(own, 'dist'), { recursive: true });
  const from = pathToFileURL(join(own, 'dist', 'index.js')).href;
  writeFileSync(join(own, 'package.json'), JSON.stringify({ name: 'coredns-ts' }));
  assert.equal(packagedFile('quic.node', from), undefined);
  writeFileSync(join(own, 'package.json'), JSON.stringify({ name: 'coredns-ts', optionalDependencies: { [name]: '0.1.0' } }));
  assert.equal(packagedFile('quic.node', from), join(beside, 'quic.node'));
  assert.equal(packagedFile('udp-batch.node', from), join(beside, 'udp-batch.node'));
});
