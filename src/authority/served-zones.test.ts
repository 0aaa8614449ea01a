// The zone that holds a name is the most specific one that the name is under, and its labels are those of the name.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { latin1 } from '../dns/latin1.ts';
import { Name } from '../dns/name.ts';
import { loneQuery } from '../testing/lone-query.ts';
import { Place, ServedZones } from './served-zones.ts';

/** Few labels, so that names meet; one of them ends as another begins on the wire. */
const label = fc.constantFrom('a', 'b', 'A', 'aa', 'svc', '\x01a', 'b\x01a', 'é', '.', 'x'.repeat(30));
const name = fc.array(label, { maxLength: 4 }).map((labels) => Name.of(labels));

test('the zone is the longest one that the name is under', () => {
  fc.assert(fc.property(fc.array(name, { maxLength: 5 }), fc.array(label, { maxLength: 3 }), name, (zones, before, end) => {
    const asked = Name.of([...before, ...end.split()]);
    const served = new ServedZones(zones);
    const place = new Place();
    const query = loneQuery(asked, 1);
    const holding = zones.filter((zone) => asked.isUnder(zone)).sort((a, b) => b.raw.length - a.raw.length);
    assert.equal(served.find(query, place), holding.length > 0);
    const [longest] = holding;
    if (longest === undefined) return;
    assert.equal(place.zone.name.key, longest.key);
    assert.equal(zones[place.zone.index]!.key, longest.key);
    const labels = asked.split();
    assert.equal(place.total, labels.length);
    assert.equal(place.labels, labels.length - longest.split().length);
    assert.equal(place.before, asked.raw.length - longest.raw.length);
    for (let i = 0; i < place.labels; i++) {
      const at = place.at[i]!;
      const text = latin1(query.bytes, at + 1, at + 1 + query.bytes[at]!);
      assert.equal(text, Name.of([labels[i]!]).key.slice(1, -1));
    }
    assert.equal(served.exactly(asked)?.name.key, zones.find((zone) => zone.key === asked.key)?.key);
  }), { numRuns: 500 });
});
test('a name that ends in the bytes of a zone, but not at a label, is outside', () => {
  const zones = new ServedZones([Name.parse('a.b.')]);
  const place = new Place();
  assert.equal(zones.find(loneQuery(Name.of(['x\x01a', 'b']), 1), place), false);
  assert.equal(zones.find(loneQuery('xa.b.', 1), place), false);
  assert.equal(zones.find(loneQuery('x.A.B.', 1), place), true);
});
test('the root holds everything', () => {
  const place = new Place();
  assert.equal(new ServedZones([Name.root]).find(loneQuery('.', 1), place), true);
  assert.deepEqual([place.labels, place.total, place.before], [0, 0, 0]);
});
