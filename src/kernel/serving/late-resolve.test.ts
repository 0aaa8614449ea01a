// A question that is asked when an answer came late may lead to others: what it has found in shared memory stays until it has its answer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Name } from '../../dns/name.ts';
import whoami from '../../plugins/whoami/index.ts';
import { InProcess } from '../../testing/in-process.ts';
import { parseAsk } from '../../testing/question.ts';
import { definePlugin } from '../site/plugin.ts';
import type { Run } from '../site/plugin.ts';

test('nothing is recycled while a late question is answered, even after it asked another one', async () => {
  let freed: boolean | undefined;
  const asking = definePlugin({
    name: 'asking', parse: () => undefined,
    create: () => {
      let run: Run;
      return {
        start: (given: Run) => void (run = given),
        handle(query, next) {
          const [first] = query.name.text.split('.');
          const later = () => query.resolve({ name: Name.parse('outer.') });
          if (first === 'late') return new Promise((resolve) => setImmediate(resolve)).then(later);
          if (first !== 'outer') return next(query);
          void query.resolve({ name: Name.parse('inner.') });
          freed = false;
          run.store.epochs.retire(() => void (freed = true));
          run.store.epochs.recycle();
          return query.reply();
        },
      };
    },
  });
  const server = new InProcess([asking, whoami]);
  assert.equal(await server.start('. {\n asking\n whoami\n}\n'), undefined);
  await server.ask(parseAsk('late. A'));
  assert.equal(freed, false);
  await server.close();
});
