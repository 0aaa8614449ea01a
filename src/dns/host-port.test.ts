// Addresses taken apart as Go takes them apart.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinHostPort, splitHostPort } from './host-port.ts';

test('takes host and port apart and puts them together', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['127.0.0.1:80', '127.0.0.1', '80'], [':8080', '', '8080'], ['localhost:', 'localhost', ''], ['[::1]:53', '::1', '53'],
    ['[fe80::1%lo]:1', 'fe80::1%lo', '1'],
  ];
  for (const [text, host, port] of cases) {
    assert.deepEqual(splitHostPort(text), { host, port });
    assert.equal(joinHostPort(host, port), text);
  }
});

test('says what is wrong as Go does', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['localhost', 'missing port in address'], ['', 'missing port in address'], ['::1', 'too many colons in address'],
    ['[::1]', 'missing port in address'],
    ['[::1', "missing ']' in address"], ['[::1]x:1', 'missing port in address'],
    ['a]:1', "unexpected ']' in address"], ['a[b:1', "unexpected '[' in address"],
  ];
  for (const [text, why] of cases) assert.throws(() => splitHostPort(text), { message: `address ${text}: ${why}` });
});
