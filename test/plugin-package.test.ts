// Other people's plugins, as a package beside the Corefile: in a program of one's own, and named by plugin.cfg. Knows the compiled package
// as its users do; knows nothing of how it is made.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { RCODE } from '../src/dns/rcode.ts';
import { freePort } from '../src/testing/free-port.ts';
import { parseAsk } from '../src/testing/question.ts';
import { Spawned } from '../src/testing/spawned.ts';
import { root } from './gates/checkout.ts';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'coredns-ts-plugins-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

const blocklist = `
  import { Name, RCODE, Zones, definePlugin } from 'coredns-ts';
  export default definePlugin({
    name: 'blocklist',
    parse: ([line]) => new Zones(line.rest().map((text) => Name.parse(text, Name.root))),
    create: (zones) => ({
      handle: (query, next) => (zones.match(query.name) === undefined ? next(query) : query.reply({ rcode: RCODE.NXDOMAIN })),
    }),
  });
`;
const packages: Readonly<Record<string, string>> = {
  'coredns-ts-plugin-blocklist': blocklist, nothing: 'export default 1;', broken: "throw new Error('it does not load');",
};
mkdirSync(path.join(scratch, 'node_modules'));
symlinkSync(root, path.join(scratch, 'node_modules', 'coredns-ts'));
for (const [name, text] of Object.entries(packages)) {
  const folder = path.join(scratch, 'node_modules', name);
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name, type: 'module', exports: { import: './index.js' } }));
  writeFileSync(path.join(folder, 'index.js'), text);
}
const write = (file: string, text: string) => writeFileSync(path.join(scratch, file), text);

/** The rcode of the answer to one question over UDP. */
async function rcode(port: number, ask: string): Promise<number> {
  const socket = createSocket('udp4');
  socket.send(parseAsk(ask).packet, port, '127.0.0.1');
  const [reply] = await once(socket, 'message', { signal: AbortSignal.timeout(30_000) }) as [Buffer];
  socket.close();
  return reply[3]! & 15;
}
/** Starts the program, asks it for two names once it serves, and ends it. */
async function served(program: string): Promise<readonly number[]> {
  const port = await freePort();
  write('Corefile', `.:${port} {\n    bind 127.0.0.1\n    multisocket 2\n    blocklist bad.test\n    whoami\n}\n`);
  const child = spawn(process.execPath, [program], { cwd: scratch, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  try {
    await new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (text) => (said += text));
      child.stdout.on('data', (text) => (said += text) && /coredns-ts/.test(said) && resolve());
      child.on('close', () => reject(new Error(`it ended: ${said}`)));
    });
    const rcodes = [];
    for (let i = 0; i < 8; i++) rcodes.push(await rcode(port, 'www.bad.test A'), await rcode(port, 'www.good.test A'));
    return rcodes.slice(0, 2).concat([...new Set(rcodes)].length);
  } finally {
    child.removeAllListeners('close');
    child.kill('SIGTERM');
    await once(child, 'close');
  }
}
const main = path.join(root, 'dist', 'main.js');
const expected = [RCODE.NXDOMAIN, RCODE.NOERROR, 2];

test('a program of three lines serves with one more plugin, in each thread', async () => {
  write('server.mjs', `import { insert, main, standard } from 'coredns-ts';
    import blocklist from 'coredns-ts-plugin-blocklist';
    main({ plugins: insert(standard, blocklist, { before: 'cache' }) });\n`);
  assert.deepEqual(await served(path.join(scratch, 'server.mjs')), expected);
});

test('plugin.cfg beside the Corefile adds it to the program as it is', async () => {
  write('plugin.cfg', '# our own\nblocklist:coredns-ts-plugin-blocklist\ncache:cache\n');
  assert.deepEqual(await served(main), expected);
});

test('a wrong plugin.cfg stops the start with its line', () => {
  write('Corefile', '.:0 {\n    whoami\n}\n');
  const stopped = (text: string) => {
    write('plugin.cfg', text);
    const { status, stderr } = spawnSync(process.execPath, [main], { cwd: scratch, encoding: 'utf8', timeout: 90_000 });
    return [status, stderr.trim()];
  };
  const wrong: readonly (readonly [string, string])[] = [
    ['cache:cache\nwhat:missing-package', 'plugin.cfg:2: what: there is no package missing-package (try: npm install missing-package)'],
    ['nothing:nothing\ncache:cache', 'plugin.cfg:1: nothing: its default export is no plugin: definePlugin makes one'],
    ['\nbroken:broken\ncache:cache', 'plugin.cfg:2: broken: it does not load'],
    ['ads:coredns-ts-plugin-blocklist\ncache:cache', 'plugin.cfg:1: ads: the plugin calls itself blocklist'],
    ['block:coredns-ts-plugin-blocklist\ncache:cache',
      'plugin.cfg:1: block: this program has a word block of its own: a plugin of coredns-ts-plugin-blocklist needs another name'],
    ['cache:cache\ncache:cache', 'plugin.cfg:2: cache: it is named twice'],
    ['cache', 'plugin.cfg:1: cache: a line is NAME:PACKAGE'],
    ['blocklist:coredns-ts-plugin-blocklist',
      'plugin.cfg:1: blocklist: nothing says where it stands: name the word that comes after it, such as cache:cache'],
  ];
  for (const [text, said] of wrong) assert.deepEqual(stopped(text), [1, said]);
});

test('a plugin that is not there, or not right, is told with what would be', () => {
  write('Corefile', '.:0 {\n    whoami\n}\n');
  write('wrong.mjs', 'const a = 1;\nexport default { x: ;\n');
  const stopped = (text: string) => {
    write('plugin.cfg', text);
    return spawnSync(process.execPath, [main], { cwd: scratch, encoding: 'utf8', timeout: 90_000 }).stderr.trim();
  };
  assert.equal(stopped('sinkhole:github.com/foo/sinkhole\ncache:cache'),
    'plugin.cfg:1: sinkhole: github.com/foo/sinkhole is a Go plugin of CoreDNS: coredns-ts loads npm packages and files (./index.ts)');
  assert.equal(stopped('wrong:./wrong.mjs\ncache:cache'),
    `plugin.cfg:1: wrong: ${path.join(scratch, 'wrong.mjs')}:2:21: Unexpected token ';'`);
});

test('the folder that plugin.cfg lies in may be the package itself', () => {
  const folder = path.join(scratch, 'own');
  mkdirSync(folder);
  const put = (file: string, text: string) => writeFileSync(path.join(folder, file), text);
  put('package.json', '{ "name": "coredns-ts-plugin-own", "type": "module", "main": "index.js" }\n');
  put('index.js', "export default { name: 'own', parse() {}, create: () => ({}) };\n");
  put('plugin.cfg', 'own:coredns-ts-plugin-own\ncache:cache\n');
  put('Corefile', '.:0 {\n    own\n    whoami\n}\n');
  const { stdout, status } = spawnSync(process.execPath, [main, 'check', '--json'], { cwd: folder, encoding: 'utf8', timeout: 90_000 });
  assert.deepEqual([stdout, status], ['[]\n', 0]);
});

test('a plugin that throws or returns nothing is named, with its place, once a minute; code that is no plugin is refused', async (t) => {
  const folder = path.join(scratch, 'bad');
  mkdirSync(folder);
  const put = (file: string, text: string) => writeFileSync(path.join(folder, file), text);
  put('plugin.cfg', 'bad:./bad.mjs\ncache:cache\n');
  put('bad.mjs', [
    "export default { name: 'bad', parse() {}, create: () => ({",
    '  handle(query) {',
    "    if (query.name.text.startsWith('nothing.')) return;",
    '    return query.foo.bar;',
    '  },', '}) };', ''].join('\n'));
  const port = await freePort();
  put('Corefile', `.:${port} {\n    bind 127.0.0.1\n    bad\n    whoami\n}\n`);
  const server = new Spawned(undefined, { command: [process.execPath, main], args: ['-conf', path.join(folder, 'Corefile')] });
  t.after(() => server.kill());
  await server.says(/CoreDNS-/);
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  const ask = async (name: string) => {
    const labels = name.split('.').map((label) => String.fromCharCode(label.length) + label).join('');
    const packet = Buffer.concat([Buffer.from('00070100000100000000', 'hex'), Buffer.from('0001', 'hex'),
      Buffer.from(`${labels}\0`, 'latin1'), Buffer.from('00010001' + '0000291000000000000000', 'hex')]);
    socket.send(packet, port, '127.0.0.1');
    return (await once(socket, 'message'))[0].toString('latin1') as string;
  };
  assert.match(await ask('x.ads.example'), /plugin bad failed/);
  await ask('nothing.example');
  await server.says(/handle returned undefined: return next\(query\), query\.reply/);
  assert.match(server.stdout, /plugin\/bad threw on x\.ads\.example\. A at bad\.mjs:4:22\n/);
  assert.equal(server.stdout.match(/plugin\/bad threw/g)?.length, 1);
  put('bad.mjs', '// another one\n');
  server.signal('SIGUSR1');
  await server.says(/Restart failed: plugin\.cfg:1: bad: its default export is no plugin/);
  assert.match(await ask('x.ads.example'), /plugin bad failed/);
});

test('with the drop-in of the page a plugin writes no file and starts no program, and the server serves', async (t) => {
  const [, options] = /NODE_OPTIONS=([^"]*)"/.exec(readFileSync(path.join(root, 'docs/plugins.md'), 'utf8'))!;
  const folder = path.join(scratch, 'held');
  mkdirSync(folder);
  const put = (file: string, text: string) => writeFileSync(path.join(folder, file), text);
  put('plugin.cfg', 'held:./held.mjs\ncache:cache\n');
  put('held.mjs', `import { writeFileSync } from 'node:fs';
    import { spawnSync } from 'node:child_process';
    const tried = (act) => { try { act(); return 'done'; } catch (error) { return error.code; } };
    export default { name: 'held', parse() {}, create: () => ({ start({ log, thread }) {
      log.info('thread ' + thread + ' ' + tried(() => writeFileSync('written', '')) + ' ' + tried(() => spawnSync('true')));
    } }) };\n`);
  const port = await freePort();
  put('Corefile', `.:${port} {\n    bind 127.0.0.1\n    multisocket 2\n    held\n    whoami\n}\n`);
  const server = new Spawned(undefined, {
    command: ['env', `NODE_OPTIONS=${options}`, process.execPath, main], args: ['-conf', path.join(folder, 'Corefile')],
  });
  t.after(() => server.kill());
  await server.says(/CoreDNS-/);
  for (const thread of [0, 1]) await server.says(new RegExp(`thread ${thread} ERR_ACCESS_DENIED ERR_ACCESS_DENIED`));
  assert.equal(await rcode(port, 'a.test A'), RCODE.NOERROR);
});
