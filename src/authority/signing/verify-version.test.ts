// Signatures that somebody else made are looked at: what holds, what does not and why.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Name } from '../../dns/name.ts';
import { parseRR, printRR, record } from '../../dns/rr.ts';
import { CLASS } from '../../dns/type-name.ts';
import { algorithmNamed } from '../../dnssec/algorithm.ts';
import { generateKey } from '../../dnssec/signing-key.ts';
import { StoredZone } from '../../testing/stored-zone.ts';
import { signZone } from '../signed-zone.ts';
import { verifyVersion } from './verify-version.ts';

const ZONE = Name.parse('example.org.');
const NOW = Date.UTC(2026, 0, 1) / 1000, DAY = 86_400;
const key = generateKey(ZONE, algorithmNamed('ECDSAP256SHA256')!, 257, 300);
const LINES = `example.org. 300 IN SOA ns.example.org. host.example.org. 7 7200 3600 1209600 60
example.org. 300 IN NS ns.example.org.
ns.example.org. 300 IN A 192.0.2.1
sub.example.org. 300 IN NS ns.sub.example.org.
ns.sub.example.org. 300 IN A 192.0.2.3
${Array.from({ length: 40 }, (_, i) => `n${i}.example.org. 300 IN A 192.0.2.${i}`).join('\n')}`;

for (const chain of ['nsec', 'nsec3'] as const) {
  test(`a zone that was signed with ${chain}: right, over, changed, and by a stranger`, async () => {
    const records = LINES.split('\n').map((line) => parseRR(line)!);
    const signed = await signZone(records, ZONE, { keys: [key], serial: 7, inception: NOW - DAY, expiration: NOW + DAY, chain });
    const text = signed.map(({ name, type, ttl, rdata }) => printRR(record(name, type, CLASS.IN, ttl, rdata)));
    const stored = new StoredZone('example.org.');
    const found = (lines: readonly string[], now = NOW, most = Infinity) => {
      stored.load(lines.join('\n'));
      const { looked, wrong, faults } = stored.store.reading.within(() =>
        verifyVersion(stored.store.memory, ZONE.folded.octets, stored.cell.version, now, most));
      return { looked, wrong, faults };
    };
    // Six sets at the top, NSEC3PARAM with the hashes; each name its own and what denies; the delegation no more than that.
    const looked = chain === 'nsec' ? 6 + 41 * 2 + 1 : 6 + 41 + 43;
    assert.deepEqual(found(text), { looked, wrong: 0, faults: [] });
    const some = found(text, NOW, 4);
    assert.ok(some.looked < 20 && some.wrong === 0, JSON.stringify(some));
    assert.match(found(text, NOW + 2 * DAY).faults[0]!, /^example\.org\. SOA has signatures that are over$/);
    assert.match(found(text, NOW - 2 * DAY).faults[0]!, /do not hold yet/);
    const changed = found(text.map((line) => line.replace(/(n7\.example\.org\.\s+300\s+IN\s+A\s+)192\.0\.2\.7$/, '$1192.0.2.8')));
    assert.deepEqual(changed, { looked, wrong: 1, faults: ['n7.example.org. A has signatures that are not right'] });
    const bare = found(text.filter((line) => !/^n7\.example\.org\.\s.*RRSIG\s+A /.test(line)));
    assert.deepEqual(bare, { looked, wrong: 1, faults: ['n7.example.org. A is not signed'] });
    const stranger = generateKey(ZONE, key.algorithm, 257, 300);
    const other = await signZone(records, ZONE, { keys: [stranger], serial: 7, inception: NOW - DAY, expiration: NOW + DAY, chain });
    const theirs = other.map(({ name, type, ttl, rdata }) => printRR(record(name, type, CLASS.IN, ttl, rdata)));
    const mixed = [...text.filter((line) => !/\sRRSIG\s/.test(line)), ...theirs.filter((line) => /\sRRSIG\s/.test(line))];
    const strange = found(mixed);
    assert.equal(strange.wrong, looked);
    assert.match(strange.faults[0]!, /is signed by no key of the zone/);
  });
}
