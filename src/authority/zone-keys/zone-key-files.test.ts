// Keys that are made beside others: no two of a zone have one tag, nor would if one were revoked, however many tags are taken.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Name } from '../../dns/name.ts';
import { dnskeyData, keyOctets, keyTag } from '../../dnssec/dnskey.ts';
import { USUAL_POLICY } from './key-settings.ts';
import { ZoneKeyFiles } from './zone-key-files.ts';

test('a key that is made has a tag that no other has, nor would have if it were revoked', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tags-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  // Half of all tags are taken.
  const others: Uint8Array[] = Array.from({ length: 32_768 }, (_, word) => Uint8Array.of(1, 1, 3, 13, word >> 8, word));
  const tagsOf = (data: Uint8Array): number[] => [keyTag(data), keyTag(dnskeyData(257 | 128, 13, keyOctets(data)))];
  const taken = new Set(others.flatMap(tagsOf));
  assert.ok(taken.size > 32_768 && taken.size < 40_000, String(taken.size));
  const files = new ZoneKeyFiles(folder, Name.parse('example.org.'), () => {});
  for (let i = 0; i < 16; i++) {
    const made = await files.make('csk', USUAL_POLICY, others, 1_700_000_000);
    for (const tag of tagsOf(made.data)) assert.ok(!taken.has(tag), String(tag));
    others.push(made.data);
    for (const tag of tagsOf(made.data)) taken.add(tag);
  }
  assert.equal(readdirSync(folder).length, 32);
});
