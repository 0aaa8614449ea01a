// The program as one executable file: made of this checkout, and asked where there is neither a Node nor anything else of ours. Knows the
// script that makes it and a server; what a server answers is for other tests to say.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import {
  closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync,
} from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { freePort } from '../src/testing/free-port.ts';
import { askOnce } from '../src/testing/one-question.ts';
import { Spawned } from '../src/testing/spawned.ts';
import { root } from './gates/checkout.ts';

const lacking = process.platform !== 'linux' ? 'it is made on Linux'
  : !existsSync(path.join(root, 'dist/main.js')) ? 'there is no bundle'
    : !existsSync(path.join(root, 'native/udp-batch/build/udp-batch.node')) && 'the C addon is not built';

suite('one file', { skip: lacking }, () => {
  const scratch = mkdtempSync(path.join(tmpdir(), 'one-file-test-'));
  after(() => rmSync(scratch, { recursive: true, force: true }));
  const program = path.join(scratch, 'coredns-ts');
  /** A machine with nothing but the file: no Node on the PATH, a folder of its own for what is written in passing. */
  const environment = { PATH: '/nonexistent', TMPDIR: path.join(scratch, 'tmp'), NODE_COMPILE_CACHE: path.join(scratch, 'cache') };
  const run = (...args: readonly string[]) => spawnSync(program, args, { encoding: 'utf8', cwd: scratch, env: environment });

  before(async () => {
    mkdirSync(environment.TMPDIR);
    const script = `import { makeOneFile } from ${JSON.stringify(path.join(root, 'scripts/one-file.mjs'))};`
      + `(await import('node:fs')).renameSync(await makeOneFile(${JSON.stringify(scratch)}), ${JSON.stringify(program)});`;
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  });

  test('is stripped, and an ELF file that says where its segments are', () => {
    assert.ok(statSync(program).size > 50e6);
    const head = Buffer.alloc(64);
    const file = openSync(program, 'r');
    readSync(file, head, 0, 64, 0);
    closeSync(file);
    assert.equal(head.toString('latin1', 0, 4), '\x7fELF');
    const { status, stdout } = spawnSync('readelf', ['-lSW', program], { encoding: 'utf8' });
    if (status === 0) assert.doesNotMatch(stdout, /\.symtab/);
  });

  test('says its version, the manual of a word, and what is wrong with a Corefile', () => {
    writeFileSync(path.join(scratch, 'Corefile'), '.:53 {\nforwrad . 192.0.2.1\n}\n');
    assert.match(run('-version').stdout, /^CoreDNS-[\d.]+\nlinux\/.*coredns-ts/);
    assert.match(run('help', 'forward').stdout, /^# forward\n/);
    assert.match(run('help').stdout, /The manual of each word: coredns-ts help WORD\n$/);
    const checked = run('check');
    assert.equal(checked.status, 1);
    assert.match(checked.stdout, /Corefile:2:1: error: .*forwrad/);
    assert.equal(run('fmt', 'Corefile').stdout, '.:53 {\n    forwrad . 192.0.2.1\n}\n');
  });

  test('brings its libraries: as import and as require get them', () => {
    writeFileSync(path.join(scratch, 'map.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: kube-dns\ndata: {}\n');
    assert.equal(run('import', 'kube-dns', 'map.yaml', '-o', 'made').status, 0);
    const corefile = '.:53 {\n    template IN A {\n        match "^a(b+)c[.]$"\n        answer "{{ .Name }} 60 IN A 192.0.2.1"\n    }\n}\n';
    writeFileSync(path.join(scratch, 'regular'), corefile);
    assert.match(run('explain', '-conf', 'regular', 'abbc', 'A').stdout, /192\.0\.2\.1/);
    assert.match(run('check', 'regular').stdout, /no problems/);
    writeFileSync(path.join(scratch, 'located'), '.:53 {\n    geoip nowhere.mmdb\n    whoami\n}\n');
    assert.match(run('check', 'located').stdout, /nowhere\.mmdb/);
  });

  test('serves by its addon, on several threads, with plugins from disk and a thread for keys; leaves no file behind', async () => {
    const folder = path.join(scratch, 'served');
    mkdirSync(folder);
    const file = (name: string, text: string) => writeFileSync(path.join(folder, name), text);
    file('plugin.cfg', 'blocklist:./index.ts\nsecond:./second.cjs\ncache:cache\n');
    file('index.ts', `import { Name, RCODE, Zones, definePlugin } from 'coredns-ts';
import type { Query } from 'coredns-ts';
export default definePlugin({
  name: 'blocklist',
  parse: ([line]) => new Zones(line!.rest().map((text: string) => Name.parse(text, Name.root))),
  create: (zones: Zones) => ({
    handle: (query: Query, next: (query: Query) => never) =>
      (zones.match(query.name) === undefined ? next(query) : query.reply({ rcode: RCODE.NXDOMAIN })),
  }),
});
`);
    file('helper.cjs', 'module.exports.parse = () => ({});\n');
    file('second.cjs', `const { parse } = require('./helper.cjs');
module.exports = { name: 'second', parse, create: () => ({ handle: (query, next) => next(query) }) };
`);
    const port = await freePort();
    const corefile = `.:${port} {
    bind 127.0.0.1
    multisocket 2
    console unix://${folder}/console.sock
    blocklist ads.test
    second
    hosts {
        192.0.2.1 a.test
    }
}
registered.test:${port} {
    bind 127.0.0.1
    registry {
        file keys
    }
}
`;
    const server = new Spawned(corefile, { command: [program], environment, folder });
    try {
      await server.says(/CoreDNS-/);
      assert.deepEqual((await askOnce(port, 'a.test', 'A')).answer, ['a.test. 3600 IN A 192.0.2.1']);
      assert.equal((await askOnce(port, 'www.ads.test', 'A')).rcode, 'NXDOMAIN');
      assert.match((await askOnce(port, 'registered.test', 'SOA')).answer.join(), /^registered\.test\. \d+ IN SOA /);
      assert.doesNotMatch(server.stdout, /WARNING/);
      const page = await new Promise<string>((resolve, reject) => {
        get({ socketPath: path.join(folder, 'console.sock'), path: '/', headers: { host: 'localhost' } }, (reply) => {
          reply.setEncoding('utf8').toArray().then((parts) => resolve(parts.join('')), reject);
        }).on('error', reject);
      });
      assert.match(page, /<script [^>]*src="\/console-/);
      const open = readdirSync(`/proc/${server.child.pid}/fd`).flatMap((each) => {
        try {
          return readlinkSync(`/proc/${server.child.pid}/fd/${each}`);
        } catch {
          return [];                                               // closed meanwhile
        }
      });
      assert.deepEqual(open.filter((each) => /addon\.node/.test(each) && !each.endsWith('(deleted)')), []);
      assert.deepEqual(readdirSync(environment.TMPDIR), []);
      server.write(corefile.replace('192.0.2.1', '192.0.2.2'));
      server.signal('SIGUSR1');
      await server.says(/Reloading complete/);
      assert.deepEqual((await askOnce(port, 'a.test', 'A')).answer, ['a.test. 3600 IN A 192.0.2.2']);
      server.signal('SIGTERM');
      assert.equal(await server.ended, 0);
    } finally {
      await server.crash();
    }
  });
});
