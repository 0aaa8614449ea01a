// Any bytes to what reads lists of names: ad blockers' lines, hosts files, zones of policies. Knows what must hold of their
// rules.
import assert from 'node:assert/strict';
import { fc } from '../../src/testing/properties.ts';
import { maskAddress } from '../../src/dns/address.ts';
import { isPlain } from '../../src/policy/list-name.ts';
import { ListLines } from '../../src/policy/list-line.ts';
import { requiredLiteral } from '../../src/policy/required-literal.ts';
import { readOwner } from '../../src/policy/rpz-owner.ts';
import { RULES } from '../../src/policy/rule-bits.ts';
import type { RuleSink } from '../../src/policy/rule-sink.ts';
import { compileForNames } from '../../src/kernel/regexp.ts';
import { target, textOf } from './target.ts';

const words = textOf(
  '||', '@@', '^', '$', '|', '*', '*.', '.', 'ads.example', 'ADS.example.', 'bücher.example', 'x'.repeat(64), '/ads?/', '/(/', '/a{2,}|b/',
  'important', 'badfilter', 'client=192.0.2.0/24|~::1', "client='x'", 'dnstype=A|~AAAA', 'denyallow=a.example|b', ',', '##', '::1',
  '0.0.0.0', '127.0.0.1', '192.0.2.1', '$ORIGIN', '$TTL', 'rpz.example.', 'CNAME', 'rpz-passthru.', 'IN', '300', '@', 'SOA', '!', ';', '[',
);

/** Rules of lists: names that a question can have, patterns that can be run, and no line that ends the others. */
export const lists = target('lists', 1500, words, (text) => {
  const bytes = Buffer.from(text);
  let calls = 0;
  const name = (octets: Uint8Array, at: number, end: number, bits: number): void => {
    calls++;
    assert.ok(isPlain(octets, at, end) && octets[end - 1] !== 0x2e && end - at <= 253);
    assert.ok(bits !== 0 && (bits & ~RULES) === 0);
  };
  const special: RuleSink['special'] = ({ name: said, pattern, bits }) => {
    calls++;
    assert.ok(bits !== 0 && (bits & ~RULES) === 0);
    if (said !== undefined) assert.ok(isPlain(Buffer.from(said), 0, said.length) && said === said.toLowerCase());
    if (pattern !== undefined) literalHolds(pattern);
  };
  const ignored = (): void => {
    calls++;
  };
  for (const isAllowed of [false, true]) {
    const reader = new ListLines({ name, special, cancel: name, cancelSpecial: special, ignored }, isAllowed);
    for (let at = 0; at <= bytes.length; ) {
      const stop = bytes.indexOf(10, at);
      const end = stop < 0 ? bytes.length : stop;
      reader.read(bytes, at, end);
      at = end + 1;
    }
  }
  assert.ok(calls <= 2 * (bytes.length + 1));
});
/** What is said to be in each name that a pattern fits is in those that it does fit. */
function literalHolds(pattern: string): void {
  const regexp = compileForNames(pattern);
  const literal = requiredLiteral(pattern);
  for (const text of ['ads.example', 'ad.example', 'aa', 'b', 'x.ads', '', pattern.toLowerCase()]) {
    if (regexp.test(text)) assert.ok(text.includes(literal), `${pattern} fits ${text} without ${literal}`);
  }
}

const parts = ['zz', '*', '0', '1', '24', '32', '64', '128', '129', 'db8', '2001', 'ffff', '10', '192', 'rpz-ip', 'rpz-client-ip',
  'rpz-nsip', 'rpz-nsdname', 'rpz-passthru', 'ns', 'RPZ-IP'];
const label = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...parts) },
  { weight: 1, arbitrary: fc.string({ minLength: 1, maxLength: 10 }) });

/** Owners of rules in response policy zones: a name, a network without bits behind its prefix, or none. */
export const policies = target('policies', 2000, fc.array(label, { maxLength: 12 }), (labels) => {
  if (labels.reduce((sum, each) => sum + Buffer.byteLength(each) + 1, 1) > 255) return;
  const owner = readOwner(labels.map((each) => Buffer.from(each).toString('latin1')));
  if (owner === undefined) return;
  if ('name' in owner) {
    const own = owner.name.labels + (owner.below ? 1 : 0);
    assert.equal(own, labels.length - (owner.trigger === 'nsdname' ? 1 : 0));
    return;
  }
  const { address, bits } = owner;
  assert.ok((address.length === 4 || address.length === 16) && bits >= 1 && bits <= address.length * 8);
  assert.deepEqual(maskAddress(address, bits), address);
});
