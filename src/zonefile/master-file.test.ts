// Files as they should not be: fifos, folders, loops, files that grow, that are cut, that have no end.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { Name } from '../dns/name.ts';
import type { ZoneFileError } from './error.ts';
import { type FileReading, MasterFiles } from './master-file.ts';
import { RecordList } from './record-list.ts';
import type { RecordSink } from './sink.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'master-file-'));
after(() => fs.rmSync(folder, { recursive: true }));
const zone = Name.parse('example.org.');
const files = new MasterFiles();

function write(name: string, text: string): string {
  const file = path.join(folder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
  return file;
}

function read(file: string, sink: RecordSink = new RecordList()): FileReading {
  return files.read(file, zone, sink);
}

test('a file, what it includes beside it, and which files these were', () => {
  const file = write('a/db', '$TTL 1\na A 192.0.2.1\n$INCLUDE sub/one\n$INCLUDE ../two\n');
  write('a/sub/one', 'b A 192.0.2.2\n$INCLUDE three\n');
  write('a/sub/three', 'c A 192.0.2.3');
  write('two', 'd A 192.0.2.4\n');
  const list = new RecordList();
  const reading = read(file, list);
  assert.deepEqual(list.records.map(({ name }) => name.text), ['a.example.org.', 'b.example.org.', 'c.example.org.', 'd.example.org.']);
  assert.deepEqual([reading.records, reading.outside], [4, 0]);
  assert.deepEqual(reading.files.map((one) => path.relative(folder, one.path)), ['a/db', 'a/sub/one', 'a/sub/three', 'two']);
  assert.deepEqual(reading.files.map(({ ino, size }) => [ino, size]), reading.files.map((one) => {
    const { ino, size } = fs.statSync(one.path);
    return [ino, size];
  }));
});

test('a fifo and a folder are refused at once, as the file and as what it includes', () => {
  const fifo = path.join(folder, 'fifo');
  execFileSync('mkfifo', [fifo]);
  assert.throws(() => read(fifo), /fifo: a regular file expected/);
  assert.throws(() => read(folder), /a regular file expected/);
  assert.throws(() => read(write('includes-fifo', '$INCLUDE fifo\n')), /includes-fifo:1:10: a regular file expected, found "fifo"/);
  assert.throws(() => read(write('includes-folder', '\n$INCLUDE .\n')), /includes-folder:2:10: a regular file expected/);
  assert.throws(() => read(write('includes-none', '$INCLUDE nowhere\n')), /a file that can be opened \(.*nowhere: ENOENT\) expected/);
  assert.throws(() => read(path.join(folder, 'nowhere')), { code: 'ENOENT' });
});

test('a file never includes itself, also not by another name or through others', () => {
  const self = write('self', '$INCLUDE self\n');
  assert.throws(() => read(self), /self:1:10: a file that does not include itself expected/);
  write('x', '$INCLUDE y\n');
  write('y', '\n$INCLUDE link\n');
  fs.symlinkSync('x', path.join(folder, 'link'));
  assert.throws(() => read(path.join(folder, 'x')), /y:2:10: a file that does not include itself expected, found "link"/);
  write('twice', '$TTL 1\n$INCLUDE leaf\n$INCLUDE leaf\n');
  write('leaf', 'a A 192.0.2.1\n');
  assert.equal(read(path.join(folder, 'twice')).records, 2);
});

test('files include each other seven deep and no deeper', () => {
  for (let i = 0; i < 8; i++) write(`deep${i}`, `$TTL 1\na${i} A 192.0.2.1\n${i < 7 ? `$INCLUDE deep${i + 1}\n` : ''}`);
  assert.equal(read(path.join(folder, 'deep0')).records, 8);
  write('deep7', '$INCLUDE leaf\n');
  assert.throws(() => read(path.join(folder, 'deep0')), /deep7:1:10: at most 7 files within each other expected/);
});

test('a file that grows or changes while it is read is refused', () => {
  const file = write('grows', '$TTL 1\na A 192.0.2.1\n');
  const sink = { owner: () => 1, add: () => fs.appendFileSync(file, 'b A 192.0.2.2\n') };
  assert.throws(() => read(file, { ...sink, add: () => fs.truncateSync(file, 8) }), /grows: changed while it was read/);
  fs.writeFileSync(file, '$TTL 1\na A 192.0.2.1\n');
  let added = 0;
  assert.throws(() => read(file, { ...sink, add: () => (added++ === 0 ? sink.add() : undefined) }), /grows: changed while it was read/);
});

test('a line of four gigabytes costs no more than the longest entry', () => {
  const file = path.join(folder, 'endless');
  fs.writeFileSync(file, `a 1 TXT ${'x'.repeat(3 << 20)}`);
  fs.truncateSync(file, 4 * 2 ** 30);
  assert.throws(() => read(file), /endless:1:1: an entry of at most 524288 octets expected/);
  fs.writeFileSync(file, `$TTL 1\n`);
  fs.truncateSync(file, 4 * 2 ** 30);
  assert.throws(() => read(file), /endless:2:1: an entry of at most 524288 octets expected/);
});

test('entries lie across pieces, in quotes, in parentheses and in comments; the last line has no end', () => {
  const blocks = [`( ; ${'c'.repeat(100_000)}\n`, `"${'q;('.repeat(20_000)}"`, '\n'.repeat(50_000), ')'];
  const text = `$TTL 1\n${Array.from({ length: 20 }, (_, i) => `n${i} TXT ${blocks.join('')}\n`).join('')}last A 192.0.2.1`;
  assert.ok(text.length > 3 << 20);
  const list = new RecordList();
  assert.equal(read(write('pieces', text), list).records, 21);
  assert.equal(list.records[20]?.name.text, 'last.example.org.');
  assert.ok(list.records.slice(0, 20).every(({ rdata }) => rdata.length === 60_000 + 236));
  assert.throws(() => read(write('bad-end', `${text}\nx A 1\n`)), (error: ZoneFileError) => error.line === text.split('\n').length + 1);
});

test('a byte order mark and an empty file are no trouble', () => {
  assert.equal(read(write('bom', '\ufeff$TTL 1\na A 192.0.2.1\n')).records, 1);
  assert.equal(read(write('empty', '')).records, 0);
  assert.equal(read(write('short', ';')).records, 0);
});

test('one object reads file after file, also behind an error', () => {
  for (let i = 0; i < 3; i++) {
    assert.throws(() => read(write('wrong', '$ORIGIN x\na 1 A 192.0.2.1\n(')), /a closing brace/);
    assert.equal(read(path.join(folder, 'a/db')).records, 4);
  }
  const problems: number[] = [];
  const file = write('three', 'a 1 A 1\nb 1 A 2\nc 1 A 192.0.2.1\nd 1 A 3');
  const reading = files.read(file, zone, new RecordList(), ({ line }) => problems.push(line) > 0);
  assert.deepEqual([problems, reading.records], [[1, 2, 4], 1]);
});
