// Packets to throw at what reads messages: sound ones, sound ones with changed bytes, and bytes alone. Knows the wire format.
import { fc } from '../../src/testing/properties.ts';
import { anyName, anyRecord, bytes, number } from '../../src/dns/arbitraries.test.ts';
import { encodeMessage } from '../../src/dns/message.ts';
import type { Name } from '../../src/dns/name.ts';
import { message } from '../../src/dns/parts.ts';

const option = fc.record({ code: fc.oneof(fc.constantFrom(3, 8, 9, 10, 11, 12, 15, 19), number(16)), data: bytes(0, 20) });
const edns = fc.record({
  udpSize: fc.oneof(fc.constantFrom(0, 511, 512, 513, 1232, 4096, 65535), number(16)),
  version: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: number(8) }),
  dnssecOk: fc.boolean(), z: fc.constant(0), extendedRcode: fc.constant(0),
  options: fc.oneof(fc.constant([]), fc.array(option, { maxLength: 4 })),
});
const type = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(1, 28) }, { weight: 4, arbitrary: fc.constantFrom(12, 15, 16, 33, 255, 6, 2, 43, 252, 65) },
  { weight: 1, arbitrary: number(16) },
);
const klass = fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constantFrom(3, 255, 254, 7) });

/** Changes a few bytes, and cuts or lengthens the end. */
function damaged(packet: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const change = fc.tuple(fc.nat(599), number(8));
  return fc.tuple(packet, fc.array(change, { maxLength: 4 }), fc.nat(8), bytes(0, 8)).map(([whole, changes, cut, more]) => {
    const copy = Uint8Array.from([...whole.subarray(0, Math.max(0, whole.length - cut)), ...more]);
    for (const [at, value] of changes) if (copy.length > 0) copy[at % copy.length] = value;
    return copy;
  });
}

/** Two bytes of a count, and those of a pointer to the question's name. */
const u16 = (value: number): number[] => [value >> 8, value & 255];
const TO_QUESTION = [0xc0, 12];
/**
 * Requests whose records point to the question's name, which may be as long as names get, so that they are longer when they are written
 * anew, and whose counts promise what is not there.
 */
const compressed = (name: fc.Arbitrary<Name>): fc.Arbitrary<Uint8Array> => {
  const numbers = new Array<number>(20).fill(1);
  const soa = [...TO_QUESTION, ...u16(6), ...u16(1), 0, 0, 0, 9, ...u16(24), ...TO_QUESTION, ...TO_QUESTION, ...numbers];
  const pointing = [...TO_QUESTION, ...u16(2), ...u16(1), 0, 0, 0, 9, ...u16(2), ...TO_QUESTION];
  const opt = [0, ...u16(41), ...u16(1232), 0, 0, 0, 0, 0, 0];
  const misplaced = [0, ...u16(41), ...u16(1232), 0, 0, 0, 0, ...u16(2), ...TO_QUESTION];
  const record = fc.constantFrom(soa, pointing, opt, misplaced);
  const count = fc.oneof({ weight: 4, arbitrary: fc.nat(2) }, { weight: 1, arbitrary: fc.constantFrom(3, 256, 65535) });
  return fc.record({ id: number(16), name, type, counts: fc.tuple(count, count, count), records: fc.array(record, { maxLength: 4 }) })
    .map(({ id, name: { raw }, type: asked, counts, records }) => Uint8Array.from([
      ...u16(id), 1, 0, ...u16(1), ...counts.flatMap(u16), ...Array.from(raw, (byte) => byte.charCodeAt(0)), ...u16(asked), ...u16(1),
      ...records.flat(),
    ]));
};

/** Requests for these names and for others. */
export function requests(...names: readonly Name[]): fc.Arbitrary<Uint8Array> {
  const name = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: anyName });
  const question = fc.option(fc.record({ name, type, class: klass }), { nil: undefined, freq: 20 });
  const opcode = fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: number(4) });
  const flags = fc.constantFrom(0, 0x100, 0x120, 0x110, 0x130);
  const additional = fc.array(anyRecord, { maxLength: 1, size: 'xsmall' });
  const request = fc.record({ id: number(16), opcode, flags, question, edns: fc.option(edns, { nil: undefined }), additional })
    .map((parts) => encodeMessage(message(parts), { compress: false }));
  const pointing = compressed(name);
  return fc.oneof(
    { weight: 4, arbitrary: request }, { weight: 4, arbitrary: damaged(request) }, { weight: 1, arbitrary: bytes(0, 600) },
    { weight: 2, arbitrary: pointing }, { weight: 1, arbitrary: damaged(pointing) },
  );
}

/** What may come in place of this reply. */
export const replies = (sound: Uint8Array): fc.Arbitrary<Uint8Array> => {
  const records = fc.array(anyRecord, { maxLength: 4 }).map((answer) => {
    const more = encodeMessage(message({ answer }), { compress: false }).subarray(12);
    const copy = Uint8Array.from([...sound, ...more]);
    copy[7] = answer.length;
    return copy;
  });
  return fc.oneof(records, damaged(records), damaged(fc.constant(sound)), bytes(0, 80));
};
