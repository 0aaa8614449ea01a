// Sets of names and networks: what a set holds is what the longest entry that fits says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { Name } from '../../dns/name.ts';
import { NamedSet } from './sets.ts';

const label = fc.constantFrom('a', 'b', 'x\\.y', '\\\\', 'c');
const name = fc.array(label, { maxLength: 4 }).map((labels) => (labels.length === 0 ? '.' : `${labels.join('.')}.`));
const entries = fc.array(fc.tuple(fc.boolean(), name), { maxLength: 8 });

test('a name is judged by the longest entry that is it or above it', () => {
  fc.assert(fc.property(entries, name, (all, asked) => {
    const set = new NamedSet();
    for (const [isIn, text] of all) set.add(isIn ? text : `!${text}`);
    const fitting = all.map(([isIn, text]) => ({ isIn, zone: Name.parse(text) })).filter(({ zone }) => Name.parse(asked).isUnder(zone));
    const longest = Math.max(...fitting.map(({ zone }) => zone.raw.length));
    assert.equal(set.holds(asked), fitting.findLast(({ zone }) => zone.raw.length === longest)?.isIn ?? false);
  }));
});
test('addresses in brackets or not, IPv4 in IPv6; a name is in no network', () => {
  const set = new NamedSet();
  for (const entry of ['192.0.2.0/24', '!192.0.2.7', '2001:db8::/32', '!2001:db8:1::/48']) set.add(entry);
  const held = (...texts: readonly string[]) => texts.map((text) => set.holds(text));
  assert.deepEqual(held('192.0.2.1', '192.0.2.7', '::ffff:192.0.2.1', '[2001:db8::1]', '2001:db8:1::1', '198.51.100.1', 'a.test', ''),
    [true, false, true, true, false, false, false, false]);
});
test('what is no entry', () => {
  for (const entry of ['', '!', '192.0.2.0/33', '300.1.1.1', 'a/b', 'a:b',
    '2001:db8::/129']) assert.throws(() => new NamedSet().add(entry), entry);
});
