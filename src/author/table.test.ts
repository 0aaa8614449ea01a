// Tables of authors: what main writes is found for a question by name and type, case ignored, and is gone when it was taken out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Name } from '../dns/name.ts';
import { TYPE } from '../dns/type-name.ts';
import { runScenario } from '../testing/author-scenario.ts';
import { definePlugin } from './plugin.ts';
import { Table } from './table.ts';

const name = (text: string) => Name.parse(text);

/** Answers with the rcode that the table has for the question, late; `said` gets what `main` made of the table. */
const plugin = (main: (table: Table) => unknown, said: unknown[]) => {
  let table: Table;
  return definePlugin({
    name: 'kept',
    parse: ([line]) => line.bare(),
    create: (_config, site) => ({
      control: (run) => void said.push(main(new Table(run, site, 'kept'))),
      start(run) {
        table = new Table(run, site, 'kept');
      },
      handle: async (query) => {
        await Promise.resolve();
        return query.reply({ rcode: table.get(query)?.[0] ?? 3 });
      },
    }),
  });
};
const scene = (...asked: readonly string[]) =>
  `. {\n    kept\n}\n----\n${asked.map((each) => `ask ${each.replace(': ', '\n    ')}\n`).join('')}`;

test('what was put there is found, also behind an await', async () => {
  const said: unknown[] = [];
  const fill = (table: Table) => {
    table.replace([[name('a.example.'), TYPE.A, Uint8Array.of(5)], [name('b.example.'), TYPE.A, Uint8Array.of(4)]]);
    table.set(name('A.example.'), TYPE.TXT, Uint8Array.of(2));
    return [table.size, table.remove(name('b.example.'), TYPE.A), table.remove(name('b.example.'), TYPE.A), table.size];
  };
  const text = scene('a.example A: REFUSED', 'A.EXAMPLE TXT: SERVFAIL', 'b.example A: NXDOMAIN', 'a.example MX: NXDOMAIN');
  await runScenario(text, { plugins: [plugin(fill, said)] });
  assert.deepEqual(said, [[3, true, false, 2]]);
});

test('a replacement takes the place of all that was there', async () => {
  const said: unknown[] = [];
  const fill = (table: Table) => {
    table.set(name('a.example.'), TYPE.A, Uint8Array.of(5));
    table.replace([[name('c.example.'), TYPE.A, Uint8Array.of(5)]]);
    return table.size;
  };
  await runScenario(scene('a.example A: NXDOMAIN', 'c.example A: REFUSED'), { plugins: [plugin(fill, said)] });
  assert.deepEqual(said, [1]);
});
