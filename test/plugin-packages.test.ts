// The packages beside the server, as somebody has them who installed their tarballs beside a Corefile: their scenarios, their pages, and
// that what is packed is JavaScript that says which servers it fits. Knows the compiled program from outside.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { root } from './gates/checkout.ts';

const scratch = mkdtempSync(path.join(tmpdir(), 'coredns-ts-packages-'));
after(() => rmSync(scratch, { recursive: true, force: true }));
const program = path.join(root, 'bin/coredns-ts');
const packages = readdirSync(path.join(root, 'packages')).filter((name) => name.startsWith('coredns-ts-plugin-'));
/** The word of the Corefile that a package brings. */
const word = (name: string): string =>
  /^ {2}name: '(\w+)'/m.exec(readFileSync(path.join(scratch, 'node_modules', name, 'index.js'), 'utf8'))![1]!;
const run = promisify(execFile);
const environment = {
  ...process.env, PATH: `${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`, NODE_TEST_CONTEXT: undefined,
  npm_config_cache: path.join(scratch, 'cache'), npm_config_update_notifier: 'false',
};
const played = async (command: string, args: readonly string[], cwd: string): Promise<string> => {
  try {
    return (await run(command, args, { cwd, env: environment })).stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    return `${stdout}${stderr}`;
  }
};

/** Packs each and unpacks the tarball where npm would have put it. */
before(async () => {
  for (const name of packages) {
    const made = path.join(scratch, 'made', name);
    await run(process.execPath, [path.join(root, 'scripts/plugin-package.mjs'), name, made], { env: environment });
    await run('npm', ['pack', '--offline', '--pack-destination', scratch], { cwd: made, env: environment });
    const [tarball] = readdirSync(scratch).filter((file) => file.startsWith(`${name}-`) && file.endsWith('.tgz'));
    const at = path.join(scratch, 'node_modules', name);
    mkdirSync(at, { recursive: true });
    await run('tar', ['xzf', path.join(scratch, tarball!), '-C', at, '--strip-components=1']);
  }
});

for (const name of packages) {
  test(`${name}: what is packed`, () => {
    const at = path.join(scratch, 'node_modules', name);
    const files = readdirSync(at);
    assert.deepEqual(files.filter((file) => file.endsWith('.ts')), []);
    for (const file of ['index.js', 'README.md', 'LICENSE']) assert.ok(files.includes(file), file);
    const manifest = JSON.parse(readFileSync(path.join(at, 'package.json'), 'utf8'));
    assert.equal(manifest.exports, './index.js');
    assert.match(manifest.peerDependencies['coredns-ts'], /^\^\d/);
    assert.equal(typeof manifest['coredns-ts'].before, 'string');
    assert.deepEqual([manifest.dependencies, manifest.scripts], [undefined, undefined]);
  });

  test(`${name}: its scenarios, with plugin.cfg beside them`, async () => {
    const folder = mkdtempSync(path.join(scratch, 'played-'));
    writeFileSync(path.join(folder, 'plugin.cfg'), `${word(name)}:${name}\n`);
    const scenarios = readdirSync(path.join(root, 'packages', name)).filter((file) => file.endsWith('.scenario'));
    assert.ok(scenarios.length > 0);
    for (const file of scenarios) {
      writeFileSync(path.join(folder, file), readFileSync(path.join(root, 'packages', name, file)));
      assert.match(await played(program, ['scenario', file], folder), /^\d+ scenes? passed, 0 failed\n$/);
    }
  });

  test(`${name}: the Corefiles of its page, with the files beside them`, async () => {
    const page = readFileSync(path.join(scratch, 'node_modules', name, 'README.md'), 'utf8');
    const folder = mkdtempSync(path.join(scratch, 'page-'));
    writeFileSync(path.join(folder, 'plugin.cfg'), `${word(name)}:${name}\n`);
    const beside = page.matchAll(/`([\w.-]+)`[^\n]*:\n\n~~~ \w+\n([\s\S]*?)~~~/g);
    for (const [, file, text] of beside) writeFileSync(path.join(folder, file!), text!);
    const corefiles = [...page.matchAll(/~~~ corefile\n([\s\S]*?)~~~/g)].map(([, text]) => text!);
    assert.ok(corefiles.length > 0);
    for (const [i, text] of corefiles.entries()) {
      writeFileSync(path.join(folder, `Corefile-${i}`), text);
      const said = await played(program, ['check', '--strict', `Corefile-${i}`], folder);
      assert.match(said, /no problems/, text);
    }
  });
}
