// A test plays the newcomer: what somebody types on the first day, and the words that should come. Each row is a command in a folder of its
// own. Knows the program from outside alone.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { checkCorefile } from '../src/cli/check.ts';
import { report } from '../src/cli/report.ts';
import { documentedWords, syntaxOf } from '../src/cli/syntax.ts';
import { standard } from '../src/plugins/index.ts';
import { freePort } from '../src/testing/free-port.ts';
import { Spawned } from '../src/testing/spawned.ts';
import { examples } from './gates/page.ts';
import { read, root } from './gates/checkout.ts';

/** Starts the program with these arguments in a folder with these files; a start that would serve is ended. */
function ran(args: readonly string[], files: Readonly<Record<string, string>> = {}, input = '') {
  const folder = mkdtempSync(path.join(tmpdir(), 'coredns-ts-newcomer-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  const { status, stdout, stderr } = spawnSync(path.join(root, 'bin/coredns-ts'), args,
    { cwd: folder, encoding: 'utf8', input, timeout: 90_000, env: { ...process.env, GREETED: 'a.test' } });
  rmSync(folder, { recursive: true, force: true });
  return { status, stdout, stderr };
}
/** Starts the server, which is to end by itself. */
async function started(corefile: string) {
  const server = new Spawned(corefile);
  const status = await server.ended;
  await server.kill();
  return { status, stderr: server.stderr };
}
/** What `check` prints of a Corefile, without a process. */
const checked = async (corefile: string) => {
  const findings = await checkCorefile(corefile, 'C', 53);
  const errors = findings.problems.some(({ severity }) => severity === 'error');
  return { stdout: report([findings], 'text'), status: errors ? 1 : 0, findings };
};
const block = (...lines: readonly string[]) => `.:1053 {\n${lines.map((line) => `    ${line}\n`).join('')}}\n`;

/** What a Corefile says to `check`: the status, and pieces of text that must stand there. */
const rows: readonly (readonly [what: string, corefile: string, status: number, ...texts: readonly string[]])[] = [
  ['https3:// without a certificate', 'https3://.:853 {\n whoami\n}\n', 1, 'C: error: DoH3 requires TLS, no TLS config found\n'],
  ['a port out of range', '.:99999 {\n whoami\n}\n', 1, 'C:1:1: error: port 99999 is not between 1 and 65535\n'],
  ['a negative port', '.:-1 {\n whoami\n}\n', 1, 'C:1:1: error: port -1 is not between 1 and 65535\n'],
  ['forward without FROM', block('forward 8.8.8.8'), 1,
    'help: forward FROM TO...: did you mean "forward . 8.8.8.8"?\n', '      forward 8.8.8.8\n              ^\n'],
  ['a misspelt property', block('cache {', 'sucess 1000', '}'), 1, 'C:3:5: error: plugin/cache:', "help: did you mean 'success'?\n"],
  ['every wrong property at once', block('forward . 1.1.1.1 {', 'max_fail 3', 'policy best', 'expire 3x', '}'), 1,
    "did you mean 'max_fails'?",
    "C:4:12: error: plugin/forward: unknown policy 'best'", 'C:5:12: error: plugin/forward: time: unknown unit "x"', 'C: 3 errors\n'],
  ['a property behind the word', block('forward . 1.1.1.1 max_fails 3'), 0,
    'C:2:23: warning: plugin/forward: max_fails is read as an argument',
    'help: max_fails is a property: it stands in braces'],
  ['a misspelt value', block('rewrite name exakt a b', 'acl {', 'alow net 10.0.0.0/8', '}', 'header {', 'respons set aa', '}',
    'loadbalance roundrobin'), 1, "help: did you mean 'exact'?", "help: did you mean 'allow'?", "help: did you mean 'response'?",
    "help: did you mean 'round_robin'?"],
  ['a missing brace', '. {\n  cache\n', 1, 'help: the block that begins in line 1 is not closed', 'C: 1 error\n'],
  ['a block on one line', 'foo.org { whoami }\n', 1, "help: put '}' on a line of its own", 'C: 1 error\n'],
  ['a space in a zone', 'exa mple.org:1053 {\n whoami\n}\n', 0, 'C:1:1: warning: exa is a zone of its own', 'help: without the space'],
  ['nothing', '', 0, 'C: warning: there is no server block: every query is answered with who asked'],
  ['a missing import', 'import custom/*.server\n. {\n whoami\n}\n', 0,
    'C:1:8: warning: No files matching import glob pattern: custom/*.server\n'],
  ['ports of upstreams', block('forward . 1.1.1.1:5x 1.1.1.1:99999 /no/such/resolv.conf'), 0,
    'C:2:15: warning: plugin/forward: the port of 1.1.1.1:5x',
    'C:2:26: warning: plugin/forward: the port of 1.1.1.1:99999', 'warning: plugin/forward: there is no file /no/such/resolv.conf'],
  ['a path of an upstream over HTTPS', block('forward . 1.1.1.1 https://1.1.1.1:8443/dns 1.1.1.2 {', 'max_fails 3', '}'),
    1, 'C:2:23: error: plugin/forward: paths are not allowed in HTTPS upstream addresses', 'C: 1 error\n'],
  ['names behind the ports of upstreams', block('forward . tls://1.1.1.1:853%a.test https://[2001:db8::1]:443%b.test'), 0,
    'C: no problems\n'],
  ['two names of an upstream', block('forward . tls://1.1.1.1%a.test 1.1.1.2 {', 'tls_servername b.test', '}'), 1,
    "C:2:15: error: plugin/forward: both forward ('b.test') and proxy level ('a.test')"],
  ['an upstream that is none, of several', block('grpc . 1.1.1.1 example.org 1.1.1.2'), 1,
    'C:2:20: error: plugin/grpc: not an IP address or file "example.org"'],
  ['a zone of two sources',
    'example.org:1053 {\nfile db\ndynupdate {\nfile seed\nallow k. a.example.org. A\n}\ntsig {\nsecret k. AAAA\n}\n}\n', 0,
    "C:2:1: warning: plugin/file: zone example.org. is plugin/dynupdate's too (line 3), which comes first and answers: file never does"],
  ['a zone below that of another source', '.:1053 {\nsecondary b.a.test {\ntransfer from 127.0.0.1\n}\nfile db a.test\n}\n', 0,
    "C:2:1: warning: plugin/secondary: zone b.a.test. is below a.test., which is plugin/file's too (line 5), which comes first"],
  ['a zone below that of a source which falls through',
    '.:1053 {\nsecondary b.a.test {\ntransfer from 127.0.0.1\n}\nfile db a.test {\nfallthrough\n}\n}\n', 0, 'C: 1 warning\n'],
  ['a zone above that of another source', '.:1053 {\nsecondary a.test {\ntransfer from 127.0.0.1\n}\nfile db b.a.test\n}\n', 0,
    'C: 1 warning\n'],
  ['a zone of two blocks', 'a.test:1053 {\nfile db\n}\na.test:1054 {\nsecondary {\ntransfer from 127.0.0.1\n}\n}\n', 0, 'C: 1 warning\n'],
  ['a zone of two lines', '.:1053 {\nfile db a.test b.test\nfile db2 b.test\n}\n', 0,
    'C:2:1: warning: plugin/file: zone b.test. stands in line 3 again, which counts: this line does not have it'],
  ['entries of hosts', block('hosts {', '10.0.0.300 tv.home', '10.0.0.3', '}', 'whoami'), 0,
    'C:3:5: warning: plugin/hosts: 10.0.0.300 is no address, so the line is passed over',
    'C:4:5: warning: plugin/hosts: 10.0.0.3 has no name'],
  ['a file of hosts', block('hosts /etc/hostz'), 0, 'C:2:11: warning: plugin/hosts: there is no file /etc/hostz'],
  ['formats of log', block('log . "{remoet} {name}"', 'log . json', 'whoami'), 0, 'warning: plugin/log: {remoet} is no placeholder',
    'help: did you mean {remote}?', 'C:3:11: warning: plugin/log: json is read as a zone'],
  ['texts of template', block('template IN A {', 'answer "{{ .Nam }} 60 IN A 1.2.3.4"', 'answer "foo bar baz"', '}'), 0,
    'warning: plugin/template: the template asks for .Nam, which there is not', 'help: did you mean .Name?',
    'C:4:12: warning: plugin/template: the text never makes a record'],
  ['three pages on one port', block('health 127.0.0.1:8080', 'ready :8080', 'prometheus localhost:8080'), 0,
    'C:3:11: warning: plugin/ready: :8080 is taken by plugin/health in line 2', 'warning: plugin/prometheus: localhost:8080 is taken by'],
  ['a page where names are served', block('health :1053'), 0, 'warning: plugin/health: :1053 is taken by the name server dns://:1053'],
  ['a port that is none', block('health :99999999'), 1, 'error: plugin/health: address 99999999: invalid port'],
  ['a plugin that has no path', block('autopath @whoami', 'whoami'), 1, 'C:2:5: error: plugin/autopath: whoami does not implement'],
  ['what is right', block('whoami'), 0, 'C: no problems\n'],
];
for (const [what, corefile, status, ...texts] of rows) {
  test(`check: ${what}`, async () => {
    const found = await checked(corefile);
    for (const text of texts) assert.ok(found.stdout.includes(text), `${JSON.stringify(text)} is not in\n${found.stdout}`);
    assert.equal(found.status, status);
  });
}

test('check: every word that a program was put together without', async () => {
  const { problems, unbuilt } = await checkCorefile(block('azure x', 'whoami', 'erratic'), 'C', 53,
    standard.filter(({ name }) => name !== 'azure' && name !== 'erratic'));
  assert.deepEqual(problems.map(({ message, line }) => [line, message]), [
    [2, 'plugin/azure: this program was put together without this plugin'],
    [4, 'plugin/erratic: this program was put together without this plugin'],
  ]);
  assert.deepEqual(unbuilt, ['azure', 'erratic']);
});

/** What a command says: the status, and what must stand on standard output and standard error. */
const commands: readonly [args: string, files: Readonly<Record<string, string>>, status: number, out: RegExp, errors: RegExp][] = [
  ['help', {}, 0, /^coredns-ts \S+: a DNS server.*coredns-ts check.*coredns-ts fmt.*-conf string.*Examples:.*The manual: /s, /^$/],
  ['--help', {}, 0, /^coredns-ts \S+: a DNS server.*coredns-ts check/s, /^$/],
  ['-h', {}, 0, /Usage of coredns:\n {2}-conf string/, /^$/],
  ['help forward', {}, 0, /# forward.*forward FROM TO\.\.\./s, /^$/],
  ['help cach', {}, 1, /^$/, /there is no word cach: did you mean cache\?/],
  ['version', {}, 0, /^CoreDNS-/, /^$/],
  ['check --help', {}, 0, /^Usage: coredns-ts check/, /^$/],
  ['fmt --help', {}, 0, /^Usage: coredns-ts fmt/, /^$/],
  ['completion bash', {}, 0, /complete -F _coredns_ts coredns-ts/, /^$/],
  ['Corefile', { Corefile: block('whoami') }, 1, /^$/,
    /^extra command line arguments: \[Corefile\]\nhelp: did you mean coredns-ts -conf Corefile\?\n$/],
  ['chek Corefile', {}, 1, /^$/, /^extra command line arguments: \[chek Corefile\]\nhelp: did you mean coredns-ts check\?\n$/],
  ['-dns.port abc', {}, 1, /^$/, /^invalid port: abc/],
  ['-dns.port 70000', {}, 1, /^$/, /^invalid port: 70000/],
  ['-plugins', {}, 0, /^acl\nadmin\nany\nauto\nautopath\nazure\nbind\n/, /^$/],
  ['-plugins', {
    'plugin.cfg': 'sinkhole:./s.mjs\ncache:cache\n', 's.mjs': "export default { name: 'sinkhole', parse() {}, create: () => ({}) };\n",
  }, 0, /\nsinkhole\n/, /^$/],
  ['-conf Corefile', { Corefile: '.:99999 {\n whoami\n}\n' }, 1, /^$/, /^Corefile:1: port 99999 is not between 1 and 65535\n/],
  ['-conf Corefile', { Corefile: 'https3://.:853 {\n whoami\n}\n' }, 1, /^$/, /^DoH3 requires TLS, no TLS config found\n$/],
  ['-conf Corefile', { Corefile: block('forward 8.8.8.8') }, 1, /^$/, new RegExp([
    "^plugin/forward: Corefile:2 - Error during parsing: Wrong argument count or unexpected line ending after '8.8.8.8'",
    'Corefile:2:13:', ' {6}forward 8.8.8.8', ' {14}\\^',
    'help: forward FROM TO\\.\\.\\.: did you mean "forward \\. 8.8.8.8"\\?\n$'].join('\n'))],
  ['-conf nosuch', {}, 1, /^$/, /^loading Caddyfile via flag: open nosuch: no such file or directory\nhelp: .*-conf/],
  ['check --json nosuch', {}, 1, /"message": "open nosuch: no such file or directory"/, /^$/],
  ['check folder', { 'folder/Corefile': block('whoamy'), 'folder/b.corefile': block('whoami') }, 1,
    /folder\/Corefile:2:5: error: Unknown directive 'whoamy'\n.*folder\/b\.corefile: no problems\n/s, /^$/],
  ['check --strict C', { C: block('log . json', 'whoami') }, 1, /warning: /, /^$/],
  ['check --format github C', { C: block('whoamy') }, 1,
    /^::error file=C,line=2,col=5,title=unknown-word::Unknown directive 'whoamy' \(help: did you mean 'whoami'\?\)\n$/, /^$/],
  ['check --format xml C', { C: '' }, 2, /^$/, /there is no format 'xml'/],
  ['fmt --check C D', { C: block('whoami'), D: '. {\nwhoami\n}\n' }, 1, /^D\n$/, /^$/],
  ['fmt C', { C: 'foo.org { whoami }\n' }, 0, /^foo\.org \{ whoami \}\n$/,
    /^coredns-ts fmt: C:1: Unexpected '}' .*put '}' on a line of its own/],
  ['fmt --diff D', { D: '. {\nwhoami\n}\n' }, 1, /^--- D\n\+\+\+ D\n@@ -1,3 \+1,3 @@\n \. \{\n-whoami\n\+ {4}whoami\n \}\n$/, /^$/],
];
for (const [args, files, status, out, errors] of commands) {
  const title = `coredns-ts ${args} ${Object.keys(files).join(' ')} ${(files['Corefile'] ?? '').slice(0, 12).trim()}`;
  test(title, () => {
    const found = ran(args.split(' '), files);
    assert.match(found.stdout, out);
    assert.match(found.stderr, errors);
    assert.equal(found.status, status);
  });
}

test('check reads standard input and calls it so; JSON has place, code, severity and hint', () => {
  const { stdout, status } = ran(['check', '--json', '-'], {}, block('whoamy'));
  assert.deepEqual(JSON.parse(stdout), [{
    file: 'stdin', line: 2, column: 5, severity: 'error', code: 'unknown-word', message: "Unknown directive 'whoamy'",
    hint: "did you mean 'whoami'?",
  }]);
  assert.equal(status, 1);
});

test('SARIF names rule, level, file and region', () => {
  interface Run {
    readonly tool: { readonly driver: { readonly rules: readonly unknown[] } };
    readonly results: readonly { readonly ruleId: string; readonly level: string; readonly locations: unknown }[];
  }
  const { stdout } = ran(['check', '--format', 'sarif', 'C'], { C: block('whoamy') });
  const { runs: [run], version } = JSON.parse(stdout) as { version: string; runs: readonly Run[] };
  assert.equal(version, '2.1.0');
  assert.deepEqual(run!.tool.driver.rules, [{ id: 'unknown-word' }]);
  assert.deepEqual(run!.results.map(({ ruleId, level, locations }) => ({ ruleId, level, locations })), [{
    ruleId: 'unknown-word', level: 'error',
    locations: [{ physicalLocation: { artifactLocation: { uri: 'C' }, region: { startLine: 2, startColumn: 5 } } }],
  }]);
});

test('each word has its forms, from the pages and without them', () => {
  const without = JSON.parse(read('dist/syntax.json')) as Readonly<Record<string, string>>;
  assert.deepEqual([...documentedWords], standard.map(({ name }) => name).sort());
  for (const word of documentedWords) {
    assert.ok(syntaxOf(word)?.lines.every((line) => line === word || line.startsWith(`${word} `)), word);
    assert.ok(without[word]?.includes(syntaxOf(word)!.lines[0]!), `${word}, where there are no pages`);
  }
});

/** What `tls` takes where it names no files. */
const ACME: ReadonlySet<string> = new Set(['acme', 'email', 'ca', 'ca_root', 'storage', 'resolver', 'challenge', 'eab']);
test('each property of a page is one that its plugin knows, and a misspelt one has a help', async () => {
  const wrong: string[] = [];
  const needed: Readonly<Record<string, string>> = {
    forward: ' . 1.1.1.1', template: ' IN A', view: ' v', bind: ' lo', loadbalance: ' weighted f', file: ' db', sign: ' db',
    geoip: ' db', dnstap: ' listen x', grpc: ' . 127.0.0.1', tls: ' cert.pem key.pem', ddr: ' dns.test',
    catalog: ' c.test', union: ' u.test', block: ' list', rpz: ' r.test',
    opa: ' main', themis: ' main',
  };
  for (const word of documentedWords) {
    const syntax = syntaxOf(word)!;
    if (syntax.open) continue;
    for (const property of syntax.properties.keys()) {
      const isAlone = (property === 'prefer' && word !== 'union') || (word === 'tls' && ACME.has(property));
      const head = isAlone ? word : `${word}${needed[word] ?? ''}`;
      const right = (await checked(block(`${head} {`, property, '}'))).findings.problems;
      if (right.some(({ code, message }) => code === 'unknown-property' || /unknown (property|option|field)/i.test(message))) {
        wrong.push(`${word}: ${property} is unknown`);
      }
      const misspelt = (await checked(block(`${head} {`, `${property}x 1`, '}'))).findings.problems;
      const help = `did you mean '${property}'?`;
      if (!misspelt.some(({ hint }) => hint?.includes(help))) wrong.push(`${word}: ${property}, misspelt, has no help`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('the first Corefile is that of the page, and opens no HTTP port', () => {
  const [first] = examples(read('README.md'));
  assert.equal(first!.text, read('Corefile'));
  assert.doesNotMatch(read('Corefile'), /^\s*(health|ready|prometheus|pprof)\b/m);
});

test('a page whose port is taken names the line that wanted it, and who has it', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  t.after(() => other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const { stderr, status } = await started(`.:0 {\n bind 127.0.0.1\n whoami\n health 127.0.0.1:${port}\n}\n`);
  assert.equal(status, 1);
  const said = `listen tcp 127.0.0.1:${port}: bind: address already in use\nhelp: Corefile:4:9: plugin/health shows its page there\n`;
  assert.ok(stderr.startsWith(said), stderr);
  if (process.platform === 'linux') assert.ok(stderr.includes(`(pid ${process.pid}) has 127.0.0.1:${port}\n`), stderr);
});

test('a property that is looked up as a name is told to be one', async () => {
  const { stderr, status } = await started(block('forward . 127.0.0.1 max_fails 3'));
  assert.equal(status, 1);
  assert.match(stderr, /^plugin\/forward: failed to resolve "max_fails": .*\nhelp: max_fails is a property: it stands in braces/);
});

const linux = process.platform === 'linux' ? false : 'reads /proc';
test('another server on the port, and a Corefile that is not there, are warnings', { skip: linux }, async (t) => {
  const first = new Spawned(undefined, { args: ['-p', String(await freePort())] });
  t.after(() => first.kill());
  await first.says(/CoreDNS-/);
  await first.says(/\[WARNING\] There is no Corefile in .*: every query is answered with who asked/);
  const [, port = ''] = /^\.:(\d+)/.exec(first.stdout) ?? [];
  const second = new Spawned(`.:${port} {\n whoami\n}\n`);
  t.after(() => second.kill());
  await second.says(new RegExp(`\\[WARNING\\] pid ${first.child.pid} \\(.*\\) serves .*:${port} too: queries are divided`));
});

test('the stub resolver of the machine on the port is named, and how to have both', { skip: linux }, async (t) => {
  const port = await freePort();
  // Its name is cut to 15 letters by the kernel, as that of the real one.
  const code = `process.title = 'systemd-resolved'; const s = require('node:dgram').createSocket('udp4');
    s.bind({ port: ${port}, address: '127.0.0.53' }, () => {
      require('node:net').createServer().listen(${port}, '127.0.0.53', () => console.log('up'));
    })`;
  const stub = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => stub.kill('SIGKILL'));
  await once(stub.stdout, 'data');
  const { stderr, status } = await started(`.:${port} {\n whoami\n}\n`);
  assert.equal(status, 1);
  const mend = `has 127.0.0.53:${port}: bind another address than all, or set DNSStubListener=no in /etc/systemd/resolved.conf`;
  assert.ok(stderr.includes(`systemd-resolve (pid ${stub.pid}) ${mend}`), stderr);
});

test('a reload by signal that is refused is counted', async (t) => {
  const metrics = await freePort();
  const server = new Spawned(`.:0 {\n bind 127.0.0.1\n whoami\n prometheus 127.0.0.1:${metrics}\n}\n`);
  t.after(() => server.kill());
  await server.says(/CoreDNS-/);
  server.write('.:0 {\n whoamy\n}\n');
  server.signal('SIGUSR1');
  await server.says(/\[ERROR\] SIGUSR1/);
  assert.match(await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text(), /\ncoredns_reload_failed_total 1\n/);
});
