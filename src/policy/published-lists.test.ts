// What lists say of a name, compared with the rules one by one; a list that is not taken over stays beside others that are; and no update
// leaves memory behind.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { Name } from '../dns/name.ts';
import { systemClock } from '../kernel/clock.ts';
import { Store } from '../store/store.ts';
import { ListBuilder } from './list-build.ts';
import type { BuiltLists, ListOrder } from './list-build.ts';
import { PublishedLists } from './published-lists.ts';
import { PublishedTable } from './published-table.ts';
import { STORE_KEY } from '../testing/store-key.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'lists-'));
after(() => rmSync(folder, { recursive: true }));

/** Lists by their texts, in a store. */
class Lists {
  readonly store = Store.create(1 << 26, STORE_KEY);
  readonly #builder = new ListBuilder(this.store.memory);
  readonly #table: PublishedTable;
  readonly #lists: PublishedLists;
  #rules: readonly (number | undefined)[] = [];

  constructor() {
    const space = this.store.spaces.of(this.store.spaces.take(), new AbortController().signal, systemClock)(0);
    this.#table = new PublishedTable(this.store, space, 'lists');
    this.#lists = new PublishedLists(this.#table);
  }
  take(...texts: readonly string[]): BuiltLists {
    const lists = texts.map((text, i): ListOrder => {
      const file = path.join(folder, `list${i}`);
      writeFileSync(file, text);
      return { files: [file], isAllowed: false, before: this.#rules[i] };
    });
    const { table, text } = this.#table;
    const built = this.store.reading.within(() => this.#builder.build({ lists, table, special: text, shrink: 0.5 }));
    assert.ok(built.kind === 'made');
    this.#table.publish(built.table, built.special);
    this.#rules = built.reports.map(({ rules }) => rules);
    return built;
  }
  judge(name: string): string {
    const asked = { type: 1, bytes: new Uint8Array(4), clientAt: 0, clientLength: 4 };
    const verdict = this.store.reading.within(() => this.#lists.judge(Name.parse(name).octets, 0, asked));
    return verdict === 'blocked' ? `blocked ${this.#lists.list}` : verdict;
  }
}

const label = fc.constantFrom('a', 'b', 'c');
const names = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
const FORMS = ['', '*.', '||', '@@||', '||!', '@@||!'] as const;
const rule = fc.record({ name: names, form: fc.constantFrom(...FORMS) });
function lineOf({ name, form }: { readonly name: string; readonly form: typeof FORMS[number] }): string {
  if (form === '' || form === '*.') return `${form}${name}`;
  return form.endsWith('!') ? `${form.slice(0, -1)}${name}^$important` : `${form}${name}^`;
}

test('a name is blocked, allowed or neither as its rules say, one by one', () => {
  const lists = new Lists();
  fc.assert(fc.property(fc.array(rule, { maxLength: 10 }), fc.array(names, { maxLength: 10 }), (rules, asked) => {
    lists.take(`${rules.map(lineOf).join('\n')}\nother.test`);
    for (const name of [...asked, ...rules.map((each) => each.name)]) {
      const fits = rules.filter((each) => (each.form === '' ? name === each.name
        : each.form === '*.' ? name.endsWith(`.${each.name}`) : name === each.name || name.endsWith(`.${each.name}`)));
      const has = (...forms: readonly string[]): boolean => fits.some(({ form }) => forms.includes(form));
      const expected = has('@@||!') ? 'allowed' : has('||!') ? 'blocked 0'
        : has('@@||') ? 'allowed' : has('', '*.', '||') ? 'blocked 0' : 'none';
      assert.equal(lists.judge(name.toUpperCase()), expected, `${name} by ${rules.map(lineOf).join(' ')}`);
    }
  }), { numRuns: 300 });
});

const many = (letter: string, count: number): string => Array.from({ length: count }, (_, i) => `${letter}${i}.test`).join('\n');

test('a list that became half of itself, or nothing, keeps what it had, while another is taken over', () => {
  const lists = new Lists();
  lists.take(many('a', 200), `${many('b', 200)}\n/^re/\n||type.test^$dnstype=A`);
  const { reports } = lists.take(many('a', 99), `${many('c', 200)}\n/^re/`);
  assert.deepEqual(reports.map(({ failure }) => failure), ['it has 99 rules, and had 200', undefined]);
  assert.deepEqual(['a199.test', 'b0.test', 'c0.test', 're.test', 'x.type.test'].map((name) => lists.judge(name)),
    ['blocked 0', 'none', 'blocked 1', 'blocked 1', 'none']);
  const again = lists.take(many('d', 150), '# nothing');
  assert.deepEqual(again.reports.map(({ failure }) => failure), [undefined, 'it has no rule any more']);
  assert.deepEqual(['a199.test', 'd0.test', 'c199.test', 're.test'].map((name) => lists.judge(name)),
    ['none', 'blocked 0', 'blocked 1', 'blocked 1']);
});

test('no update leaves memory behind', () => {
  const lists = new Lists();
  const { memory } = lists.store;
  lists.take(many('a', 5000));
  lists.take(many('a', 5000));
  const { used } = memory;
  for (let i = 0; i < 20; i++) lists.take(many('a', 5000 - (i % 2)));
  assert.ok(memory.used <= used + 100, `${memory.used} words, and ${used} before`);
});
