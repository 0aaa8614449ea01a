// What a JSON line says where nothing was sent, and of what a plugin says beside the log.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogLines } from '../../kernel/seen/log-lines.ts';
import { createJsonLog } from '../../kernel/seen/log.ts';
import { drop } from '../../kernel/query/outcome.ts';
import { loneQuery } from '../../testing/lone-query.ts';
import { compile } from '../../kernel/query/line-format.ts';
import { JsonLine } from './json-line.ts';
import { Seen } from '../../kernel/query/seen-outcome.ts';

test('objects hold text as it is, fields in their order, and null for an rcode that was not sent', () => {
  let text = '';
  const lines = new LogLines((bytes, from, length) => {
    text += Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString();
    return length;
  }, () => {});
  const log = createJsonLog(lines, { on: false }, () => 1_700_000_000_123);
  log.debug('not said');
  log.prefix('errors').error('two\nlines and a "quote"');
  log.warning('é');
  const seen = new Seen();
  const query = loneQuery('Sub.Example.', 28);
  seen.look(drop(), query);
  seen.milliseconds = 1.5;
  new JsonLine(compile('{type} {name} {rcode}'), log.prefix('log').record!).write(query, seen);
  lines.flush();
  const [error, warning, said, end] = text.split('\n');
  const time = '"time":"2023-11-14T22:13:20.123Z"';
  assert.equal(error, `{${time},"level":"ERROR","msg":"two\\nlines and a \\"quote\\"","plugin":"errors"}`);
  assert.equal(warning, `{${time},"level":"WARN","msg":"é"}`);
  assert.match(said!, /"level":"INFO","msg":"AAAA sub\.example\. -","plugin":"log",/);
  assert.match(said!, /"qname":"sub\.example\.","qtype":"AAAA","qclass":"IN"/);
  assert.match(said!, /"rcode":null,"response_size":0,"duration_seconds":0\.0015\}$/);
  assert.equal(end, '');
});
