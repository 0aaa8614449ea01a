// The text of a state: it comes back as it was, and whatever is cut, changed or of another zone is refused with a reason.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { Name } from '../../dns/name.ts';
import { StateError, parseState, printState } from './state-text.ts';
import { NO_KEYS, PRESENCES, ROLES } from './state.ts';
import type { KeyState, Phase, ZoneState } from './state.ts';

const zone = Name.parse('Example.org.');
const time = fc.integer({ min: 0, max: 2 ** 40 });
const plain = { noNullPrototype: true } as const;
const phase: fc.Arbitrary<Phase> = fc.record({ presence: fc.constantFrom(...PRESENCES), since: time, until: time,
  isSettled: fc.constant(true as const) },
  { requiredKeys: ['presence', 'since'], ...plain });
const key: fc.Arbitrary<KeyState> = fc.record({
  file: fc.stringMatching(/^K[a-z.+0-9]{1,20}$/), role: fc.constantFrom(...ROLES), data: fc.uint8Array({ minLength: 5, maxLength: 300 }),
    created: time,
  active: time, isWanted: fc.boolean(), dnskey: phase, signatures: phase, ds: phase,
}, { requiredKeys: ['file', 'role', 'data', 'created', 'isWanted', 'dnskey', 'signatures', 'ds'], ...plain });
const lasting = fc.record({ value: time, before: time, until: time }, plain);
const state: fc.Arbitrary<ZoneState> = fc.record({
  revision: time, at: time, stamp: time, keys: fc.uniqueArray(key, { selector: ({ file }) => file, maxLength: 4 }), isHeld: fc.boolean(),
    zoneTtl: lasting,
  keyTtl: lasting, dsTtl: lasting,
}, plain);

test('comes back as it was', () => {
  fc.assert(fc.property(state, (each) => assert.deepEqual(parseState(zone, printState(zone, each)), each)));
});

test('what is cut or changed anywhere is refused', () => {
  fc.assert(fc.property(state, fc.nat(), fc.nat({ max: 255 }), (each, at, octet) => {
    const text = printState(zone, each);
    const where = at % text.length;
    assert.throws(() => parseState(zone, text.slice(0, where)), StateError);
    const other = text.slice(0, where) + String.fromCharCode(octet) + text.slice(where + 1);
    if (other !== text) assert.throws(() => parseState(zone, other), StateError);
  }));
});

/** A text whose sum is right, whatever it says. */
const summed = (body: string): string =>
  `coredns-ts keys 1 ${createHash('sha256').update(body).digest('hex').slice(0, 32)}\n${body}\n`;

test('whatever JSON it is, it is read or refused with a reason', () => {
  fc.assert(fc.property(fc.json(), (body) => assert.throws(() => parseState(zone, summed(body)), StateError)));
  const fields = Object.keys(JSON.parse(printState(zone, NO_KEYS).split('\n').slice(1).join('\n')));
  fc.assert(fc.property(fc.constantFrom(...fields), fc.jsonValue(), (field, value) => {
    const body = JSON.parse(printState(zone, NO_KEYS).split('\n').slice(1).join('\n'));
    body[field] = value;
    try {
      parseState(zone, summed(JSON.stringify(body)));
    } catch (error) {
      assert.ok(error instanceof StateError, String(error));
    }
  }));
});

test('says what is wrong', () => {
  const said = (text: string, why: RegExp) => assert.throws(() => parseState(zone, text), why);
  said('', /it is cut, or no state of keys/);
  said(printState(Name.parse('other.org.'), NO_KEYS), /it is of another zone than Example\.org\./);
  said(summed('{"zone":"example.org."}'), /the list of keys is missing or wrong/);
  said(summed('null'), /the state is missing or wrong/);
  said(summed('{'), /it is no JSON/);
});
