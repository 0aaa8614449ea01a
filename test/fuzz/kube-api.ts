// Any bytes from a Kubernetes API: heads, bodies, lists and watch lines are read, or refused with an ApiError, whatever pieces they come
// in. Knows the readers; opens no connection.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ApiError, refusal } from '../../src/kube-api/api-error.ts';
import { cut } from '../../src/kube-api/cuts.test.ts';
import { bodyReader } from '../../src/kube-api/http-body.ts';
import { HeadReader } from '../../src/kube-api/http-head.ts';
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

const http = textOf('HTTP/1.1 200 OK\r\n', 'HTTP/1.1 100 x\r\n\r\n', 'HTTP/1.0 404\r\n', 'Content-Length: 5\r\n',
  'Transfer-Encoding: chunked\r\n',
  '\r\n', '\r\n\r\n', '5\r\nabcde\r\n', '0\r\n\r\n', 'ffffffffffff\r\n', 'x: y\r\n', ':', '1;a=b\r\n');

/** A reply: head and body are the same however it is cut. */
export const reply = target('kube-reply', 1500, fc.tuple(http, cuts, fc.boolean()), ([text, places, sound]) => {
  const bytes = Buffer.from(`${sound ? 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n' : ''}${text}`);
  const read = (pieces: readonly Buffer[]) => outcome(() => {
    const heads = new HeadReader();
    let body: ReturnType<typeof bodyReader> | undefined;
    let content = '';
    for (const piece of pieces) {
      const found = body === undefined ? heads.feed(piece) : { head: undefined, rest: piece };
      if (found === undefined) continue;
      body ??= bodyReader(found.head!);
      body.feed(found.rest, (part) => void (content += part.toString('latin1')));
      if (body.whole) return content;
    }
    body?.end();
    return content;
  });
  assert.deepEqual(read(cut(bytes, places)), read([bytes]));
});

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
