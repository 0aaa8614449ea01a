// `coredns-ts explain` from the outside: what it prints, where, and with which status.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { MAIN } from '../../src/testing/spawned.ts';

const folder = mkdtempSync(join(tmpdir(), 'explain-command-'));
after(() => rmSync(folder, { recursive: true }));
const put = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const hosts = 'hosts own example.org {\n    fallthrough\n  }';
put('Corefile', `.:1053 {\n  health 127.0.0.1:1\n  cache 30\n  ${hosts}\n  forward . 192.0.2.53 192.0.2.54\n}\n`);
put('own', '192.0.2.1 www.example.org\n');
put('broken', '.:1053 {\n  forwad . 192.0.2.53\n}\n');
put('missing', '.:1053 {\n  file nosuch example.org\n  secondary example.net {\n    transfer from 192.0.2.1\n  }\n}\n');
put('good', '# all of it\nwww.example.org A => NOERROR 192.0.2.1 by:hosts # the usual\n\nwww.example.org AAAA => NOERROR\n');
put('bad', 'www.example.org A => 192.0.2.1\nwww.example.org A => 192.0.2.2\n');
put('odd', 'www.example.org A\nwww.example.org nosuch\n');

const head = 'www\\.example\\.org\\. A  from 127\\.0\\.0\\.1 udp  NOERROR  192\\.0\\.2\\.1  ttl 30  ';
/** What must stand on standard output and standard error for these arguments. */
const commands: readonly [args: string, status: number, out: RegExp, errors: RegExp][] = [
  ['--help', 0, /^Usage: coredns-ts explain/, /^$/],
  ['', 2, /^$/, /^coredns-ts explain: a name and a type are missing\nUsage: /],
  ['www.example.org', 2, /^$/, /^coredns-ts explain: a type is missing behind www\.example\.org\n/],
  ['www.example.org B', 2, /^$/, /^coredns-ts explain: "B" is no type\n/],
  ['www.example.org A form 1.1.1.1', 2, /^$/, /^coredns-ts explain: "form" is no word of a question\n/],
  ['www.example.org A from 1.1.1', 2, /^$/, /^coredns-ts explain: "1\.1\.1" is no address\n/],
  ['www.example.org A --askk', 2, /^$/, /^coredns-ts explain: unknown option --askk\n/],
  ['www.example.org A -conf', 2, /^$/, /^coredns-ts explain: what follows -conf is missing\n/],
  ['www.example.org A', 0, new RegExp(`^${head}.*\n.*longest.*\n.* cache +no entry\n.* hosts +ANSWERED {2}NOERROR {2}from own\n`), /^$/],
  ['www.example.com A', 1, /not known here[\s\S]*Not known here: forward would ask 192\.0\.2\.53:53, 192\.0\.2\.54:53 \(.*\)\n$/, /^$/],
  ['www.example.org A --expect 192.0.2.1', 0, /ANSWERED/, /^$/],
  ['www.example.org A --expect by:cache', 1, / {2}NOT AS EXPECTED: it comes from hosts\n$/, /^$/],
  ['www.example.org A --json', 0, /^\{"question":\{"name":"www\.example\.org\.","type":"A"\}.*"by":"hosts".*\}\n$/, /^$/],
  ['@:1 www.example.org A', 1, /^$/, /^coredns-ts explain: nothing listens on dns:\/\/:1: there is dns:\/\/:1053\n$/],
  ['www.example.org A -conf nosuch', 1, /^$/, /^coredns-ts explain: open nosuch: no such file or directory\n$/],
  ['www.example.org A -conf broken', 1, /^$/, /^coredns-ts explain: broken:2 - .*forwad.* \(coredns-ts check broken tells more\)\n$/],
  ['www.example.net A -conf missing', 1, /^www\.example\.net\. A .* not known here /, /nosuch/],
  ['--questions good', 0, /^(www[\s\S]*){2}$/, /^$/],
  ['--questions bad', 1, / {2}NOT AS EXPECTED: it says 192\.0\.2\.1\n$/, /^$/],
  ['--questions odd', 2, /^$/, /^coredns-ts explain: odd:2: "nosuch" is no type\n/],
];
for (const [args, status, out, errors] of commands) {
  test(`coredns-ts explain ${args}`, () => {
    const words = args === '' ? [] : args.split(' ');
    const found = spawnSync(process.execPath, [MAIN, 'explain', ...words], { cwd: folder, encoding: 'utf8' });
    assert.match(found.stdout, out);
    assert.match(found.stderr, errors);
    assert.equal(found.status, status);
  });
}
