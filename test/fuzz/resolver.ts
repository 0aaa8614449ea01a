// Replies of servers that say anything: what the scrubber leaves of them, and what the validator believes of those that were changed on the
// way. Knows what must hold: nothing from outside of the zone, and nothing secure that its zone does not say.
import assert from 'node:assert/strict';
import { Name } from '../../src/dns/name.ts';
import { AA, QR, message } from '../../src/dns/parts.ts';
import type { Parts } from '../../src/dns/parts.ts';
import { record } from '../../src/dns/rr.ts';
import type { RR } from '../../src/dns/rr.ts';
import { CLASS, TYPE, typeByName } from '../../src/dns/type-name.ts';
import { readTracked, printTracked } from '../../src/resolver/anchor-file.ts';
import { kindOf } from '../../src/resolver/reply-kind.ts';
import { A, ROOT, TEST, rigOf, zones } from '../../src/resolver/rig.test.ts';
import { scrub } from '../../src/resolver/scrub.ts';
import type { MadeZone, Said } from '../../src/testing/made-internet.ts';
import { fc } from '../../src/testing/properties.ts';
import { target, textOf } from './target.ts';

const NAMES = ['.', 'test.', 'a.test.', 'www.a.test.', 'x.www.a.test.', 'ns.a.test.', 'b.test.', 'www.b.test.', '*.a.test.', 'com.',
  `${'l'.repeat(63)}.${'l'.repeat(63)}.${'l'.repeat(63)}.a.test.`].map((text) => Name.parse(text));
const name = fc.constantFrom(...NAMES);
const TYPES = [TYPE.A, TYPE.AAAA, TYPE.NS, TYPE.SOA, TYPE.CNAME, TYPE.DNAME, TYPE.DS, TYPE.NSEC, TYPE.NSEC3, TYPE.RRSIG, TYPE.ANY];
const NAMED: ReadonlySet<number> = new Set([TYPE.NS, TYPE.CNAME, TYPE.DNAME, TYPE.NSEC, TYPE.SOA]);
const anything = fc.uint8Array({ maxLength: 24 });
/** Names where the type has some first: what does not has not come through the reader. */
const rr: fc.Arbitrary<RR> = fc.tuple(name, fc.constantFrom(...TYPES), name, anything, fc.constantFrom(CLASS.IN, CLASS.IN, CLASS.IN, 3))
  .map(([owner, type, to, data, klass]) =>
    record(owner, type, klass, 60, NAMED.has(type) ? Uint8Array.from([...to.octets, ...data]) : data));
const section = fc.array(rr, { maxLength: 12 });
const MOST_SERVERS = 3, LONGEST_WAY = 256;

/** What is left of a reply. */
export const scrubber = target('scrubber', 600, fc.record({
  question: fc.record({ name, type: fc.constantFrom(...TYPES), class: fc.constant(CLASS.IN) }), zone: name, recursive: fc.boolean(),
  rcode: fc.constantFrom(0, 2, 3, 5), flags: fc.constantFrom(QR, QR | AA), answer: section, authority: section, additional: section,
}), ({ question, zone, recursive, ...said }) => {
  const parts: Parts = message({ ...said, question });
  const left = scrub(parts, question, { zone, recursive, anyGlue: false, mostServers: MOST_SERVERS, isRefused: () => false });
  for (const each of [...left.answer, ...left.authority, ...left.additional]) {
    assert.equal(each.class, CLASS.IN);
    assert.ok(each.name.isUnder(zone) || (each.type === TYPE.NS && zone.isUnder(each.name)), each.name.text);
  }
  const sent = new Set([...parts.answer, ...parts.authority, ...parts.additional]);
  const made = left.answer.filter((each) => !sent.has(each));
  assert.ok(made.every(({ type }) => type === TYPE.CNAME), 'a CNAME of a DNAME alone is made');
  // A DNAME makes longer names of names until they are too long.
  assert.ok(left.answer.length <= 3 * sent.size + LONGEST_WAY);
  assert.ok(left.authority.length <= 2 * sent.size && left.additional.length <= sent.size);
  for (const part of [left.answer, left.authority]) {
    assert.ok(part.filter(({ type }) => type === TYPE.NS).length <= MOST_SERVERS);
  }
  kindOf(left, question, { zone, source: 'parent' });
});

/** Octets of an RRSIG before the signer's name, and of a signature by P-256. */
const HEAD = 18, SIGNATURE = 64;
const world = zones(true);
/** A change of what a server says: whose, which record, and what becomes of it. */
const change = fc.record({
  server: fc.constantFrom(ROOT, TEST, A), section: fc.constantFrom('answer', 'authority', 'additional'), at: fc.nat(7),
  kind: fc.constantFrom('flip', 'flip', 'flip', 'drop', 'double', 'move', 'rename', 'rcode'), octet: fc.nat(120),
  bits: fc.integer({ min: 1, max: 255 }), to: name,
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function changed(said: Said, { section: part, at, kind, octet, bits, to }: Change): Said {
  if (said === undefined) return said;
  if (kind === 'rcode') return { ...said, rcode: bits % 6 };
  const records = [...said[part as 'answer'] ?? []];
  const found = records[at % Math.max(1, records.length)];
  if (found === undefined) return said;
  const i = records.indexOf(found);
  const data = Uint8Array.from(found.rdata);
  if (kind === 'drop' || kind === 'move') records.splice(i, 1);
  else if (kind === 'double') records.push(found);
  else if (kind === 'rename') records[i] = { ...found, name: to };
  // Names have to stay names, for the packet to be one.
  else if (NAMED.has(found.type)) records.splice(i, 1);
  else if (data.length > 0) {
    const where = octet % data.length;
    data[found.type === TYPE.RRSIG && where >= HEAD ? data.length - 1 - (octet % SIGNATURE) : where]! ^= bits;
    records[i] = { ...found, rdata: data };
  }
  const moved = part === 'answer' ? 'authority' : 'answer';
  return { ...said, [part]: records, ...(kind === 'move' && { [moved]: [...said[moved] ?? [], found] }) };
}
const QUESTIONS = ['www.a.test. A', 'www.a.test. AAAA', 'inner.a.test. A', 'y.wild.a.test. A', 'missing.a.test. A', 'ent.a.test. A',
  'a.test. DS', 'a.test. DNSKEY', 'test. SOA', 'missing. A'];
/** Questions that a signed zone answers, with a rig in which nothing is changed or these changes are made. */
async function resolved(question: string, changes: readonly Change[]) {
  const rig = rigOf({}, true, world);
  const servers: readonly (readonly [string, MadeZone])[] = [[ROOT, world.root], [TEST, world.test], [A, world.a]];
  for (const [address, zone] of servers) {
    const own = changes.filter(({ server }) => server === address);
    if (own.length > 0) rig.internet.at(address, (asked) => own.reduce(changed, zone.answer(asked)));
  }
  const [text = '', type = ''] = question.split(' ');
  const { security, rcode, answer } = await rig.resolver.resolve({ name: Name.parse(text), type: typeByName(type)!, class: CLASS.IN });
  const dataOf = (all: readonly Uint8Array[]): string[] => all.map((each) => Buffer.from(each).toString('hex')).sort();
  const said = answer.map((set) => `${set.name.folded.text} ${set.type} ${dataOf(set.data)}`);
  return { security, asked: rig.asked().length, says: `${rcode} ${said.sort()}` };
}
const honest = new Map<string, Promise<Awaited<ReturnType<typeof resolved>>>>();

/** What is believed. */
export const validator = target('validator', 60, fc.record({ question: fc.constantFrom(...QUESTIONS), changes: fc.array(change,
  { minLength: 1, maxLength: 4 }) }), async ({ question, changes }) => {
  const truth = honest.get(question) ?? resolved(question, []);
  honest.set(question, truth);
  const { security, says, asked } = await resolved(question, changes);
  assert.equal((await truth).security, 'secure');
  assert.notEqual(security, 'insecure', 'nobody who changes what is said makes of a signed zone one that is not');
  if (security === 'secure') assert.equal(says, (await truth).says);
  assert.ok(asked <= 120, `${asked} questions`);
});

const WORDS = ['.', 'IN', 'DS', 'DNSKEY', '257', '3', '13', 'AAAA', '20326', '8', '2', ';;state=2', ';;count=1', ';;lastchange=1700000000',
  ';;id:', ';;REVOKED', '; autotrust trust anchor file', ';;next_probe_time:', '1700000000', 'example.org.'];
/** Keys of zones that are followed, as text. */
export const followedKeys = target('followed-keys', 300, textOf(...WORDS), (text) => {
  let read: ReturnType<typeof readTracked>;
  try {
    read = readTracked(text);
  } catch (error) {
    return assert.match((error as Error).message, /^line \d+: ./);
  }
  const printed = printTracked(read);
  assert.equal(printTracked(readTracked(printed)), printed);
});
