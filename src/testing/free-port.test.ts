// Ports that tests may have: none on which `fetch` asks nobody, none that another process was given.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { UNFETCHED, freePort } from './free-port.ts';

/** Ports that each of some processes takes: in a row by chance, some of them would meet. */
const COUNT = 200;

test('ports on which `fetch` asks nobody are given to none', async () => {
  for (const port of UNFETCHED) {
    await assert.rejects(fetch(`http://127.0.0.1:${port}/`), ({ cause }: Error) => (cause as Error).message === 'bad port', String(port));
  }
  assert.ok(!UNFETCHED.includes(await freePort()));
});

test('no two processes have the same port, though none of them listens yet', async () => {
  const many = (count: number) => Promise.all(Array.from({ length: count }, freePort));
  const module = JSON.stringify(new URL('./free-port.ts', import.meta.url));
  const source = `const { freePort } = await import(${module}); const ports = [];
    for (let i = 0; i < ${COUNT}; i++) ports.push(await freePort()); console.log(ports.join()); process.stdin.resume();`;
  const args = ['--input-type=module', '-e', source];
  const others = Array.from({ length: 2 }, () => spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] }));
  const theirs = await Promise.all(others.map(async ({ stdout }) => String((await once(stdout, 'data'))[0]).trim().split(',').map(Number)));
  const all = [...theirs.flat(), ...await many(COUNT)];
  for (const { stdin } of others) stdin.end();
  assert.equal(new Set(all).size, 3 * COUNT);
  assert.ok(all.every((port) => port >= 3000 && port < 12_000));
});
