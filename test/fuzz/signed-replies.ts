// Any bytes as a reply behind *dnssec*: it can be read, has what it had, and what is signed of it holds. Knows replies; knows no plugin but
// the one that makes them up.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc } from '../../src/testing/properties.ts';
import { anyName, anyRecord, number } from '../../src/dns/arbitraries.test.ts';
import { decodeMessage, encodeMessage } from '../../src/dns/message.ts';
import { Name } from '../../src/dns/name.ts';
import { message } from '../../src/dns/parts.ts';
import type { RR } from '../../src/dns/rr.ts';
import { CLASS, TYPE } from '../../src/dns/type-name.ts';
import { algorithmNamed } from '../../src/dnssec/algorithm.ts';
import { printPrivateFile, printPublicFile } from '../../src/dnssec/key-file.ts';
import { readSignature } from '../../src/dnssec/signature.ts';
import { generateKey } from '../../src/dnssec/signing-key.ts';
import { VerifyingKey } from '../../src/dnssec/verification.ts';
import { definePlugin } from '../../src/kernel/site/plugin.ts';
import { standard } from '../../src/plugins/index.ts';
import { InProcess } from '../../src/testing/in-process.ts';
import { target } from './target.ts';

const zone = Name.parse('n.test.');
const key = generateKey(zone, algorithmNamed('ED25519')!, 257, 300);
const verifying = new VerifyingKey(key.data);
const folder = mkdtempSync(join(tmpdir(), 'fuzz-dnssec-'));
const PORTS = { ':5306': '', ':5307': 'denial compact', ':5308': 'denial nsec3' };

/** What the plugin behind answers: the words of a reply, and how many bytes they are. */
let next = { words: new Int32Array(0), length: 0 };
const canned = definePlugin({
  name: 'canned', parse: () => undefined, create: () => ({ handle: (query) => query.adopt(next.words, 0, next.length) }),
});

let server: InProcess | undefined;
async function running(): Promise<InProcess> {
  if (server !== undefined) return server;
  writeFileSync(join(folder, 'k.key'), printPublicFile(key, {}));
  writeFileSync(join(folder, 'k.private'), printPrivateFile(key, {}), { mode: 0o600 });
  const started = new InProcess([...standard, canned]);
  const blocks = Object.entries(PORTS).map(([port, denial]) =>
    `n.test${port} {\n    dnssec {\n        key file ${folder}/k\n        ${denial}\n    }\n    canned\n}\n`);
  assert.equal(await started.start(blocks.join('')), undefined);
  server = started;
  return started;
}
/** Ends the server that the cases were thrown at. */
export async function ended(): Promise<void> {
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
}

const inside = fc.oneof(fc.constant(zone), fc.constantFrom('a', 'B', '*', 'sub').map((label) => zone.under(label)), anyName);
const record = fc.tuple(inside, anyRecord, fc.boolean()).map(([name, one, own]): RR => (own ? { ...one, name, class: CLASS.IN } : one));
const section = fc.array(record, { maxLength: 3 });
const LONG = `${'l'.repeat(63)}.${'m'.repeat(63)}.${'o'.repeat(63)}.${'p'.repeat(53)}.n.test.`;
const name = fc.constantFrom('n.test.', 'a.n.test.', 'x.y.N.test.', LONG);
const SOA: RR = { name: zone, type: TYPE.SOA, class: CLASS.IN, ttl: 60, rdata: Uint8Array.of(0, 0, ...new Uint8Array(20)) };
const cases = fc.record({
  name, type: fc.constantFrom<number>(TYPE.A, TYPE.MX, TYPE.NSEC, TYPE.DS, TYPE.DNSKEY, TYPE.ANY),
  port: fc.constantFrom(...Object.keys(PORTS)), rcode: fc.constantFrom(0, 0, 3, 2),
  answer: section, authority: fc.oneof(section, fc.constant([SOA])), additional: section, compress: fc.boolean(),
  changes: fc.array(fc.tuple(fc.nat(500), number(8)), { maxLength: 2 }), id: number(16),
});

/** Every signature of ours in a section holds over its set there. */
function judge(records: readonly RR[], now: number): void {
  for (const { name: owner, type, rdata } of records) {
    const fields = type === TYPE.RRSIG ? readSignature(rdata) : undefined;
    if (fields === undefined || fields.keyTag !== key.tag || fields.originalTtl !== 3600 || fields.signature.length !== 64) continue;
    const set = records.filter((one) => one.type === fields.covered && one.name.equals(owner));
    if (set.length === 0) continue;
    const whole = { owner: owner.octets, type: fields.covered, class: set[0]!.class, ttl: 0, data: set.map((one) => one.rdata) };
    assert.equal(verifying.verify(whole, rdata, now), 'valid', `${owner} ${fields.covered}`);
  }
}

/** What *dnssec* makes of any reply. */
export const signedReplies = target('signed-replies', 600, cases, async (made) => {
  const subject = await running();
  const question = { name: Name.parse(made.name), type: made.type, class: CLASS.IN };
  const edns = { udpSize: 4096, version: 0, dnssecOk: true, z: 0, extendedRcode: 0, options: [] };
  const { answer, authority, additional, rcode, compress } = made;
  const whole = Uint8Array.from(encodeMessage(message({ flags: 0x8400, rcode, question, answer, authority, additional }), { compress }));
  const head = 12 + question.name.raw.length + 4;
  for (const [at, value] of made.changes) if (whole.length > head) whole[head + (at % (whole.length - head))] = value;
  const words = new Int32Array((whole.length + 3) >> 2);
  new Uint8Array(words.buffer).set(whole);
  next = { words, length: whole.length };
  const packet = encodeMessage(message({ id: made.id, flags: 0x100, question, edns }), { compress: false });
  subject.forget();
  const [reply] = await subject.exchange({ packet, tcp: true, from: undefined, at: made.port, waiting: 0 });
  assert.ok(reply !== undefined);
  assert.deepEqual(subject.log().filter((line) => /panic|ERROR/i.test(line)), []);
  if (made.changes.length > 0) return;
  const parts = decodeMessage(reply);
  judge(parts.answer, subject.clock.wall() / 1000);
  judge(parts.authority, subject.clock.wall() / 1000);
  judge(parts.additional, subject.clock.wall() / 1000);
});
