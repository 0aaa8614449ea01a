// Blocks of one zone and port in every order: their order decides who answers, never whether the configuration is sound (KEY-6, KEY-7).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latin1 } from '../../dns/latin1.ts';
import { standard } from '../../plugins/index.ts';
import { InProcess } from '../../testing/in-process.ts';
import { parseAsk } from '../../testing/question.ts';

/** Blocks that answer TXT with their own name; those with a filter take the types that it names. */
const filtered = (name: string, ...types: readonly string[]) =>
  block(name, `view ${name} {\n expr type() in ['${types.join("', '")}']\n }`);
const block = (name: string, filter = '') => `. {\n ${filter}\n template IN ANY {\n answer "{{ .Name }} 60 IN CNAME ${name}."\n }\n}\n`;

function* permutations<T>(all: readonly T[]): Generator<readonly T[]> {
  if (all.length === 0) yield [];
  for (const [i, one] of all.entries()) for (const rest of permutations(all.toSpliced(i, 1))) yield [one, ...rest];
}
async function answers(blocks: readonly string[]): Promise<readonly string[] | string> {
  const server = new InProcess(standard);
  const refusal = await server.start(blocks.join(''));
  const said: string[] = [];
  if (refusal === undefined) {
    for (const type of ['TXT', 'MX', 'SRV']) {
      const [reply] = await server.ask(parseAsk(`a.test. ${type}`));
      said.push(reply!.answer.map(({ rdata }) => latin1(rdata, 1, 2)).join());
    }
  }
  await server.close();
  return refusal ?? said;
}

test('whatever their order, the first block that takes the question answers', async () => {
  const blocks = { t: filtered('t', 'TXT', 'MX'), m: filtered('m', 'MX'), p: block('p') };
  for (const order of permutations(Object.keys(blocks) as (keyof typeof blocks)[])) {
    const first = (...names: readonly string[]) => order.find((name) => names.includes(name));
    assert.deepEqual(await answers(order.map((name) => blocks[name])), [first('t', 'p'), first('t', 'm', 'p'), 'p'], order.join());
  }
});
test('two blocks without a filter clash in every order, with any number of filtered ones', async () => {
  for (const order of permutations([filtered('t', 'TXT'), block('p'), block('q')])) {
    assert.equal(await answers(order), 'cannot serve dns://.:53 - it is already defined');
  }
});
test('neither `bind` nor another zone between them changes that', async () => {
  const bound = (text: string) => text.replace('. {\n', '. {\n bind 127.0.0.1\n');
  for (const order of permutations([bound(filtered('t', 'TXT')), bound(block('p')), 'other.test {\n whoami\n}\n'])) {
    assert.notEqual(typeof await answers(order), 'string', order.join(''));
  }
  for (const order of permutations([bound(filtered('t', 'TXT')), block('p')])) {
    assert.notEqual(typeof await answers(order), 'string', order.join(''));
  }
});
