// SkyDNS's messages as Go reads them, groups, wildcards of questions, and keys.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grouped, keyOf, labelsOf, matches, readService } from './message.ts';

const read = (text: string) => readService('/k', Buffer.from(text));

test('a message: fields in any case, null is nothing, other types are wrong', () => {
  assert.deepEqual(read('{"HOST":"a","port":null,"other":[1]}'), {
    key: '/k', host: 'a', port: 0, priority: 10, weight: 0, text: '', mail: false, ttl: 0, targetstrip: 0, group: '',
    coredns: undefined,
  });
  assert.deepEqual(read('{"coredns":[1]}').coredns, [1]);
  assert.equal(read('{"priority":-1}').priority, -1);
  assert.equal(read('null').host, '');
  const wrongs = ['', '{', '[]', '"a"', '1', '{"host":1}', '{"port":"80"}', '{"port":1.5}', '{"ttl":-1}', '{"ttl":4294967296}',
    '{"mail":1}'];
  for (const wrong of wrongs) {
    assert.throws(() => read(wrong), Error, wrong);
  }
  assert.equal(read('{"__proto__":{"host":"x"},"constructor":1}').host, '');
});

test('groups: the shortest key decides, who has none stays, and disagreement at its depth keeps all', () => {
  const of = (...services: readonly [string, string][]) =>
    grouped(services.map(([key, group]) => ({ ...read('{}'), key, group }))).map(({ key }) => key);
  assert.deepEqual(of(['/s/a/1', 'g1'], ['/s/a/2', ''], ['/s/a/b/3', 'g2']), ['/s/a/1', '/s/a/2']);
  assert.deepEqual(of(['/s/a/1', 'g1'], ['/s/a/2', 'g2']), ['/s/a/1', '/s/a/2']);
  assert.deepEqual(of(['/s/a/b/3', 'g2'], ['/s/a/1', '']), ['/s/a/b/3', '/s/a/1']);
  assert.deepEqual(of(['/s/a/b/3', 'g2'], ['/s/a/1', 'g1']), ['/s/a/1']);
  assert.deepEqual(of(), []);
});

test('keys and names, and labels of a question that stand for any', () => {
  assert.equal(keyOf('skydns', ['a', 'sky', 'test']), '/skydns/test/sky/a');
  assert.equal(keyOf('other/place', ['a', 'test']), '/other/place/test/a');
  assert.deepEqual(labelsOf('other/place', '/other/place/test/a'), ['a', 'test']);
  const wanted = keyOf('skydns', ['x', '*', 'sky', 'test']).split('/');
  assert.deepEqual(['/skydns/test/sky/a/x', '/skydns/test/sky/a/x/y', '/skydns/test/sky/a/z', '/skydns/test/sky/a']
    .map((key) => matches(key, wanted)), [true, true, false, false]);
});
