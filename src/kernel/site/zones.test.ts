// The longest zone that holds a name, whether zones are few or many, as text and in bytes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { latin1Bytes } from '../../dns/latin1.ts';
import { Name } from '../../dns/name.ts';
import { MOST_LABELS, ZoneMap, Zones, labelsAt } from './zones.ts';

/** Few labels, so that names meet; one of them ends as another begins on the wire. */
const label = fc.constantFrom('a', 'b', 'A', 'aa', 'svc', '\x01a', 'b\x01a', 'é', '.', 'x'.repeat(30));
const name = fc.array(label, { maxLength: 4 }).map((labels) => Name.of(labels));
const starts = new Int32Array(MOST_LABELS);

test('the zone is the longest one that the name is under', () => {
  fc.assert(fc.property(fc.array(name, { maxLength: 40 }), fc.array(label, { maxLength: 3 }), name, (zones, before, end) => {
    const asked = Name.of([...before, ...end.split()]);
    const longest = zones.filter((zone) => asked.isUnder(zone)).sort((a, b) => b.raw.length - a.raw.length)[0];
    assert.equal(new Zones(zones).match(asked)?.key, longest?.key);
    const map = new ZoneMap(zones.map((zone) => [zone, zone] as const));
    const bytes = latin1Bytes(`....${asked.key}`);
    const count = labelsAt(bytes, 4, starts);
    assert.equal(count, asked.labels);
    const found = map.find(bytes, starts, count);
    assert.equal(map.value, longest === undefined ? undefined : zones.find(({ key }) => key === longest.key));
    assert.equal(found, longest === undefined ? -1 : count - longest.labels);
  }), { numRuns: 1000 });
});
test('each of ten thousand is found, and what lies below it; what is above is not', () => {
  const zones = Array.from({ length: 10_000 }, (_, n) => Name.parse(`zone-${n}.example-${n % 7}.org.`));
  const map = new ZoneMap(zones.map((zone, n) => [zone, n] as const));
  const find = (text: string): number | undefined => {
    const bytes = latin1Bytes(Name.parse(text).key);
    map.find(bytes, starts, labelsAt(bytes, 0, starts));
    return map.value;
  };
  zones.forEach((zone, n) => assert.equal(find(n % 2 === 0 ? zone.text : `www.x.${zone.text}`), n));
  for (const text of ['.', 'org.', 'example-1.org.', 'zone-1.example-2.org.', 'xzone-1.example-1.org.', 'zone-1.example-1.net.']) {
    assert.equal(find(text), undefined, text);
  }
});
test('a name of 127 labels has room', () => {
  const bytes = Buffer.from(Name.parse('a.'.repeat(127)).key, 'latin1');
  assert.equal(labelsAt(bytes, 0, starts), 127);
  assert.equal(starts[127], 254);
});
