// The fields of a LOC record (RFC 1876). Knows degrees, metres and their text, nothing of records.

import { decimal, type Field } from './field.ts';
import { RRError, type Words } from './words.ts';

/** A place on the earth. Latitude and longitude in thousandths of a second from 2^31, altitude in centimetres from -100 km. */
export interface Location {
  readonly version: number;
  /** Diameter, as mantissa and power of ten in centimetres; likewise the two precisions. */
  readonly size: number;
  readonly horizontal: number;
  readonly vertical: number;
  readonly latitude: number;
  readonly longitude: number;
  readonly altitude: number;
}

const ORIGIN = 0x80000000;
const DEGREE = 3_600_000;
const SEA_LEVEL = 10_000_000;

/** `degrees [minutes [seconds]] letter`, as an offset from the origin. */
function parseAngle(words: Words, most: number, positive: string, negative: string): number {
  let total = decimal(words.text(), most) * DEGREE;
  for (const unit of [60_000, 1000, 0]) {
    const text = words.text();
    const letter = text.toUpperCase();
    if (letter === positive) return ORIGIN + total;
    if (letter === negative) return ORIGIN - total;
    const valid = unit === 60_000 ? /^\d+$/ : /^\d+(?:\.\d*)?$/;
    if (unit === 0 || !valid.test(text) || Number(text) >= 60) throw new RRError(`bad angle at "${text}"`);
    total += Math.round(Number(text) * unit);
  }
  throw new RRError('bad angle');
}

function printAngle(value: number, most: number, positive: string, negative: string): string {
  const total = Math.abs(value - ORIGIN);
  if (total > (most + 1) * DEGREE - 1) throw new RRError('an angle beyond the pole or the date line');
  const pad = (number: number) => String(Math.floor(number)).padStart(2, '0');
  const seconds = ((total % 60_000) / 1000).toFixed(3);
  const letter = value > ORIGIN ? positive : negative;
  return `${pad(total / DEGREE)} ${pad((total % DEGREE) / 60_000)} ${seconds} ${letter}`;
}

/** Metres as a mantissa of one digit and a power of ten, in centimetres. */
function parsePrecision(text: string): number {
  const parts = /^(\d*)(?:\.(\d{1,2}))?m?$/i.exec(text);
  if (parts === null || (parts[1] === '' && parts[2] === undefined)) throw new RRError(`bad size "${text}"`);
  let value = Number(parts[1]) * 100 + Number((parts[2] ?? '').padEnd(2, '0'));
  if (value > 9_000_000_000) throw new RRError(`bad size "${text}"`);
  let power = 0;
  for (; value >= 10; power++) value = Math.floor(value / 10);
  return (value << 4) | power;
}

function printPrecision(octet: number): string {
  const mantissa = octet >> 4;
  const power = octet & 15;
  if (mantissa > 9 || power > 9 || (mantissa === 0 && power > 0)) throw new RRError('a size that text cannot carry');
  return power < 2 ? `0.${String(power === 1 ? mantissa * 10 : mantissa).padStart(2, '0')}m` : `${mantissa}${'0'.repeat(power - 2)}m`;
}

function parseAltitude(text: string): number {
  if (!/^[-+]?\d*(?:\.\d*)?m?$/i.test(text) || !/\d/.test(text)) throw new RRError(`bad altitude "${text}"`);
  const value = Math.round(Number.parseFloat(text) * 100) + SEA_LEVEL;
  if (value < 0 || value > 0xffffffff) throw new RRError(`bad altitude "${text}"`);
  return value;
}

/** All of a LOC record. */
export const location: Field<Location> = {
  extent: 16,
  read: (reader) => ({
    version: reader.u8(),
    size: reader.u8(),
    horizontal: reader.u8(),
    vertical: reader.u8(),
    latitude: reader.u32(),
    longitude: reader.u32(),
    altitude: reader.u32(),
  }),
  write: (writer, value) => {
    for (const octet of [value.version, value.size, value.horizontal, value.vertical]) writer.u8(octet);
    for (const number of [value.latitude, value.longitude, value.altitude]) writer.u32(number);
  },
  parse: (words) => {
    const latitude = parseAngle(words, 90, 'N', 'S');
    const longitude = parseAngle(words, 180, 'E', 'W');
    const altitude = parseAltitude(words.text());
    const precision = (otherwise: number) => (words.more ? parsePrecision(words.text()) : otherwise);
    return { version: 0, size: precision(0x12), horizontal: precision(0x16), vertical: precision(0x13), latitude, longitude, altitude };
  },
  print: (value) => {
    if (value.version !== 0) throw new RRError('a version that has no text');
    const metres = (value.altitude - SEA_LEVEL) / 100;
    return [
      printAngle(value.latitude, 90, 'N', 'S'),
      printAngle(value.longitude, 180, 'E', 'W'),
      `${metres.toFixed(value.altitude % 100 === 0 ? 0 : 2)}m`,
      printPrecision(value.size),
      printPrecision(value.horizontal),
      printPrecision(value.vertical),
    ].join(' ');
  },
};
