// Of a change only what it touches is signed: what comes of that is record by record what signing all of it makes, for every way to deny
// and whatever comes, goes, hides and shows again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { Name } from '../../dns/name.ts';
import { printRR } from '../../dns/rr.ts';
import { TYPE, typeName } from '../../dns/type-name.ts';
import { RRSIG } from '../../dns/types-security.ts';
import { algorithmNamed } from '../../dnssec/algorithm.ts';
import { steadyPlan } from '../../dnssec/key-plan.ts';
import { generateKey } from '../../dnssec/signing-key.ts';
import { StoredZone } from '../../testing/stored-zone.ts';
import { writtenRecords } from '../../testing/written-zone.ts';
import type { ZoneWriter } from '../transfer.ts';
import { blocksOf } from '../zone/blocks.ts';
import { ZoneCell } from '../zone/zone-cell.ts';
import { transferOf } from '../zone/zone-transfer.ts';
import type { Chain } from './chain.ts';
import { signVersion } from './sign-version.ts';

const ZONE = Name.parse('z.test.');
const NOW = Date.UTC(2026, 0, 1) / 1000;
const plan = steadyPlan(ZONE, [generateKey(ZONE, algorithmNamed('ECDSAP256SHA256')!, 257, 300)]);
const APEX = (serial: number): string =>
  `z.test. 300 IN SOA ns.z.test. host.z.test. ${serial} 7200 3600 1209600 60\nz.test. 300 IN NS ns.z.test.\n`;

/** Two versions of a zone side by side, the one that is not signed and the signed one. */
class Signed {
  readonly zone = new StoredZone('z.test.');
  readonly cell = new ZoneCell(this.zone.store, 'signed');
  readonly chain: Chain;
  #serial = 1;

  constructor(chain: Chain) {
    this.chain = chain;
  }
  /** Takes the lines, and holds what is signed of the change against what is signed of all. Says how many signatures were made. */
  async take(lines: Iterable<string>): Promise<number> {
    const { store, builder, scratch, cell } = this.zone;
    const since = cell.version;
    const serial = this.#serial++;
    this.zone.read(APEX(serial) + [...lines].join('\n'));
    const { version: unsigned, gone } = store.reading.within(() => builder.build(scratch, since));
    const order = { zone: ZONE.key, unsigned, since, before: this.cell.version, chain: this.chain, serial, now: NOW };
    const { built, made } = await signVersion(store, order, plan, false);
    this.cell.publish(built!.version, 1);
    for (const at of built!.gone) store.memory.give(at);
    const whole = await signVersion(store, { ...order, since: 0, before: 0 }, plan, false);
    const other = new ZoneCell(store, 'whole');
    other.publish(whole.built!.version, 1);
    assert.deepEqual(this.#records(this.cell), this.#records(other));
    for (const at of blocksOf(store.memory, whole.built!.version)) store.memory.give(at);
    cell.publish(unsigned, 1);
    for (const at of gone) store.memory.give(at);
    return made;
  }
  /** All records, signatures by what they are of. */
  #records(cell: ZoneCell): string[] {
    const { store } = this.zone;
    const records = store.reading.within(() => writtenRecords(ZONE, transferOf(store, ZONE, cell).records as ZoneWriter));
    return records.map((record) => (record.type !== TYPE.RRSIG ? printRR(record)
      : `${record.name} RRSIG ${typeName(RRSIG.values(record.rdata).covered)} ${RRSIG.values(record.rdata).labels} ${record.ttl}`)).sort();
  }
}

const label = fc.constantFrom('a', 'b', 'c', '*', 'Z', '\\000');
const owner = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => `${labels.join('.')}.z.test.`);
const data = fc.constantFrom(
  'A 192.0.2.1', 'A 192.0.2.2', 'NS ns.z.test.', 'NS ns.example.net.', 'DNAME example.net.', 'TXT "x"', 'MX 1 Mail.z.test.',
  'DS 1 13 2 00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF', 'SVCB 1 Svc.z.test.',
);
const line = fc.tuple(owner, fc.constantFrom(300, 60), data).map(([name, ttl, text]) => `${name} ${ttl} IN ${text}`);
const step = fc.array(fc.record({ line, comes: fc.boolean() }), { minLength: 1, maxLength: 4 });
const changes = fc.array(step, { minLength: 1, maxLength: 6 });

for (const chain of ['nsec', 'nsec3', 'opt-out'] as const) {
  test(`${chain}: what is signed of a change is what is signed of all`, async () => {
    await fc.assert(fc.asyncProperty(fc.array(line, { maxLength: 12 }), changes, async (first, steps) => {
      const signed = new Signed(chain);
      const lines = new Set(first);
      await signed.take(lines);
      for (const each of steps) {
        for (const { line: text, comes } of each) {
          // Half of what goes is there.
          const there = [...lines];
          if (comes) lines.add(text);
          else lines.delete(there.length === 0 ? text : there[text.length % there.length]!);
        }
        await signed.take(lines);
      }
    }), { numRuns: 60 });
  });
}

test('a change signs the name, the one before it where that leads elsewhere, and the SOA', async () => {
  const many = Array.from({ length: 400 }, (_, i) => `n${i}.z.test. 300 IN A 192.0.2.1`);
  const made = async (chain: Chain): Promise<readonly number[]> => {
    const signed = new Signed(chain);
    const all = [await signed.take(many)];
    all.push(await signed.take(many.with(7, 'n7.z.test. 300 IN A 192.0.2.2')));
    all.push(await signed.take([...many, 'm.z.test. 300 IN A 192.0.2.2']), await signed.take(many));
    return all;
  };
  assert.deepEqual(await made('nsec'), [806, 2, 5, 2]);
  assert.deepEqual(await made('nsec3'), [807, 2, 5, 2]);
});
