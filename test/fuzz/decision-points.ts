// Any bytes as what a decision point says: a response or a complaint. What is told is read again as it was.
import assert from 'node:assert/strict';
import { fc } from '../../src/testing/properties.ts';
import { attribute, readResponse, requestOf } from '../../src/plugins/themis/attributes.ts';
import { target } from './target.ts';

const value = fc.oneof(fc.string(), fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }));
const attributes = fc.array(fc.tuple(fc.string({ maxLength: 60 }), value), { maxLength: 6 });
const change = fc.tuple(fc.nat(999), fc.nat(255));
const cases = fc.record({ attributes, effect: fc.nat(6), status: fc.string({ maxLength: 30 }), changes: fc.array(change,
  { maxLength: 4 }), cut: fc.nat(20) });

/** Bodies of Themis. */
export const decisionPoints = target('decision-points', 400, cases, ({ attributes: told, effect, status, changes, cut }) => {
  const made = told.map(([name, each]) => attribute(name, 'string', each));
  const text = Buffer.from(status);
  const body = Buffer.concat([Buffer.from([1, 0, effect, text.length, 0]), text, requestOf(made).subarray(2)]);
  const read = readResponse(body, 64);
  assert.equal(read.effect, effect);
  assert.deepEqual(read.obligations.map(({ bytes }) => Buffer.from(bytes)), made);
  const bad = Buffer.from(body.subarray(0, Math.max(0, body.length - cut)));
  for (const [at, by] of changes) if (bad.length > 0) bad[at % bad.length] = by;
  try {
    assert.ok(readResponse(bad, 64).obligations.length <= 64);
  } catch (error) {
    assert.match((error as Error).message, /^the response cannot be read: /);
  }
});
