// What the system said, in Go's words: of files, of addresses to listen at, and where nothing is known of an error.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bindReason, errnoWords, fileError, reasonOf } from './errno.ts';

const failed = (code: string) => Object.assign(new Error(`${code}: Node says it so, open 'x'`), { code });

test('a file that cannot be had is told as Go tells it', () => {
  assert.equal(fileError(failed('ENOENT'), '/x'), 'open /x: no such file or directory');
  assert.equal(fileError(failed('ENOTDIR'), '/x', 'stat'), 'stat /x: not a directory');
  assert.equal(fileError(failed('EISDIR'), '/x'), 'read /x: is a directory');
  assert.equal(fileError(new Error('something else'), '/x'), 'something else');
});

test('so is an address where nobody can listen', () => {
  assert.equal(bindReason(failed('EADDRINUSE')), 'bind: address already in use');
  assert.equal(bindReason(failed('EMFILE')), 'socket: too many open files');
  assert.equal(bindReason(new Error('odd')), 'odd');
});

test('a name that is none stays what it is', () => {
  assert.equal(errnoWords('constructor'), undefined);
  assert.equal(errnoWords(undefined), undefined);
  assert.equal(reasonOf(failed('ESOMETHING')), "ESOMETHING: Node says it so, open 'x'");
  assert.equal(reasonOf('a text'), 'a text');
});
