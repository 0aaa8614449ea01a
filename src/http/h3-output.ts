// Where messages of HTTP/3 are laid out before they leave: head, body and trailers with one call where they are small. Knows frames.
import { DATA, HEADERS, putVarint } from './h3-frames.ts';
import { lengthFieldSize, putLengthField } from './h3-heading.ts';
import type { StreamWire } from './h3-wire.ts';

/** Bytes of a body that are laid out here; longer ones leave from where they lie. */
const BODY_MOST = 8192;
const ROOM = 1 << 16;
const room = new Uint8Array(ROOM);

/** Lays out a frame of fields, and behind them how long a body is, where that is not -1; returns where it ends. */
function putFields(at: number, fields: Uint8Array, length: number): number {
  const size = length < 0 ? 0 : lengthFieldSize(length);
  room[at++] = HEADERS;
  at = putVarint(room, at, fields.length + size);
  if (fields.length <= 128) for (let i = 0; i < fields.length; i++) room[at + i] = fields[i]!;
  else room.set(fields, at);
  at += fields.length;
  return size === 0 ? at : putLengthField(room, at, length, size);
}

/**
 * Sends a message, and ends our side of the stream. `sized`: its length is said. `told` as the wire has it. The fields of a head are below
 * 16 KiB, as all of ours are.
 */
export function sendMessage(wire: StreamWire, id: number, head: Uint8Array, sized: boolean, body: Uint8Array, at: number, length: number,
  trailers: Uint8Array | undefined, told: boolean): void {
  let used = putFields(0, head, sized ? length : -1);
  if (length > 0) {
    room[used++] = DATA;
    used = putVarint(room, used, length);
    if (length > BODY_MOST) {
      wire.send(id, room, 0, used, false);
      wire.send(id, body, at, length, trailers === undefined, told);
      if (trailers === undefined) return;
      used = 0;
    } else {
      if (length <= 128) for (let i = 0; i < length; i++) room[used + i] = body[at + i]!;
      else room.set(body.subarray(at, at + length), used);
      used += length;
    }
  }
  if (trailers !== undefined) used = putFields(used, trailers, -1);
  wire.send(id, room, 0, used, true, told);
}
/** Sends the head of a message that goes on. */
export function sendHead(wire: StreamWire, id: number, head: Uint8Array): void {
  wire.send(id, room, 0, putFields(0, head, -1), false);
}
/** Sends a part of a message that goes on; the wire tells when it was taken. */
export function sendPart(wire: StreamWire, id: number, body: Uint8Array, at: number, length: number): void {
  if (length === 0) return;
  room[0] = DATA;
  wire.send(id, room, 0, putVarint(room, 1, length), false);
  wire.send(id, body, at, length, false, true);
}
/** Ends a message that went on. */
export function sendTrailers(wire: StreamWire, id: number, trailers: Uint8Array | undefined): void {
  wire.send(id, room, 0, trailers === undefined ? 0 : putFields(0, trailers, -1), true);
}
