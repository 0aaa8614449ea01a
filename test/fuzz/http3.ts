// Any bytes over HTTP/3: QPACK, and frames on any streams. What is read is the same in whatever pieces it comes, and nothing is written
// without bound. Knows the readers; opens no connection.
import assert from 'node:assert/strict';
import { fc } from '../../src/testing/properties.ts';
import { Heading } from '../../src/http/exchange.ts';
import type { HttpBounds } from '../../src/http/exchange.ts';
import { frame, varints } from '../../src/http/h3-frames.ts';
import { HEAD, HELLO, Wire } from '../../src/http/h3-rig.test.ts';
import { Http3Server } from '../../src/http/h3-server.ts';
import { SectionReader, section } from '../../src/http/qpack.ts';
import { cut } from '../../src/kube-api/cuts.test.ts';
import { target } from './target.ts';

const cuts = fc.array(fc.nat(), { maxLength: 8 });
const BOUNDS: HttpBounds = { head: 1024, body: 256, streams: 8, read: 1000, write: 1000, idle: 1000 };
const owner = { now: () => 0, wall: () => 0 };
const SAID = new Heading(200, [['Content-Type', 'text/plain']]);

/** QPACK: what we lay out is read as it was; any bytes are read or refused, and unfold to no more than their bound. */
export const qpack = target('qpack', 1500, fc.tuple(fc.array(fc.tuple(fc.constantFrom(':path', 'accept', 'x-a', 'host', 'content-type'),
  fc.string({ maxLength: 300, unit: 'binary-ascii' })), { maxLength: 6 }), fc.uint8Array({ maxLength: 80 })), ([fields, junk]) => {
  const reader = new SectionReader();
  const read = (bytes: Buffer) => {
    const found: [string, string][] = [];
    const sound = reader.read(bytes, 0, bytes.length, ({ name, value }) => found.push([name, value]), 4096);
    return { sound, found, size: found.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0) };
  };
  assert.deepEqual(read(section(fields)).found, fields);
  assert.ok(read(Buffer.concat([Buffer.alloc(2), junk])).size <= 4096);
  read(Buffer.from(junk));
});

const good = fc.uint8Array({ maxLength: 80 }).map((body) => Buffer.concat([frame(1, HEAD), frame(0, body)]));
const odd = fc.tuple(fc.oneof(fc.nat({ max: 15 }), fc.nat()), fc.uint8Array({ maxLength: 40 }))
  .map(([type, payload]) => frame(type, payload));
const settings = fc.array(fc.nat({ max: 100_000 }), { maxLength: 5 }).map((values) => frame(4, varints(...values)));
const ids = fc.constantFrom(0, 0, 4, 4, 8, 2, 6, 10);
const said = fc.oneof({ weight: 3, arbitrary: good }, odd, settings);
const streams = fc.array(fc.tuple(ids, said, fc.boolean(), fc.boolean()), { maxLength: 12 });
/** Frames of HTTP/3 on any streams: nothing throws, little is written, and what is asked and how it ends is the same however it is cut. */
export const http3 = target('http3', 800, fc.tuple(streams, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 2 }), cuts),
  ([sent, changes, places]) => {
    const all = sent.map(([id, bytes, fin, reset]) => ({ id, bytes: Buffer.from(bytes), fin, reset: reset && bytes.length % 7 === 0 }));
    for (const [at, value] of changes) {
      const bytes = all[at % Math.max(1, all.length)]?.bytes;
      if (bytes !== undefined && bytes.length > 0) bytes[at % bytes.length] = value;
    }
    const run = (pieces: (bytes: Buffer) => readonly Buffer[]) => {
      const wire = new Wire(true);
      const questions: string[] = [];
      const server = new Http3Server(wire, { request: (exchange) => {
        questions.push(`${exchange.method} ${exchange.target} ${exchange.body.toString('latin1')} ${exchange.tooLarge}`);
        exchange.reply(SAID, exchange.body, 0, exchange.body.length);
      } }, BOUNDS, owner);
      const over = new Set<number>();
      const give = (id: number, bytes: Buffer, fin: boolean) => {
        const cutUp = pieces(bytes);
        cutUp.forEach((piece, i) => {
          if (over.has(id)) return;
          server.came(id, piece, 0, piece.length, fin && i === cutUp.length - 1, false);
          // QUIC hands over nothing of a stream that was stopped.
          for (const event of wire.events) if (event.startsWith('stop ')) over.add(Number(event.split(' ')[1]));
        });
        if (fin) over.add(id);
      };
      give(14, HELLO, false);
      for (const { id, bytes, fin, reset } of all) {
        give(id, bytes, fin);
        if (reset && !over.has(id)) server.resetBy(id, 0x10c);
        if (reset) over.add(id);
      }
      server.check(0);
      server.closed();
      return { questions, end: wire.end, waiting: server.waiting, bytes: wire.bytes };
    };
    const whole = run((bytes) => [bytes]);
    const size = all.reduce((sum, { bytes }) => sum + bytes.length, 0);
    assert.ok(whole.bytes <= 256 + 8 * size, `${size} bytes made ${whole.bytes}`);
    assert.equal(whole.waiting, 0);
    const other = run((bytes) => (bytes.length === 0 ? [bytes] : cut(bytes, places)));
    assert.deepEqual([other.questions, other.end], [whole.questions, whole.end]);
  });
