// What others may have put into a label does nothing to who reads the log.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogLines } from '../seen/log-lines.ts';
import type { Query } from './query.ts';
import { compile } from './line-format.ts';
import type { Seen } from './seen-outcome.ts';

test('control characters of a label are escaped as in names', () => {
  const cases: readonly (readonly [string | undefined, string])[] = [
    ['plain value: 1', 'plain value: 1'], [undefined, '-'], ['\x1b[31mred', '\\027[31mred'], ['a\r\n[INFO] b', 'a\\013\\010[INFO] b'],
    ['\0\x07\x7f', '\\000\\007\\127'], ['\x9b2J', '\\1552J'], ['caf\u00e9', 'caf\u00e9'],
  ];
  for (const [value, line] of cases) {
    let text = '';
    const lines = new LogLines((bytes, from, length) => {
      text += Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString();
      return length;
    }, () => {});
    const write = compile('<{/some/label}>');
    write(lines, { label: () => value } as unknown as Query, {} as Seen);
    lines.end();
    lines.flush();
    assert.equal(text, `<${line}>\n`);
  }
});
