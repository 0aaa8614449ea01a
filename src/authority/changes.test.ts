// A change of a zone is counted for caches before anybody is told, and told once, with its names, to who listens.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Name } from '../dns/name.ts';
import { Store } from '../store/store.ts';
import { ChangingZone } from './changes.ts';
import type { Change } from './changes.ts';
import { STORE_KEY } from '../testing/store-key.ts';

const names = (...texts: readonly string[]) => texts.map((text) => Name.parse(text));

test('who listens hears of names in the zone, of any where there is a wildcard, and of nothing when it has ended', () => {
  const store = Store.create(1 << 24, STORE_KEY);
  const zone = new ChangingZone(store, Name.parse('z.test.'));
  const ended = new AbortController();
  const told: string[] = [];
  const moments: number[] = [];
  const listen = ({ zone: { text }, revision, names: concerned }: Change) => {
    told.push(`${text} ${revision} ${concerned?.map((name) => name.text).join(' ') ?? 'any'}`);
    moments.push(store.changes.moment);
  };
  zone.listen(listen, ended.signal);
  const before = store.changes.moment;
  zone.changed(names('a.z.test.', 'other.test.', 'B.z.test.'));
  assert.ok(moments[0]! > before, 'caches know before others are told');
  zone.changed(names('other.test.'));
  zone.changed(names('a.z.test.', '*.z.test.'));
  zone.changed();
  ended.abort();
  zone.changed();
  zone.listen(listen, ended.signal);
  zone.changed();
  assert.deepEqual(told, ['z.test. 1 a.z.test. B.z.test.', 'z.test. 2 any', 'z.test. 3 any']);
  assert.equal(zone.revision, 5);
});
