// Every case of h2spec against our HTTP/2. Skipped, visibly, where the program is not built (test/go/h2spec; H2SPEC names it).
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { echoing } from './h2-echo.ts';

const { H2SPEC: program } = process.env;

test('all cases of h2spec', { skip: program === undefined && 'h2spec is not built (test/go/h2spec; H2SPEC names it)' }, async (t) => {
  const server = await echoing('h2');
  t.after(() => server.close());
  const said = await new Promise<string>((resolve, reject) => {
    let text = '';
    const args = ['-h', '127.0.0.1', '-p', String(server.port), '-o', '5', '-P', '/'];
    const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.on('data', (bytes: Buffer) => (text += bytes.toString()));
    child.on('error', reject);
    child.on('close', () => resolve(text));
  });
  const { tests, passed, skipped } = /(?<tests>\d+) tests, (?<passed>\d+) passed, (?<skipped>\d+) skipped/.exec(said)?.groups ?? {};
  assert.ok(Number(tests) > 140 && tests === passed && skipped === '0', said.slice(said.indexOf('Failures')));
});
