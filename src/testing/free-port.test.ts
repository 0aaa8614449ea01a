// Ports that tests may have: none on which `fetch` asks nobody.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UNFETCHED, freePort } from './free-port.ts';

test('ports on which `fetch` asks nobody are given to none', async () => {
  for (const port of UNFETCHED) {
    await assert.rejects(fetch(`http://127.0.0.1:${port}/`), ({ cause }: Error) => (cause as Error).message === 'bad port', String(port));
  }
  assert.ok(!UNFETCHED.includes(await freePort()));
});
