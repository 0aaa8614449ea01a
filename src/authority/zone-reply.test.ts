// Replies of zones that are long: what points, what is written out, what is left out, and when TC says so.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMessage } from '../dns/message.ts';
import { printRR } from '../dns/rr.ts';
import { TYPE } from '../dns/type-name.ts';
import { TC } from '../kernel/query/message.ts';
import { failure } from '../kernel/query/outcome.ts';
import { loneQuery } from '../testing/lone-query.ts';
import { MadeZone } from '../testing/made-zone.ts';
import { Lookup } from './lookup.ts';

const APEX = '@ 60 IN SOA ns host 1 7200 3600 86400 30\n@ 60 IN NS ns\nns 60 IN A 192.0.2.1\n';
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
const address = (i: number) => `192.0.${i >> 8}.${i & 255}`;

function told(lines: string, name: string, type: number) {
  const reply = new Lookup(new MadeZone('z.test.', APEX + lines)).handle(loneQuery(name, type), () => failure(5));
  assert.ok(!(reply instanceof Promise) && reply.kind === 'reply');
  const { answer, authority, additional, flags } = decodeMessage(reply.bytes.slice(reply.at, reply.at + reply.length));
  const print = (records: typeof answer) => records.map((record) => printRR(record).replaceAll(/\s+/g, ' '));
  const truncated = (flags & TC) !== 0;
  return { answer: print(answer), authority: print(authority), additional: print(additional), truncated, length: reply.length };
}

test('the largest set is whole, and who serves the zone is left out of it without a word', () => {
  const lines = numbers(4094).map((i) => `big 60 IN A ${address(i)}`).join('\n');
  const { answer, authority, truncated, length } = told(lines, 'big.z.test.', TYPE.A);
  assert.deepEqual(answer, numbers(4094).map((i) => `big.z.test. 60 IN A ${address(i)}`));
  assert.deepEqual([authority, truncated, length <= 65535], [[], false, true]);
});
test('where its owner has to be written out some of it does not fit, and TC says so', () => {
  const lines = numbers(4094).map((i) => `big 60 IN A ${address(i)}`).join('\n');
  const { answer, truncated, length } = told(lines, 'BIG.z.test.', TYPE.A);
  assert.ok(answer.length > 4080 && answer.length < 4094 && truncated && length <= 65535, `${answer.length} records, ${length} bytes`);
  assert.deepEqual(answer, numbers(answer.length).map((i) => `big.z.test. 60 IN A ${address(i)}`));
});
test('addresses behind offset 16383 have their owners in full, and all of them are there or TC is set', () => {
  const servers = numbers(1000).map((i) => `cut 60 IN NS n${i}.cut\nn${i}.cut 60 IN A ${address(i)}`).join('\n');
  for (const name of ['x.cut.z.test.', 'x.Cut.z.test.']) {
    const { authority, additional, truncated } = told(servers, name, TYPE.A);
    assert.deepEqual(authority, numbers(1000).map((i) => `cut.z.test. 60 IN NS n${i}.cut.z.test.`));
    assert.deepEqual(additional, numbers(1000).map((i) => `n${i}.cut.z.test. 60 IN A ${address(i)}`));
    assert.equal(truncated, false);
  }
  const long = (i: number) => `n${i}.${'x'.repeat(20)}.cut`;
  const many = numbers(1500).map((i) => `cut 60 IN NS ${long(i)}\n${long(i)} 60 IN A ${address(i)}`).join('\n');
  const { authority, additional, truncated } = told(many, 'x.cut.z.test.', TYPE.A);
  assert.deepEqual([authority.length, truncated, additional.length < 1500], [1500, true, true]);
});
test('a chain of aliases points at the names in the data, whatever these are cut at', () => {
  const lines = 'a 60 IN CNAME b.a\nb.a 60 IN CNAME c\nc 60 IN MX 192 .\nc 60 IN MX 1 a.c\nc 60 IN MX 2 ns';
  const { answer } = told(lines, 'A.z.test.', TYPE.MX);
  assert.deepEqual(answer, [
    'a.z.test. 60 IN CNAME b.a.z.test.', 'b.a.z.test. 60 IN CNAME c.z.test.', 'c.z.test. 60 IN MX 192 .',
    'c.z.test. 60 IN MX 1 a.c.z.test.', 'c.z.test. 60 IN MX 2 ns.z.test.',
  ]);
});
