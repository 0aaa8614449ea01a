// What updates make of a zone: each rule of RFC 2136 section 3, and what no update can do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { decodeMessage, encodeMessage } from '../dns/message.ts';
import { Name } from '../dns/name.ts';
import { message } from '../dns/parts.ts';
import { rcodeName } from '../dns/rcode.ts';
import { parseRR, printRR } from '../dns/rr.ts';
import type { RR } from '../dns/rr.ts';
import { CLASS, TYPE, typeByName } from '../dns/type-name.ts';
import { serialOf } from './transfer.ts';
import { update } from './update.ts';
import type { Permission, UpdatedZone } from './update.ts';

const zone = Name.parse('d.test');
const SOA = 'd.test. 60 IN SOA ns.d.test. h.d.test. 7 1 2 3 60', NS = 'd.test. 60 IN NS ns.d.test.';
const A = 'www.d.test. 60 IN A 192.0.2.1', CNAME = 'out.d.test. 60 IN CNAME www.d.test.';
const SERVED = [SOA, NS, 'ns.d.test. 60 IN A 192.0.2.53', A, CNAME, 'mx.d.test. 60 IN MX 65 a.d.test.'];
const KLASS: { readonly [word: string]: number } = { IN: CLASS.IN, NONE: CLASS.NONE, ANY: CLASS.ANY, CH: CLASS.CH };

/** `owner ttl class type data`, with the classes that updates have; without data where there are none. */
function rr(text: string): RR {
  const [owner, ttl, klass, type, ...data] = text.split(' ') as [string, string, string, string, ...string[]];
  const rdata = data.length === 0 ? new Uint8Array(0) : parseRR(`. 0 IN ${type} ${data.join(' ')}`)!.rdata;
  return { name: Name.parse(owner), type: typeByName(type)!, class: KLASS[klass]!, ttl: Number(ttl), rdata };
}
const contents = (records: readonly RR[]): UpdatedZone => ({ zone, at: (name) => records.filter((each) => each.name.equals(name)) });
/** The records after it. */
function after(records: readonly RR[], changed: ReadonlyMap<Name, readonly RR[]>): readonly RR[] {
  const names = new Set([...changed.keys()].map(({ key }) => key));
  return [...records.filter(({ name }) => !names.has(name.key)), ...[...changed.values()].flat()];
}
/** The rcode, and what went (-) and came (+), the SOA as its serial; the message goes over the wire. */
function outcome(updates: readonly string[], prerequisites: readonly string[] = [], may: Permission = () => true,
  there: readonly string[] = SERVED): string {
  const question = { name: zone, type: TYPE.SOA, class: CLASS.IN };
  const sent = message({ opcode: 5, question, answer: prerequisites.map(rr), authority: updates.map(rr) });
  const served = there.map((text) => parseRR(text)!);
  const { rcode, changed, moreRecords, moreBytes } = update(contents(served), decodeMessage(encodeMessage(sent, { compress: true })), may);
  if (rcode !== 0) return rcodeName(rcode);
  const now = after(served, changed);
  const print = (each: RR): string => (each.type === TYPE.SOA ? `serial ${serialOf(each)}` : printRR(each).replaceAll('\t', ' '));
  const [old, made] = [served.map(print), now.map(print)];
  assert.equal(moreRecords, now.length - served.length);
  const bytes = (list: readonly RR[]): number => list.reduce((sum, { name, rdata }) => sum + name.octets.length + 10 + rdata.length, 0);
  assert.equal(moreBytes, bytes(now) - bytes(served));
  const gone = old.filter((each) => !made.includes(each) && !each.startsWith('serial'));
  const come = made.filter((each) => !old.includes(each)).sort((a, b) => Number(a.startsWith('serial')) - Number(b.startsWith('serial')));
  return [...gone.map((each) => `- ${each}`), ...come.map((each) => `+ ${each}`)].join('; ');
}
const ADD = 'new.d.test. 60 IN A 192.0.2.9', ADDED = `+ ${ADD}; + serial 8`;

test('prerequisites: each kind met and not, by what is served', () => {
  const met = [
    'www.d.test. 0 ANY ANY', 'www.d.test. 0 ANY A', 'WWW.d.test. 0 IN A 192.0.2.1', 'no.d.test. 0 NONE ANY', 'www.d.test. 0 NONE MX',
    'mx.d.test. 0 IN MX 65 A.D.test.',
  ];
  for (const each of met) assert.equal(outcome([ADD], [each]), ADDED, each);
  const unmet: readonly [string, string][] = [
    ['no.d.test. 0 ANY ANY', 'NXDOMAIN'], ['www.d.test. 0 ANY MX', 'NXRRSET'], ['www.d.test. 0 NONE ANY', 'YXDOMAIN'],
    ['www.d.test. 0 NONE A', 'YXRRSET'], ['www.d.test. 0 IN A 192.0.2.2', 'NXRRSET'], ['no.d.test. 0 IN A 192.0.2.1', 'NXRRSET'],
    ['www.e.test. 0 ANY ANY', 'NOTZONE'], ['www.d.test. 1 ANY ANY', 'FORMERR'], ['www.d.test. 0 ANY A 192.0.2.1', 'FORMERR'],
    ['www.d.test. 0 NONE A 192.0.2.1', 'FORMERR'], ['www.d.test. 0 CH A 192.0.2.1', 'FORMERR'], ['www.d.test. 0 ANY AXFR', 'FORMERR'],
    // An exchange with another preference is another record, though 97 is 65 with a bit more, as small letters are.
    ['mx.d.test. 0 IN MX 97 a.d.test.', 'NXRRSET'],
  ];
  for (const [each, rcode] of unmet) assert.equal(outcome([ADD], [each]), rcode, each);
  assert.equal(outcome([ADD], ['www.d.test. 0 IN A 192.0.2.1', 'www.d.test. 0 IN A 192.0.2.2']), 'NXRRSET');
});

test('what is malformed is refused whole: nothing of it is done', () => {
  const wrong: readonly [string, string][] = [
    ['www.e.test. 60 IN A 192.0.2.1', 'NOTZONE'], ['x.d.test. 60 CH A 192.0.2.1', 'FORMERR'], ['x.d.test. 60 IN A', 'FORMERR'],
    ['x.d.test. 60 IN ANY', 'FORMERR'], ['x.d.test. 60 IN AXFR', 'FORMERR'], ['x.d.test. 1 ANY A', 'FORMERR'],
    ['x.d.test. 0 ANY A 192.0.2.1', 'FORMERR'], ['x.d.test. 0 ANY AXFR', 'FORMERR'], ['x.d.test. 1 NONE A 192.0.2.1', 'FORMERR'],
    ['x.d.test. 0 NONE ANY', 'FORMERR'], ['x.d.test. 60 IN DS 1 13 2 00', 'NOTIMP'], ['x.d.test. 0 ANY RRSIG', 'NOTIMP'],
    ['d.test. 60 IN SOA ns.d.test. h.d.test. 0 1 2 3 60', 'FORMERR'],
  ];
  for (const [each, rcode] of wrong) {
    assert.equal(outcome([ADD, each]), rcode, each);
    assert.equal(outcome([each, ADD]), rcode, each);
  }
});

test('every change has to be permitted, by name and type, before anything of it is looked at', () => {
  const may: Permission = (name, type) => name.equals(Name.parse('new.d.test')) && type === TYPE.A;
  assert.equal(outcome([ADD], [], may), ADDED);
  assert.equal(outcome([ADD, 'new.d.test. 0 ANY ANY'], [], may), 'REFUSED');
  assert.equal(outcome([ADD, 'x.e.test. 60 IN A 192.0.2.1'], [], may), 'REFUSED');
  assert.equal(outcome([ADD], ['no.d.test. 0 ANY ANY'], () => false), 'NXDOMAIN');
});

test('records come and go, and the serial counts where something changed', () => {
  assert.equal(outcome([]), '');
  assert.equal(outcome([A]), '');
  assert.equal(outcome([ADD, 'new.d.test. 0 NONE A 192.0.2.9']), '');
  assert.equal(outcome(['no.d.test. 0 ANY ANY', 'www.d.test. 0 NONE A 192.0.2.7', 'www.d.test. 0 ANY MX']), '');
  assert.equal(outcome(['NEW.D.test. 60 IN A 192.0.2.9']), ADDED);
  assert.equal(outcome(['www.d.test. 0 NONE A 192.0.2.1']), `- ${A}; + serial 8`);
  assert.equal(outcome(['www.d.test. 0 ANY A']), `- ${A}; + serial 8`);
  assert.equal(outcome(['www.d.test. 0 ANY ANY']), `- ${A}; + serial 8`);
  assert.equal(outcome(['www.d.test. 0 ANY A', 'www.d.test. 60 IN A 192.0.2.2']), `- ${A}; + www.d.test. 60 IN A 192.0.2.2; + serial 8`);
  assert.equal(outcome(['www.d.test. 4294967295 IN A 192.0.2.1']), `- ${A}; + www.d.test. 0 IN A 192.0.2.1; + serial 8`);
  assert.equal(outcome(['mx.d.test. 60 IN MX 97 a.d.test.']), '+ mx.d.test. 60 IN MX 97 a.d.test.; + serial 8');
  assert.equal(outcome(['mx.d.test. 0 NONE MX 65 A.d.test.']), '- mx.d.test. 60 IN MX 65 a.d.test.; + serial 8');
});

test('a set has one time to live, that of the record that came last (RFC 2181 section 5.2)', () => {
  const [one, two] = ['www.d.test. 5 IN A 192.0.2.1', 'www.d.test. 5 IN A 192.0.2.2'];
  assert.equal(outcome([two]), `- ${A}; + ${one}; + ${two}; + serial 8`);
});

test('an alias stands alone: what does not fit is left out without a word', () => {
  assert.equal(outcome(['www.d.test. 60 IN CNAME x.d.test.', 'out.d.test. 60 IN A 192.0.2.1', 'd.test. 60 IN CNAME x.d.test.']), '');
  assert.equal(outcome(['out.d.test. 60 IN CNAME x.d.test.']), `- ${CNAME}; + out.d.test. 60 IN CNAME x.d.test.; + serial 8`);
  const moved = 'www.d.test. 60 IN CNAME x.d.test.';
  assert.equal(outcome(['www.d.test. 0 ANY A', moved]), `- ${A}; + ${moved}; + serial 8`);
});

test('the zone keeps its SOA and its last name server; the SOA moves forward alone', () => {
  const without = ['d.test. 0 ANY ANY', 'd.test. 0 ANY NS', 'd.test. 0 ANY SOA', 'd.test. 0 NONE NS ns.d.test.'];
  for (const each of without) assert.equal(outcome([each]), '', each);
  const other = 'd.test. 60 IN NS b.d.test.';
  assert.equal(outcome([other, 'd.test. 0 NONE NS ns.d.test.']), `- ${NS}; + ${other}; + serial 8`);
  const soa = (serial: number): string => `d.test. 60 IN SOA ns.d.test. h.d.test. ${serial} 1 2 3 60`;
  assert.equal(outcome([soa(100)]), '+ serial 100');
  assert.equal(outcome([soa(100), ADD]), `+ ${ADD}; + serial 100`);
  assert.equal(outcome([soa(7)]), '');
  assert.equal(outcome([soa(6), ADD]), ADDED);
  assert.equal(outcome([soa(2 ** 31 + 8)]), '');
  assert.equal(outcome(['x.d.test. 60 IN SOA ns.d.test. h.d.test. 9 1 2 3 60']), '');
  assert.equal(outcome(['d.test. 0 NONE SOA ns.d.test. h.d.test. 7 1 2 3 60']), '');
});

test('the serial behind the last one is 1', () => {
  const served = [parseRR('d.test. 60 IN SOA ns.d.test. h.d.test. 4294967295 1 2 3 60')!, parseRR(NS)!];
  const { changed } = update(contents(served), { answer: [], authority: [rr(ADD)] }, () => true);
  assert.equal(serialOf(after(served, changed).find(({ type }) => type === TYPE.SOA)!), 1);
});

test('whatever is sent, a zone stays one, and its serial says whether it is another', () => {
  const owner = fc.constantFrom('d.test', 'www.d.test', 'out.d.test', 'constructor.d.test', 'e.test');
  const type = fc.constantFrom('A 192.0.2.1', 'A 192.0.2.2', 'NS ns.d.test.', 'NS b.d.test.', 'CNAME d.test.', 'DNAME e.test.',
    'MX 65 A.test.', 'SOA ns.d.test. h.d.test. 9 1 2 3 4', 'SOA ns.d.test. h.d.test. 5 1 2 3 4', 'A', 'NS', 'ANY', 'CNAME', 'SOA', 'RRSIG');
  const line = fc.tuple(owner, fc.constantFrom('0', '60'), fc.constantFrom('IN', 'NONE', 'ANY'), type).map((words) => rr(words.join(' ')));
  const served = SERVED.map((text) => parseRR(text)!);
  fc.assert(fc.property(fc.array(fc.array(line, { maxLength: 4 }), { maxLength: 6 }), (updates) => {
    let records: readonly RR[] = served;
    for (const authority of updates) {
      const before = records;
      const { rcode, changed } = update(contents(before), { answer: [], authority }, () => true);
      records = after(before, changed);
      const soas = records.filter((each) => each.type === TYPE.SOA);
      assert.equal(soas.length, 1);
      assert.ok(records.some((each) => each.type === TYPE.NS && each.name.equals(zone)));
      for (const each of records) {
        assert.ok(each.name.isUnder(zone) && each.class === CLASS.IN && each.rdata.length > 0);
        const beside = records.filter(({ name }) => name.equals(each.name));
        if (each.type === TYPE.CNAME) assert.equal(beside.length, 1);
        for (const other of beside) if (other.type === each.type) assert.equal(other.ttl, each.ttl);
      }
      if (rcode !== 0) assert.equal(changed.size, 0);
      const serial = serialOf(before.find((each) => each.type === TYPE.SOA)!);
      assert.equal(serialOf(soas[0]!) !== serial, changed.size > 0);
      assert.equal(new Set(records.map(printRR)).size, records.length);
    }
  }), { numRuns: 300 });
});

test('octets of any kind are refused or understood', () => {
  const question = { name: zone, type: TYPE.SOA, class: CLASS.IN };
  const sent = { answer: [rr('www.d.test. 0 ANY A')], authority: [rr(ADD), rr('out.d.test. 0 ANY ANY')] };
  const sound = encodeMessage(message({ opcode: 5, question, ...sent }), { compress: true });
  const served = contents(SERVED.map((text) => parseRR(text)!));
  const edits = fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { maxLength: 4 });
  fc.assert(fc.property(edits, fc.integer({ min: 12, max: sound.length }), (changes, length) => {
    const bytes = sound.slice(0, length);
    for (const [at, byte] of changes) if (at < length) bytes[at] = byte;
    let parts: ReturnType<typeof decodeMessage>;
    try {
      parts = decodeMessage(bytes);
    } catch {
      return;
    }
    const { rcode, changed } = update(served, parts, () => true);
    assert.ok(rcode === 0 || changed.size === 0);
  }), { numRuns: 500 });
});

test('a set that has several times to live keeps them where nothing comes to it', () => {
  const served = [...SERVED, 'www.d.test. 30 IN A 192.0.2.2'];
  assert.equal(outcome(['www.d.test. 0 NONE A 192.0.2.7'], [], undefined, served), '');
  assert.equal(outcome(['www.d.test. 0 NONE A 192.0.2.1'], [], undefined, served), `- ${A}; + serial 8`);
});

test('thousands of records of one name come and go in one update', () => {
  const many = Array.from({ length: 4000 }, (_, i) => `many.d.test. 60 IN A 10.0.${i >> 8}.${i & 255}`);
  assert.equal(outcome(many).split('; ').length, 4001);
  assert.equal(outcome([...many, ...many.slice(1).map((each) => each.replace(' 60 IN', ' 0 NONE'))]), `+ ${many[0]}; + serial 8`);
});
