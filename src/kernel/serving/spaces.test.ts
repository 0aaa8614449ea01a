// What parts keep for one load: a reload begins with nothing, whatever the load before had, and a load that was refused leaves nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import forward from '../../plugins/forward/index.ts';
import whoami from '../../plugins/whoami/index.ts';
import { Key } from '../../store/key.ts';
import { InProcess } from '../../testing/in-process.ts';
import { parseAsk } from '../../testing/question.ts';
import { definePlugin } from '../site/plugin.ts';

test('the number of upstreams may change with every reload', async () => {
  const corefile = (count: number) => `. {\n forward . ${Array.from({ length: count }, (_, i) => `127.0.0.${i + 1}:1`).join(' ')}\n}\n`;
  const server = new InProcess([forward]);
  assert.equal(await server.start(corefile(1)), undefined);
  for (const count of [2, 5, 1, 7, 3]) {
    server.rewrite(corefile(count));
    assert.equal(await server.reload(), undefined, `${count} upstreams`);
    await server.elapse(count * 10_000);
  }
  await server.close();
});

test('a block begins with nothing at each load, refused or not, and an answer under way keeps what it found', async () => {
  const seen: number[] = [];
  let finish: (() => void) | undefined;
  const key = new Key().named('\x01a\x00', 1);
  const keeping = definePlugin({
    name: 'keeping', parse: ([line]) => line.rest(),
    create: ([word], site) => {
      let entries = () => 0;
      return {
        control(run) {
          const map = run.space(site).map('keeping');
          seen.push(map.entries + run.space(site).flags('keeping', 1).get(0));
          map.put(key, Uint8Array.of(1));
          run.space(site).flags('keeping', 1).set(0, 1);
          entries = () => (map.find(key) === 0 ? 0 : 1);
          if (word === 'refuse') throw new Error('refused');
        },
        async handle(query, next) {
          if (query.name.text !== 'slow.') return next(query);
          await new Promise<void>((resolve) => {
            finish = resolve;
          });
          seen.push(10 + query.reading.within(entries));
          return next(query);
        },
      };
    },
  });
  const server = new InProcess([keeping, whoami]);
  const corefile = (word: string) => `. {\n keeping ${word}\n whoami\n}\n`;
  assert.equal(await server.start(corefile('a')), undefined);
  const slow = server.ask(parseAsk('slow. A'));
  await server.elapse(1);
  for (const [word, refusal] of [['refuse', 'refused'], ['b', undefined], ['refuse', 'refused'], ['c', undefined]] as const) {
    server.rewrite(corefile(word));
    assert.equal(await server.reload(), refusal);
  }
  finish!();
  await slow;
  assert.deepEqual(seen, [0, 0, 0, 0, 0, 11]);
  await server.close();
});
