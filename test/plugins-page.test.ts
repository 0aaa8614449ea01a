// An author works from docs/plugins.md alone: the files of that page become a package outside the tree, beside the package as it is packed;
// their types are checked, with and without those of Node, and their tests and programs run. Knows the page and the tarball.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { parseAsk } from '../src/testing/question.ts';
import { Spawned } from '../src/testing/spawned.ts';
import { freePort } from '../src/testing/free-port.ts';
import { readLimits } from '../src/threads/limits.ts';
import { usableCores } from '../src/threads/spread.ts';
import { read, root } from './gates/checkout.ts';
import { filesIn } from './gates/page.ts';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'coredns-ts-author-'));
after(() => rmSync(scratch, { recursive: true, force: true }));
const author = path.join(scratch, 'author');
const modules = path.join(author, 'node_modules');
const page = filesIn(read('docs/plugins.md'));
const environment = { ...process.env, PATH: `${path.dirname(process.execPath)}:${process.env.PATH ?? ''}`, NODE_TEST_CONTEXT: undefined };

/** What a program says, and its status; what it prints goes into the complaint where the status is another one. */
function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: 200_000, env: environment });
  assert.equal(status, 0, `${command} ${args.join(' ')}: ${error?.message ?? ''}\n${stdout}\n${stderr}`);
  return stdout;
}

/** Packs a copy of the checkout, since packing changes package.json and dist/, and unpacks it where an author's packages are. */
function install(): void {
  const checkout = path.join(scratch, 'checkout');
  const left = new Set(['node_modules', 'dist', '.git', 'test', 'bench', 'deploy']);
  cpSync(root, checkout, { recursive: true, filter: (file) => !left.has(path.relative(root, file)) });
  mkdirSync(path.join(checkout, 'node_modules'));
  for (const entry of readdirSync(path.join(root, 'node_modules')).filter((each) => each === '.bin' || !each.startsWith('.'))) {
    symlinkSync(path.join(root, 'node_modules', entry), path.join(checkout, 'node_modules', entry));
  }
  run('npm', ['pack', '--offline', '--pack-destination', scratch], checkout);
  const [tarball] = readdirSync(scratch).filter((file) => file.endsWith('.tgz'));
  mkdirSync(path.join(modules, '@types'), { recursive: true });
  run('tar', ['xzf', path.join(scratch, tarball!), '-C', scratch], scratch);
  cpSync(path.join(scratch, 'package'), path.join(modules, 'coredns-ts'), { recursive: true });
  for (const needed of ['mmdb-lib', 're2js', 'semver', 'yaml', '@types/node']) {
    symlinkSync(path.join(root, 'node_modules', needed), path.join(modules, needed));
  }
}

before(() => {
  install();
  for (const [file, text] of page) writeFileSync(path.join(author, file), text);
});

const tsc = path.join(root, 'node_modules', '.bin', 'tsc');
test('the types of the page are right', () => void run(tsc, ['-p', 'tsconfig.json'], author));

test('the exported types need none of Node', () => {
  const files = [...page].filter(([file, text]) => file.endsWith('.ts') && !text.includes("from 'node:")).map(([file]) => file);
  const include = [...files.filter((file) => !/\.\/directory/.test(page.get(file)!)), 'fakes.ts'];
  writeFileSync(path.join(author, 'fakes.ts'), "export * from 'coredns-ts/testing';\nexport { rr } from 'coredns-ts/dns';\n");
  assert.ok(include.length >= 4, include.join());
  writeFileSync(path.join(author, 'tsconfig.plain.json'),
    JSON.stringify({ extends: './tsconfig.json', compilerOptions: { types: [] }, include: [], files: include }));
  run(tsc, ['-p', 'tsconfig.plain.json'], author);
  // Neither those of browsers.
  run(tsc, ['-p', 'tsconfig.plain.json', '--lib', 'es2024'], author);
});

test('the tests of the page pass', () => {
  const said = run(process.execPath, ['--test', '--test-reporter=tap'], author);
  assert.match(said, /^# pass 12$/m);
});

/** The last four octets of each of so many answers, each to a port of its own, of a server that was started with this Corefile. */
async function served(command: readonly string[], corefile: string, ask: string, times = 1, says = /CoreDNS-/): Promise<readonly string[]> {
  const port = await freePort();
  writeFileSync(path.join(author, 'Corefile'), corefile.replace(':1053 ', `:${port} `));
  const server = new Spawned(undefined, { command, args: ['-conf', path.join(author, 'Corefile')] });
  const answers: string[] = [];
  try {
    await server.says(/CoreDNS-/);
    await server.says(says);
    for (let i = 0; i < times; i++) {
      const socket = createSocket('udp4');
      socket.send(parseAsk(ask).packet, port, '127.0.0.1');
      const [reply] = await once(socket, 'message', { signal: AbortSignal.timeout(30_000) }) as [Buffer];
      socket.close();
      answers.push(reply.subarray(-4).join('.'));
    }
  } finally {
    server.kill();
  }
  return [...new Set(answers)];
}
test('plugin.cfg with a file serves, and so does a program of three lines', async () => {
  const corefile = page.get('Corefile')!;
  assert.deepEqual(await served([path.join(modules, 'coredns-ts', 'bin', 'coredns-ts')], corefile, 'x.ads.example A'), ['192.0.2.1']);
  assert.deepEqual(await served([process.execPath, path.join(author, 'server.ts')], corefile, 'x.ads.example A'), ['192.0.2.1']);
});

test('what main read is found in every thread', async () => {
  writeFileSync(path.join(author, 'names.json'), '{"www.example.org": "192.0.2.7"}');
  const said = "start: ({ log, thread }) => log.info('thread ' + thread)";
  writeFileSync(path.join(author, 'many.ts'), `import { definePlugin, insert, main, standard } from 'coredns-ts';
import directory from './directory.ts';
const who = definePlugin({ name: 'who', parse: ([line]) => line.bare(), create: () => ({ ${said} }) });
await main({ plugins: insert(insert(standard, directory, { before: 'cache' }), who, { after: 'directory' }) });\n`);
  const corefile = 'example.org:1053 {\n    bind 127.0.0.1\n    multisocket 4\n    who\n    directory names.json\n}\n';
  const rooted = corefile.replace('    directory', `    root ${author}\n    directory`);
  const many = [process.execPath, path.join(author, 'many.ts')];
  const another = usableCores(readLimits()) > 1 ? /thread [1-9]/ : /thread 0/;
  assert.deepEqual(await served(many, rooted, 'www.example.org A', 32, another), ['192.0.2.7']);
});

test('each name that is exported is in code of the page that runs', async () => {
  const code = [...page].filter(([file]) => file.endsWith('.ts')).map(([, text]) => text).join('\n');
  const lists = [...code.matchAll(/import (?:type )?\{([^}]*)\}/g)].map(([, names]) => names!);
  const imported = new Set(lists.flatMap((names) => names.split(',').map((name) => name.trim())));
  const door = (file: string) => import(pathToFileURL(path.join(root, file)).href) as Promise<object>;
  const doors = ['src/index.ts', 'src/testing/index.ts'].map(door);
  const names = (await Promise.all(doors)).flatMap((each) => Object.keys(each));
  assert.deepEqual(names.filter((name) => !imported.has(name)), []);
});

test('what the words of the page name of a query, a reply, a load or a block is in its code', () => {
  const text = read('docs/plugins.md');
  const code = [...page].filter(([file]) => file.endsWith('.ts')).map(([, each]) => each).join('\n');
  const prose = text.replace(/^```[\s\S]*?^```\s*$/gm, '');
  const named = [...prose.matchAll(/`(?:run|query|reply|site|line)\.([\w.?]+)/g)].flatMap(([, members]) => members!.split(/[.?]+/));
  assert.ok(named.length > 15, named.join());
  assert.deepEqual(named.filter((name) => !new RegExp(`\\b${name}\\b`).test(code)), []);
});

test('the package declares what its doors lead to and nothing else', () => {
  const types = path.join(modules, 'coredns-ts', 'dist', 'types');
  const folders = new Set(readdirSync(types, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    .map(({ parentPath }) => path.relative(types, parentPath).split('/')[0]));
  for (const hidden of ['threads', 'transport', 'plugins', 'kube-api', 'expression', 'gotemplate']) assert.ok(!folders.has(hidden), hidden);
  assert.ok(folders.has('author') && folders.has('dns'), [...folders].join());
});

test('files of a page are its fenced blocks with a name', () => {
  const text = 'a\n```ts x.ts\n1\n```\n```sh\nno\n```\n```txt Corefile\n2\n3\n```\n';
  assert.deepEqual([...filesIn(text)], [['x.ts', '1\n'], ['Corefile', '2\n3\n']]);
});
