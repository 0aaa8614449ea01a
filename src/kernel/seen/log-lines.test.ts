// Lines as bytes: numbers, addresses, names and durations as they are printed, and a reader that is too slow.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { parseAddress, printAddress } from '../../dns/address.ts';
import { Name } from '../../dns/name.ts';
import { latin1, latin1Bytes } from '../../dns/latin1.ts';
import { LogLines } from './log-lines.ts';

function written(write: (lines: LogLines) => void): string {
  let text = '';
  const lines = new LogLines((bytes, from, length) => {
    text += Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString();
    return length;
  }, () => {});
  lines.room(4096);
  write(lines);
  lines.end();
  lines.flush();
  return text.slice(0, -1);
}

test('prints durations as Go prints seconds', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '0s'], [0.123456, '0.000123456s'], [0.09176, '0.00009176s'], [37.990251, '0.037990251s'], [1000, '1s'],
    [61500, '61.5s'], [0.000001, '0.000000001s'],
  ];
  for (const [milliseconds, text] of cases) assert.equal(written((lines) => lines.seconds(milliseconds)), text);
});

test('prints addresses, IPv6 in brackets', () => {
  for (const text of ['0.0.0.0', '9.10.99.100', '255.1.20.200', '::', '2001:db8::1']) {
    const bytes = parseAddress(text)!;
    assert.equal(written((lines) => lines.address(bytes, 0, bytes.length)), bytes.length === 4 ? text : `[${text}]`);
  }
  fc.assert(fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (bytes) => {
    assert.equal(written((lines) => lines.address(bytes, 0, 4)), printAddress(bytes));
  }), { numRuns: 100 });
});

test('prints numbers', () => {
  fc.assert(fc.property(fc.nat(), (n) => assert.equal(written((lines) => lines.number(n)), String(n))), { numRuns: 100 });
});

test('prints names as everything else prints them, in lower case', () => {
  const label = fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => latin1(bytes, 0, bytes.length));
  fc.assert(fc.property(fc.array(label, { maxLength: 5 }), (labels) => {
    const name = Name.of(labels);
    assert.equal(written((lines) => lines.name(latin1Bytes(name.raw), 0)), name.folded.text);
  }), { numRuns: 200 });
});

test('counts the lines that a slow reader costs, and says so', () => {
  let full = true;
  let text = '';
  let later = () => {};
  const lines = new LogLines((bytes, from, length) => {
    if (full) throw Object.assign(new Error('EPIPE'), { code: 'EPIPE' });
    text += Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString();
    return length;
  }, () => {}, (flush) => {
    later = flush;
  });
  lines.line('one');
  lines.line('two');
  lines.flush();
  full = false;
  lines.line('three');
  lines.flush();
  assert.equal(text, '', 'what failed is not tried again at once');
  later();
  lines.flush();
  assert.match(text, /\[WARNING\] 2 log lines were dropped/);
  assert.match(text, /^three$/m);
});

/** Lines to a reader that takes `room` bytes until there is more, and the moments that were asked for. */
function slowly(room: number) {
  const reader = { room, text: '', tries: 0, later: [] as { flush: () => void; milliseconds: number }[] };
  const lines = new LogLines((bytes, from, length) => {
    reader.tries++;
    if (reader.room === 0) throw Object.assign(new Error('EAGAIN'), { code: 'EAGAIN' });
    const taken = Math.min(length, reader.room);
    reader.room -= taken;
    reader.text += Buffer.from(bytes.buffer, bytes.byteOffset + from, taken).toString();
    return taken;
  }, () => {}, (flush, milliseconds) => reader.later.push({ flush, milliseconds }));
  return { lines, reader };
}

test('a reader that takes nothing is asked seldom, and costs lines alone', () => {
  const { lines, reader } = slowly(0);
  for (let turn = 0; turn < 1000; turn++) {
    for (let i = 0; i < 30; i++) lines.line(`line ${i} of turn ${turn} ${'x'.repeat(60)}`);
    lines.settle();
    lines.flush();
  }
  // 30,000 lines of some 80 bytes are ten buffers of 256 KiB: one try for each of them, one for the moment that was asked for.
  assert.ok(reader.tries < 20, `${reader.tries} tries`);
  assert.equal(reader.later.length, 1);
  for (let i = 0; i < 10; i++) reader.later.at(-1)!.flush();
  assert.deepEqual(reader.later.map(({ milliseconds }) => milliseconds), [1, 2, 4, 8, 16, 32, 64, 64, 64, 64, 64]);
  reader.room = Infinity;
  reader.later.at(-1)!.flush();
  lines.flush();
  const [, dropped] = /^\[WARNING\] (\d+) log lines were dropped: .*\n$/m.exec(reader.text)!;
  assert.equal(Number(dropped) + reader.text.split('\n').length - 2, 30_000);
});

test('a line that was begun is ended, however little is read at a time', () => {
  const step = fc.record({ length: fc.integer({ min: 1, max: 9000 }), room: fc.nat(6000) });
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
    const { lines, reader } = slowly(0);
    const said = new Set<string>();
    for (const [i, { length, room }] of steps.entries()) {
      const line = `${i} ${'y'.repeat(length)}.`;
      said.add(line);
      lines.line(line);
      reader.room += room;
      lines.flush();
      reader.later.at(-1)?.flush();
    }
    reader.room = Infinity;
    reader.later.at(-1)?.flush();
    lines.flush();
    lines.flush();
    for (const line of reader.text.split('\n').slice(0, -1)) assert.ok(said.has(line) || line.startsWith('[WARNING]'), line.slice(0, 80));
  }), { numRuns: 50 });
});

test('the last lines of a process wait for their reader for a moment, and no longer', () => {
  const { lines, reader } = slowly(0);
  lines.line('goodbye');
  lines.finish();
  assert.equal(reader.text, '');
  reader.room = 100;
  lines.finish();
  assert.equal(reader.text, 'goodbye\n');
});
