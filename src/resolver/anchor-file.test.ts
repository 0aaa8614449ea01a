// Files of keys that are followed: what is written is read as it was, and so is what Unbound writes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Name } from '../dns/name.ts';
import { KEY_STATE, untried } from '../dnssec/anchor-tracking.ts';
import type { TrackedZone } from '../dnssec/anchor-tracking.ts';
import { fc } from '../testing/properties.ts';
import { printTracked, readTracked } from './anchor-file.ts';
import { fileBeside } from './followed-anchors.ts';

const number = fc.integer({ min: 0, max: 2 ** 32 });
const data = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((octets) => Uint8Array.of(1, 1, 3, 13, ...octets));
const key = fc.record({ data, state: fc.constantFrom(...Object.values(KEY_STATE)), seen: fc.nat(9), since: number });
const tracked: fc.Arbitrary<TrackedZone> = fc.record({
  zone: fc.constantFrom('.', 'a.test.', 'b.test.').map((text) => Name.parse(text)), keys: fc.array(key, { minLength: 1, maxLength: 3 }),
  ds: fc.constant([]), asked: number, heard: number, next: number,
  failures: fc.nat(99), interval: number, retry: number, isOver: fc.boolean(),
});

test('what is written is read as it was, zone for zone', () => {
  fc.assert(fc.property(fc.uniqueArray(tracked, { maxLength: 3, selector: ({ zone }) => zone.key }), (zones) => {
    const text = printTracked(zones);
    assert.equal(printTracked(readTracked(text)), text);
    assert.deepEqual(readTracked(text).map(({ keys }) => keys), zones.map(({ keys }) => keys.map((each) => ({ ...each }))));
  }));
});
test('any text is zones, or an Error that names the line', () => {
  const line = fc.oneof(fc.string(), fc.constantFrom('. IN DS 20326 8 2 AB', '. IN DNSKEY 257 3 8 AwEA ;;state=9', 
    ';;next_probe_time: 99999999999999',
    ';;REVOKED', '; autotrust trust anchor file', ';;query_failed: -1'));
  fc.assert(fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
    try {
      printTracked(readTracked(lines.join('\n')));
    } catch (error) {
      assert.match((error as Error).message, /^line \d+: /);
    }
  }));
});
test('a plain file of records trusts all of them; what is known of another file does not count', () => {
  const [zone] = readTracked('. 3600 IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n');
  assert.deepEqual([zone!.zone.text, zone!.ds.length, zone!.keys.length, zone!.next], ['.', 1, 0, 0]);
  const [one, other] = ['. IN DNSKEY 257 3 13 AAAA\n', '. IN DNSKEY 257 3 13 AAAB\n'];
  const file = fileBeside('root.key', one, undefined);
  assert.equal(file.path, 'root.key.state');
  const later = { ...file.zones[0]!, next: 77 };
  const state = file.head + printTracked([later]);
  assert.equal(fileBeside('root.key', one, state).zones[0]!.next, 77);
  assert.equal(fileBeside('root.key', other, state).zones[0]!.next, 0);
  const broken = fileBeside('root.key', one, `${file.head}what is this?\n`);
  assert.deepEqual(broken.zones, [untried(Name.root, [], [broken.zones[0]!.keys[0]!.data], 0)]);
  assert.match(broken.fault!, /^root\.key\.state is not what was written there, and the keys of root\.key count: line 1: /);
});
