// Any bytes to what reads signatures, as a server and as a client. Knows what must hold: nothing throws, and what was changed is not
// believed.
import assert from 'node:assert/strict';
import { fc } from '../../src/testing/properties.ts';
import { Name } from '../../src/dns/name.ts';
import { u16 } from '../../src/dns/packet.ts';
import { USUAL } from '../../src/tsig/algorithm.ts';
import { keyOf } from '../../src/tsig/key.ts';
import { findTsig, readTsig } from '../../src/tsig/record.ts';
import { ReplyCheck, Signer, check } from '../../src/tsig/signature.ts';
import { readKeyFile } from '../../src/plugins/tsig/key-file.ts';
import { requests } from './packet.ts';
import { target, textOf } from './target.ts';

const NOW = 1_700_000_000;
const key = keyOf(Name.parse('key.test'), new Uint8Array(32).fill(7), USUAL);

/** The packet with a signature, and where that begins; undefined where there is no room to count it. */
function signed(packet: Uint8Array): Uint8Array | undefined {
  if (packet.length < 12 || u16(packet, 10) === 65535) return undefined;
  const signer = new Signer({ key, binding: USUAL });
  const bytes = new Uint8Array(packet.length + signer.room());
  bytes.set(packet);
  signer.sign(bytes, 0, packet.length, NOW);
  return bytes;
}
function verdict(bytes: Uint8Array): number | undefined {
  const from = findTsig(bytes, 0, bytes.length);
  const record = from < 0 ? undefined : readTsig(bytes, 0, bytes.length, from);
  return record === undefined ? undefined : check(bytes, 0, from, record, key, NOW).error;
}
const change = fc.tuple(fc.nat(999), fc.integer({ min: 1, max: 255 }));
const cases = fc.record({ packet: requests(Name.parse('a.test')), changes: fc.array(change, { maxLength: 3 }), cut: fc.nat(3) });

/** Requests and replies. */
export const tsig = target('tsig', 400, cases, ({ packet, changes, cut }) => {
  verdict(packet);
  const whole = signed(packet);
  if (whole === undefined) return;
  const before = verdict(whole);
  const copy = whole.slice(0, whole.length - cut);
  for (const [at, by] of changes) copy[at % copy.length]! ^= by;
  // The id on the wire is not signed; the key's name is looked up before.
  const differs = copy.some((octet, at) => at > 1 && octet !== whole[at]) || cut > 0;
  const from = findTsig(copy, 0, copy.length);
  const record = from < 0 ? undefined : readTsig(copy, 0, copy.length, from);
  const same = record !== undefined && Buffer.compare(record.key, key.wire) === 0;
  if (differs && before === 0 && same && lower(record.algorithm)) assert.notEqual(verdict(copy), 0);
  new ReplyCheck(key, USUAL.algorithm, new Uint8Array(32)).take(copy, 0, copy.length, NOW);
});
/** Letters of the algorithm's name may be written either way. */
const lower = (name: Uint8Array): boolean => name.every((octet) => octet < 65 || octet > 90);

const words = textOf('key', 'a.', '{', '}', ';', 'secret', '"c2VjcmV0"', 'algorithm', 'hmac-sha256', '/*', '*/', '//', '"');
/** Files with shared keys. */
export const sharedKeys = target('shared-keys', 300, words, (text) => {
  try {
    for (const { name, secret } of readKeyFile(text)) assert.ok(typeof name === 'string' && typeof secret === 'string');
  } catch (error) {
    assert.ok(error instanceof Error && error.constructor === Error, String(error));
  }
});
