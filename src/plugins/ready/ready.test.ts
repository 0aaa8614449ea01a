// It never says yes before queries are answered: a plugin that is ready may still be waited for, and sockets are opened last.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { definePlugin } from '../../kernel/site/plugin.ts';
import { freePort } from '../../testing/free-port.ts';
import { InProcess } from '../../testing/in-process.ts';
import whoami from '../whoami/index.ts';
import ready from './index.ts';

test('not ready until the sockets are open, whatever the plugins say', async () => {
  let go = () => {};
  const opened = new Promise<void>((resolve) => {
    go = resolve;
  });
  let waiting = () => {};
  const waited = new Promise<void>((resolve) => {
    waiting = resolve;
  });
  const slow = definePlugin({
    name: 'slow',
    parse: () => undefined,
    create: () => ({
      ready: () => true,
      control() {
        waiting();
        return opened;
      },
    }),
  });
  const server = new InProcess([ready, slow, whoami]);
  const port = await freePort();
  const ask = async () => {
    const response = await fetch(`http://127.0.0.1:${port}/ready`);
    return [response.status, await response.text()];
  };
  const started = server.start(`. {\n    ready 127.0.0.1:${port}\n    slow\n    whoami\n}\n`);
  try {
    await waited;
    assert.deepEqual(await ask(), [503, 'listeners']);
    go();
    assert.equal(await started, undefined);
    assert.deepEqual(await ask(), [200, 'OK']);
    assert.equal(await server.reload(), undefined);
    assert.deepEqual(await ask(), [200, 'OK']);
  } finally {
    go();
    await server.close();
  }
});
