// Any bytes from a Kubernetes API: lists and watch lines are read, or refused with an ApiError, whatever pieces they come
// in. Knows the readers; opens no connection.
import assert from 'node:assert/strict';
import { fc } from '../../src/testing/properties.ts';
import { ApiError, refusal } from '../../src/kube-api/api-error.ts';
import { cut } from '../../src/kube-api/cuts.test.ts';
import { LineSplitter } from '../../src/kube-api/line-splitter.ts';
import { ListSplitter } from '../../src/kube-api/list-splitter.ts';
import { asObject, parseJson, readEvent, versionOf } from '../../src/kube-api/watch-event.ts';
import { target, textOf } from './target.ts';

const cuts = fc.array(fc.nat(), { maxLength: 8 });

/** What `read` makes of the pieces, or the kind of ApiError that it throws; anything else that is thrown fails. */
function outcome(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    assert.ok(error instanceof ApiError, String(error));
    return error.kind;
  }
}

const json = textOf('{', '}', '[', ']', ',', ':', '"', '"items":[', '"metadata":{', '"continue":"x"', '\\', '\\"',
  '{"a":"}"}', '1', 'null');

/** A list: what comes out is the same however it is cut. */
export const list = target('kube-list', 1500, fc.tuple(json, cuts, fc.boolean()), ([text, places, sound]) => {
  const bytes = Buffer.from(sound ? `{"items":[${text}` : text);
  const read = (pieces: readonly Buffer[]) => {
    const found: string[] = [];
    const splitter = new ListSplitter({
      item: (item) => void found.push(`item ${item.toString('latin1')}`),
      metadata: (metadata) => void found.push(`metadata ${metadata.toString('latin1')}`),
    });
    const end = outcome(() => {
      for (const piece of pieces) splitter.feed(piece);
      splitter.end();
    });
    return { found, end };
  };
  assert.deepEqual(read(cut(bytes, places)), read([bytes]));
});

const events = fc.oneof(json, fc.jsonValue().map((value) => JSON.stringify(value)), fc.record({
  type: fc.constantFrom<unknown>('ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR', 'x', 1, null),
  object: fc.oneof(fc.jsonValue(), fc.record({ metadata: fc.jsonValue(), code: fc.jsonValue(), details: fc.jsonValue() })),
}).map((event) => JSON.stringify(event)));

/** Lines of a watch: each is an event, or refused. */
export const watch = target('kube-watch', 1500, fc.tuple(fc.array(events, { maxLength: 5 }), cuts), ([lines, places]) => {
  const splitter = new LineSplitter((line) => void outcome(() => {
    const event = readEvent(line);
    assert.equal(typeof event.version, 'string');
    return event;
  }));
  for (const piece of cut(Buffer.from(`${lines.join('\n')}\n`), places)) splitter.feed(piece);
  for (const line of lines) {
    outcome(() => versionOf(asObject(parseJson(Buffer.from(line)))));
    outcome(() => refusal(parseJson(Buffer.from(line)), 0));
  }
});
