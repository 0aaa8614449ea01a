// How bright the places of a picture are: PNG of eight bits a channel without interlacing, as browsers write it (RFC 2083). Knows its
// bytes.
import { inflateSync } from 'node:zlib';

/** A picture. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Bytes a point: three colours, and perhaps how opaque it is. */
  readonly channels: number;
  readonly points: Uint8Array;
}

/** Reads one. Throws Error where it is another kind. */
export function readPng(bytes: Buffer): Picture {
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const channels = { 2: 3, 6: 4 }[bytes[25]!];
  const isPng = bytes.readUInt32BE(0) === 0x89504e47 && bytes[24] === 8 && bytes[28] === 0;
  if (!isPng || channels === undefined) throw new Error('another kind of PNG');
  const parts: Buffer[] = [];
  for (let at = 8; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(bytes.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  return { width, height, channels, points: unfiltered(inflateSync(Buffer.concat(parts)), width * channels, height, channels) };
}
function unfiltered(bytes: Buffer, row: number, height: number, channels: number): Uint8Array {
  const points = new Uint8Array(row * height);
  for (let y = 0; y < height; y++) {
    const filter = bytes[y * (row + 1)]!, from = y * (row + 1) + 1, to = y * row;
    for (let x = 0; x < row; x++) {
      const left = x < channels ? 0 : points[to + x - channels]!, up = y === 0 ? 0 : points[to + x - row]!;
      const corner = x < channels || y === 0 ? 0 : points[to + x - row - channels]!;
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] ?? 0;
      points[to + x] = bytes[from + x]! + guess;
    }
  }
  return points;
}
function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}
/** How bright each of so many times so many places is, from 0 to 255. */
export function brightness({ width, height, channels, points }: Picture, places: number): readonly number[] {
  const sums = new Float64Array(places * places), counts = new Float64Array(places * places);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * channels;
      const place = Math.floor((y * places) / height) * places + Math.floor((x * places) / width);
      sums[place]! += 0.3 * points[at]! + 0.6 * points[at + 1]! + 0.1 * points[at + 2]!;
      counts[place]!++;
    }
  }
  return [...sums].map((sum, i) => sum / counts[i]!);
}
