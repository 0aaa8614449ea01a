// Every page that shows a Corefile shows one that the program reads without complaint, and every plugin's page has its
// sections. Knows pages and the program's exit status, nothing of plugins.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { checkCorefile } from '../src/cli/check.ts';
import { madeDatabase } from '../src/plugins/geoip/made-database.ts';
import { pathsIn, read, root } from './gates/checkout.ts';
import { examples, sections } from './gates/page.ts';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'coredns-ts-readme-'));
// What pages call `cert.pem`, `key.pem` and `ca.pem` has to be there.
cpSync(path.join(root, 'test/conformance/certs'), scratch, { recursive: true });
after(() => rmSync(scratch, { recursive: true, force: true }));
// What pages name and a machine does not have.
writeFileSync(path.join(scratch, 'GeoLite2-City.mmdb'), madeDatabase('GeoLite2-City', [['192.0.2.0/24', {}]]));

const pages = ['README.md', ...[...pathsIn('docs'), ...pathsIn('src')].filter((file) => file.endsWith('.md'))];
const checks = ['check.ts', 'subcommands.ts'].some((file) => existsSync(path.join(root, 'src/cli', file)));

/** What `coredns-ts check` says of a Corefile: nothing where it is right. */
function said(name: string, corefile: string): Promise<string> {
  const file = path.join(scratch, name);
  writeFileSync(file, corefile);
  return new Promise((resolve) => {
    execFile(path.join(root, 'bin/coredns-ts'), ['check', file], { cwd: scratch, timeout: 90_000 }, (error, out, complaint) => {
      resolve(error === null ? '' : `exit ${error.code ?? error.signal}: ${out}${complaint}`.trim());
    });
  });
}

test('each plugin page has its sections', () => {
  const wrong = pathsIn('src').filter((file) => /^src\/plugins\/[^/]+\/README\.md$/.test(file))
    .flatMap((file) => sections(read(file)).map((complaint) => `${file}: ${complaint}`));
  assert.deepEqual(wrong, []);
});

test('each Corefile in a page is right', { skip: checks ? false : 'there is no check yet' }, async (t) => {
  // All of them in this process: hundreds that start would take a minute.
  const before = process.cwd();
  process.chdir(scratch);
  t.after(() => process.chdir(before));
  const wrong: string[] = [];
  let count = 0;
  for (const file of pages) {
    for (const { line, text } of examples(read(file))) {
      const { problems } = await checkCorefile(text, path.join(scratch, `Corefile-${count++}`), 53);
      for (const { severity, message } of problems) if (severity === 'error') wrong.push(`${file}:${line}: ${message}`);
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(count > 100, `${count} were looked at`);
});

test('complains about a page without a section and about a wrong Corefile', async (t) => {
  const fenced = ['~~~ corefile', '. {', '    whoami', '}', '~~~', '', '```corefile', '. {', '    whoam', '```'];
  const page = ['# x', '', '## Name', '', '## Syntax', '', ...fenced, '', '## Description', ''].join('\n');
  assert.deepEqual(sections(page), ['has no section Examples', 'has its sections in the order Name, Syntax, Description']);
  assert.deepEqual(sections('## Name\n## Description\n## Syntax\n## Metrics\n## Examples\n'), []);
  assert.deepEqual(examples(page), [{ text: '. {\n    whoami\n}\n', line: 8 }, { text: '. {\n    whoam\n', line: 14 }]);
  if (!checks) return t.diagnostic('there is no check yet');
  assert.equal(await said('right', '. {\n    whoami\n}\n'), '');
  assert.match(await said('wrong', '. {\n    whoam\n}\n'), /exit 1/);
});
