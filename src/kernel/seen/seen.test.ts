// Tops of several threads, estimates and steps of time: properties that hold for any input.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { Hash } from '../../store/hash.ts';
import { Memory } from '../../store/memory.ts';
import { estimate, note, unite } from './distinct.ts';
import { boundOf, stepOf } from './latency.ts';
import { Name } from '../../dns/name.ts';
import { Key } from '../../store/key.ts';
import { Seen, TOPS } from './seen.ts';
import { TopWriter, topOf } from './top.ts';

const FORM = { name: 'top', setBits: 1, room: 2 };

test('how often something came lies within its bounds, whichever threads counted it', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(2), fc.nat(60)), { maxLength: 400 }), (seen) => {
    const memory = Memory.create(1 << 26);
    const hash = new Hash(1, 2);
    const writers = [0, 1, 2].map((thread) => new TopWriter(memory, FORM, thread));
    for (const writer of writers) writer.turn(7);
    const truth = new Map<number, number>();
    for (const [thread, key] of seen) {
      truth.set(key, (truth.get(key) ?? 0) + 1);
      const at = writers[thread]!.count(hash.of(Int32Array.of(key), 0, 1));
      if (at !== 0) memory.words.set([4, key], at);
    }
    for (const { key: [, key], count, error } of topOf(memory, FORM, 7)) {
      const real = truth.get(key!) ?? 0;
      assert.ok(count - error <= real && real <= count, `${key} came ${real} times: ${count - error} to ${count}`);
    }
    assert.deepEqual(topOf(memory, FORM, 6), []);
  }));
});

test('an estimate is near, also of what several have seen', () => {
  const hash = new Hash(3, 4);
  const [one, other] = [new Uint8Array(4096), new Uint8Array(4096)];
  for (let i = 0; i < 60_000; i++) note(i % 2 === 0 ? one : other, 0, 12, hash.of(Int32Array.of(i % 50_000), 0, 1));
  unite(one, other);
  // A key that does not change: the same figure each time.
  assert.ok(Math.abs(estimate(one) - 50_000) < 2500, String(estimate(one)));
  assert.equal(estimate(new Uint8Array(256)), 0);
});

test('steps of time follow one another, and each time lies in its own', () => {
  fc.assert(fc.property(fc.nat(60_000_000), (microseconds) => {
    const step = stepOf(microseconds);
    assert.ok(boundOf(step) <= microseconds && microseconds < boundOf(step + 1));
    assert.ok(boundOf(step + 1) - boundOf(step) <= Math.max(1, boundOf(step) / 8));
  }));
  assert.equal(stepOf(0x7fffffff), 199);
});

test('hashes that were kept count as those that are made anew: names, names above, clients', () => {
  const label = fc.constantFrom('a', 'b', 'www', 'x'.repeat(63), 'of-some-length');
  // Some names above begin and end alike.
  const alike = fc.nat(3).map((middle) => `www.begins-${middle}-and-ends-alike.example.`);
  const name = fc.oneof(fc.array(label, { maxLength: 4 }).map((labels) => `${labels.join('.')}.`), alike);
  const client = fc.constantFrom(0, 1, -1, 0x0100007f);
  const question = fc.record({ name, type: fc.constantFrom(1, 28, 65), client, isKnown: fc.boolean() });
  fc.assert(fc.property(fc.array(question, { maxLength: 300 }), (questions) => {
    const memory = Memory.create(1 << 26);
    const blocks = [0, 1].map(() => new Seen(memory, 0, () => '', { names: true, clients: 'show' }));
    const truth = { names: new Map<string, number>(), under: new Map<string, number>(), clients: new Map<string, number>() };
    const add = (top: keyof typeof truth, key: string) => truth[top].set(key, (truth[top].get(key) ?? 0) + 1);
    for (const [i, { name: text, type, client: from, isKnown }] of questions.entries()) {
      const wire = Name.parse(text);
      const key = new Key().named(wire.key, type);
      key.words[100] = from;
      const outcome = { rcode: 0, extended: -1, trail: { lastHop: -1, tail: () => 0 }, isStream: false, microseconds: 1, at: 60_000 };
      const asked = { words: key.words, keyAt: key.at << 2, nameLength: wire.key.length, type };
      blocks[i & 1]!.see(asked, outcome, 100, 4, 0, false, '', isKnown ? key.hashBy(memory.hash) : 0);
      add('names', wire.key);
      if (wire.key.length > 1) add('under', wire.key.slice(wire.key.charCodeAt(0) + 1));
      add('clients', String(from));
    }
    for (const top of ['names', 'under', 'clients'] as const) {
      const rows = topOf(memory, TOPS[top], 1);
      assert.ok(rows.length <= truth[top].size);
      for (const { key, count, error } of rows) {
        const octets = Buffer.from(key.buffer, key.byteOffset + 4, key[0]! & 255);
        const isCut = (key[0]! & ~255) !== 0;
        const real = isCut ? undefined : truth[top].get(top === 'clients' ? String(octets.readInt32LE()) : octets.toString('latin1')) ?? 0;
        if (real !== undefined) assert.ok(count - error <= real && real <= count, `${top} ${octets} ${real}: ${count - error} to ${count}`);
      }
    }
  }), { numRuns: 60 });
});
