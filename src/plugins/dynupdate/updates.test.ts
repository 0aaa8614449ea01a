// The queue of a zone: what comes together is kept together, what cannot be kept or built is undone whole, and prerequisites are held
// against what is shown.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UpdateContents } from '../../authority/update-contents.ts';
import { serialOf } from '../../authority/transfer.ts';
import { encodeMessage } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { message } from '../../dns/parts.ts';
import { RCODE } from '../../dns/rcode.ts';
import { parseRR } from '../../dns/rr.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { updateOf } from '../../testing/update-words.ts';
import type { Change } from './kept-contents.ts';
import { Updates } from './updates.ts';
import type { UpdateOrder } from './updates.ts';

const zone = Name.parse('d.test').folded;
const SOA = 'd.test. SOA ns.d.test. h.d.test.', TIMES = '1 2 3 60';
const RECORDS = [`d.test. 60 IN SOA ns.d.test. h.d.test. 7 ${TIMES}`, 'd.test. 60 IN NS ns.d.test.'];

function order(...clauses: readonly string[]): UpdateOrder {
  const question = { name: zone, type: TYPE.SOA, class: CLASS.IN };
  return {
    packet: encodeMessage(message({ ...updateOf(clauses), question }), { compress: true }),
    signed: { key: 'k.', mac: Uint8Array.of(1), until: 1 }, grants: [{ name: undefined, isUnder: false, types: undefined }],
    limits: { mostRecords: 8, mostBytes: 1000 },
  };
}
/** A zone whose disk and memory do what they are told. */
function queue() {
  const contents = new UpdateContents(zone);
  contents.apply(new Map([[zone, RECORDS.map((text) => parseRR(text)!)]]));
  const serial = (): number => serialOf(contents.at(zone).find(({ type }) => type === TYPE.SOA)!);
  const state = { kept: [] as number[], shown: [] as number[], served: 7, keep: async (): Promise<void> => {}, build: (): void => {} };
  const said: string[] = [];
  const updates = new Updates({
    contents: async () => contents, shown: () => state.served, after: async () => {}, failed: (error) => void said.push(String(error)),
    build: () => {
      state.build();
      const made = serial();
      return { discard: () => void said.push('discarded'), show: () => void state.shown.push(state.served = made) };
    },
    keep: async (changes: readonly Change[]) => {
      await state.keep();
      state.kept.push(changes.length);
    },
  });
  return { updates, state, said, contents, serial };
}
const add = (name: string): string => `add ${name}.d.test 60 A 192.0.2.1`;

test('what comes in one turn is kept and shown at once, each held against the one before', async () => {
  const { updates, state, serial } = queue();
  const rcodes = await Promise.all([order(add('a')), order('nxdomain a.d.test', add('b')), order('yxdomain a.d.test', add('b'))]
    .map((each) => updates.take(each)));
  assert.deepEqual(rcodes, [RCODE.NOERROR, RCODE.YXDOMAIN, RCODE.NOERROR]);
  assert.deepEqual([state.kept, state.shown, serial()], [[2], [9], 9]);
  // Nothing changes: nothing is kept.
  assert.equal(await updates.take(order(add('a'))), RCODE.NOERROR);
  assert.deepEqual(state.kept, [2]);
});

test('what could not be kept, or built, never was; the next one finds the zone as it was shown', async () => {
  const { updates, state, said, contents, serial } = queue();
  const before = contents.whole();
  state.keep = () => Promise.reject(new Error('no space left on device'));
  const both = await Promise.all([order(add('a')), order('yxdomain b.d.test', add('c'))].map((each) => updates.take(each)));
  assert.deepEqual(both, [RCODE.SERVFAIL, RCODE.SERVFAIL]);
  assert.deepEqual([said, state.shown, contents.whole()], [['discarded', 'Error: no space left on device'], [], before]);
  state.build = () => {
    throw new RangeError('the shared memory is full');
  };
  assert.equal(await updates.take(order(add('a'), add('b'))), RCODE.SERVFAIL);
  assert.deepEqual([state.kept, contents.whole()], [[], before]);
  state.keep = async () => {};
  state.build = () => {};
  assert.equal(await updates.take(order('nxdomain a.d.test', add('a'))), RCODE.NOERROR);
  assert.deepEqual([serial(), state.shown], [8, [8]]);
});

test('a serial that is ahead where it is shown is the one of prerequisites, and the next one follows it', async () => {
  const { updates, state, serial } = queue();
  state.served = 40;
  const asking = (number: number, name: string): UpdateOrder => order(`yxrrset ${SOA} ${number} ${TIMES}`, add(name));
  assert.equal(await updates.take(asking(7, 'a')), RCODE.NXRRSET);
  const rcodes = await Promise.all([asking(40, 'a'), asking(41, 'b'), asking(40, 'c')].map((each) => updates.take(each)));
  assert.deepEqual(rcodes, [RCODE.NOERROR, RCODE.NOERROR, RCODE.NXRRSET]);
  assert.deepEqual([serial(), state.shown], [42, [42]]);
});

test('a zone that is full may lose what it has, and nobody changes it for whom it is not', async () => {
  const { updates, contents } = queue();
  const many = ['a', 'b', 'c', 'd', 'e', 'f'];
  assert.equal(await updates.take(order(...many.map(add))), RCODE.NOERROR);
  assert.equal(await updates.take(order(add('g'))), RCODE.REFUSED);
  assert.equal(await updates.take({ ...order('delete a.d.test'), limits: { mostRecords: 3, mostBytes: 10 } }), RCODE.NOERROR);
  assert.equal(contents.records, 7);
  const turns: string[] = [];
  const alone = updates.alone(async () => void turns.push('alone'));
  const taken = updates.take(order('delete b.d.test')).then(() => turns.push('taken'));
  await Promise.all([alone, taken]);
  assert.deepEqual(turns, ['alone', 'taken']);
});
