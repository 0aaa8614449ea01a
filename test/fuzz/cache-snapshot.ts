// Any bytes to what reads the snapshot of a cache, with a checksum that is right: all or nothing, and what was taken can be served.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { fc } from '../../src/testing/properties.ts';
import { decodeMessage } from '../../src/dns/message.ts';
import { parseRR } from '../../src/dns/rr.ts';
import { TYPE } from '../../src/dns/type-name.ts';
import { Entries } from '../../src/plugins/cache/entry.ts';
import { DIGEST, HEAD, SnapshotError, checkEntry, headOf, readFile } from '../../src/plugins/cache/snapshot-format.ts';
import { Store } from '../../src/store/store.ts';
import { loneQuery } from '../../src/testing/lone-query.ts';
import { target } from './target.ts';

const WALL = 1000;
const names = ['a.test.', 'www.example.org.', '.'];
function newEntries(): Entries {
  const store = Store.create(1 << 22);
  return new Entries(store, store.changes, 'fuzz', 1024);
}

/** A file of three answers. */
function whole(): Buffer {
  const entries = newEntries();
  const saved = names.map((name) => {
    const query = loneQuery(name, TYPE.A);
    const reply = query.reply({ answer: [parseRR(`${name} 300 IN A 192.0.2.1`)!, parseRR(`${name} 300 IN MX 10 mail.test.`)!] });
    const kept = { ttl: 300, now: 0, moment: 0, answering: true, place: { key: query, scope: 0 } };
    assert.ok(entries.keep(query, reply, reply.records()!, kept));
    const entry = entries.find(query);
    assert.ok(entry !== 0);
    return new Uint8Array(entries.saved(entry, 0, 0)!.buffer);
  });
  return Buffer.concat([headOf(WALL, 'fuzz'), ...saved]);
}

const change = fc.tuple(fc.nat(1000), fc.oneof(fc.constantFrom(0, 1, 4, 0x40, 0xc0, 255), fc.nat(255)));
const cases = fc.record({ changes: fc.array(change, { maxLength: 4 }), cut: fc.oneof(fc.constant(0), fc.nat(200)), sealed: fc.boolean() });

/** A snapshot of a cache. */
export const cacheSnapshot = target('cache-snapshot', 300, cases, async ({ changes, cut, sealed }) => {
  const bytes = whole();
  for (const [at, value] of changes) bytes[HEAD + (at % (bytes.length - HEAD))] = value;
  const body = bytes.subarray(0, bytes.length - cut);
  const digest = sealed ? createHash('sha256').update(body).digest() : Buffer.alloc(DIGEST);
  try {
    const { words } = await readFile(Buffer.concat([body, digest]), 'fuzz', WALL, async () => {});
    const places: number[] = [];
    for (let at = 0; at < words.length; at += checkEntry(words, at)) places.push(at);
    const entries = newEntries();
    for (const at of places) entries.restore(words, at, 0, 0);
    for (const name of names) {
      const query = loneQuery(name, TYPE.A);
      const entry = entries.find(query);
      if (entry === 0) continue;
      const reply = entries.reply(query, entry, 1);
      assert.ok(decodeMessage(reply.bytes, reply.at, reply.length).question!.name.equals(query.name));
    }
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
  }
});
