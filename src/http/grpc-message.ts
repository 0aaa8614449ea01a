// Messages of gRPC: five bytes before each, and a protocol buffer of one field of bytes. Knows bytes and statuses; knows no connection.

/** Codes of grpc-status. */
export const GRPC_STATUS = {
  OK: 0, UNKNOWN: 2, DEADLINE_EXCEEDED: 4, NOT_FOUND: 5, PERMISSION_DENIED: 7, RESOURCE_EXHAUSTED: 8, UNIMPLEMENTED: 12, INTERNAL: 13,
  UNAVAILABLE: 14, UNAUTHENTICATED: 16,
} as const;

/** The one message of a request or a reply; `compressed` where its flag says so, else what is wrong with it. */
export function framed(body: Buffer): Buffer | string {
  if (body.length < 5) return 'the message has no head';
  if (body[0] === 1) return 'compressed';
  if (body[0] !== 0) return 'malformed flag';
  return body.readUInt32BE(1) === body.length - 5 ? body.subarray(5) : 'the length of the message is another one';
}

/** The bytes of field 1, the last of them where it stands twice; undefined where this is no protocol buffer. Others are skipped. */
export function unframed(message: Buffer): Buffer | undefined {
  let found: Buffer = message.subarray(0, 0);
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= message.length) return -1;
      const byte = message[at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return -1;
  };
  while (at < message.length) {
    const tag = varint();
    const kind = tag % 8;
    if (tag < 8) return undefined;
    if (kind === 0) {
      if (varint() < 0) return undefined;
      continue;
    }
    const length = kind === 2 ? varint() : kind === 1 ? 8 : kind === 5 ? 4 : -1;
    if (length < 0 || at + length > message.length) return undefined;
    if (tag === 10) found = message.subarray(at, at + length);
    at += length;
  }
  return found;
}

/** A message of one field of bytes with its head; valid until the next one is made. */
export function frameOf(bytes: Uint8Array, at: number, length: number): Uint8Array {
  const digits = length < 128 ? 1 : length < 16384 ? 2 : 3;
  const size = 1 + digits + length;
  frame[3] = size >> 8;
  frame[2] = size >> 16;
  frame[4] = size;
  frame[5] = 10;
  for (let i = 0, rest = length; i < digits; i++, rest >>= 7) frame[6 + i] = (rest & 0x7f) | (i + 1 < digits ? 0x80 : 0);
  const to = 6 + digits;
  if (length <= 128) for (let i = 0; i < length; i++) frame[to + i] = bytes[at + i]!;
  else frame.set(bytes.subarray(at, at + length), to);
  return frame.subarray(0, to + length);
}
const frame = new Uint8Array(65535 + 16);
