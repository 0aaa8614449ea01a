// Any text as the file in which sessions of browsers outlive the process, and any pieces as the events that the page reads. Knows what must
// hold of what was read.
import assert from 'node:assert/strict';
import { EventReader } from '../../src/console-page/events.ts';
import { readSessions } from '../../src/plugins/console/sessions.ts';
import { fc } from '../../src/testing/properties.ts';
import { target, textOf } from './target.ts';

const hash = fc.oneof(fc.constantFrom('0'.repeat(64), 'f'.repeat(64), 'F'.repeat(64), '0'.repeat(63), '', 7, null), fc.string());
const row = fc.oneof(fc.tuple(hash, hash, fc.oneof(fc.nat(), fc.double(), fc.constantFrom(null, '1'))), fc.constantFrom(null, [], {}, 1));
const texts = fc.oneof(fc.array(row, { maxLength: 300 }).map((rows) => JSON.stringify(rows)), textOf('[', ']', '"', ',', '0', '{', '}'));

/** The file. */
export const sessions = target('console-sessions', 1000, texts, (text) => {
  let read: ReturnType<typeof readSessions>;
  try {
    read = readSessions(text);
  } catch {
    return;
  }
  assert.ok(read.size <= 256);
  for (const [key, { token, until }] of read) assert.ok(key.length === 64 && token.length === 32 && Number.isSafeInteger(until));
});

const stream = fc.array(textOf('event', 'data', 'id', ':', ': ', ' ', '\n', '\r\n', '\r', '\n\n', 'x', '{}'), { maxLength: 20 });

/** Events. */
export const pageEvents = target('console-events', 1000, stream, (pieces) => {
  const [whole, parted] = [new EventReader(), new EventReader()];
  const found = pieces.flatMap((piece) => parted.feed(piece));
  for (const { event, data, id } of found) {
    assert.ok(!/\n/.test(event) && !/\n/.test(id ?? ''));
    assert.equal(typeof data, 'string');
  }
  assert.deepEqual(found, whole.feed(pieces.join('')));
});
