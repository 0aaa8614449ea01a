// Whether an entry of a snapshot is one that could lie in the maps: what reads them relies on it. Knows the layouts; knows no file.
import { NODE } from '../cluster/address-index.ts';
import {
  ADDRESSES, DUPLICATES, HEAD, PORTS, SIZE, SLICES, SLICE_ENDPOINTS, SLICE_NAME, SLICE_PORTS, le16, le32,
} from '../cluster/layout.ts';

/** Reads on from a place; what goes beyond the end, or is odd, is remembered in `sound`. */
class Walk {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  at: number;
  sound = true;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.#bytes = bytes;
    this.at = at;
    this.#end = end;
  }
  /** Steps over so many bytes. */
  skip(count: number): void {
    this.at += count;
    if (this.at > this.#end) this.sound = false;
  }
  u8(): number {
    this.skip(1);
    return this.sound ? this.#bytes[this.at - 1]! : 0;
  }
  u16(): number {
    this.skip(2);
    return this.sound ? le16(this.#bytes, this.at - 2) : 0;
  }
  text(): void {
    this.skip(this.u8());
  }
  address(mask = 255): void {
    const size = this.u8() & mask;
    if (size !== 4 && size !== 16) this.sound = false;
    this.skip(size);
  }
  /** A wire name behind its size; `none`: the size may be 0. */
  name(none: boolean): void {
    const end = this.u8() + this.at;
    if (none && end === this.at) return;
    for (let size = 1; this.sound && size !== 0;) {
      size = this.u8();
      if (size > 63) this.sound = false;
      this.skip(size);
    }
    if (this.at !== end) this.sound = false;
  }
  ports(count: number): void {
    for (; this.sound && count > 0; count--) {
      this.skip(3);
      this.text();
      this.text();
    }
  }
  /** Whether it was sound and went to the end. */
  get ended(): boolean {
    return this.sound && this.at === this.#end;
  }
}

function isService(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < HEAD + 5) return false;
  const walk = new Walk(bytes, at + HEAD, end);
  for (let left = bytes[at + ADDRESSES]!; walk.sound && left > 0; left--) walk.address();
  walk.ports(le16(bytes, at + PORTS));
  walk.name(true);
  for (let left = walk.u16(); walk.sound && left > 0; left--) {
    if (walk.sound && bytes[walk.at] !== 0) walk.address();
    else {
      walk.skip(1);
      walk.name(false);
    }
  }
  if (!walk.sound || walk.at !== at + le32(bytes, at + SLICES)) return false;
  let endpoints = 0;
  for (let left = walk.u16(); walk.sound && left > 0; left--) endpoints += readSlice(walk, bytes, end);
  return walk.ended && le32(bytes, at + DUPLICATES) <= endpoints;
}
/** Says how many endpoints the slice has. */
function readSlice(walk: Walk, bytes: Uint8Array, end: number): number {
  const { at } = walk;
  if (end - at < SLICE_NAME) {
    walk.sound = false;
    return 0;
  }
  const endpoints = le32(bytes, at + SLICE_ENDPOINTS);
  walk.skip(SLICE_NAME);
  walk.text();
  walk.text();
  walk.ports(le16(bytes, at + SLICE_PORTS));
  for (let left = endpoints; walk.sound && left > 0; left--) {
    const isName = walk.sound && (bytes[walk.at]! & SIZE) === 0;
    if (isName) walk.skip(1);
    else walk.address(SIZE);
    walk.text();
    walk.text();
    if (isName) walk.name(false);
  }
  if (walk.at !== at + le32(bytes, at)) walk.sound = false;
  return endpoints;
}
function isOwners(bytes: Uint8Array, at: number, end: number): boolean {
  const walk = new Walk(bytes, at, end);
  do {
    const kind = walk.u8();
    if (kind < 1 || kind > NODE) return false;
    walk.text();
    walk.text();
  } while (walk.sound && walk.at < end);
  return walk.ended;
}
function isOwner(bytes: Uint8Array, at: number, end: number): boolean {
  const walk = new Walk(bytes, at, end);
  walk.text();
  return walk.ended;
}
function isPod(bytes: Uint8Array, at: number, end: number): boolean {
  const walk = new Walk(bytes, at, end);
  if (walk.u8() > 1) return false;
  for (let left = walk.u8(); walk.sound && left > 0; left--) walk.address();
  if (!walk.sound || walk.at === end) return walk.sound;
  try {
    return typeof JSON.parse(Buffer.from(bytes.subarray(walk.at, end)).toString()) === 'object';
  } catch {
    return false;
  }
}

/** Texts behind their sizes, then zeros up to the end of a word. */
const isTexts = (count: number) => (bytes: Uint8Array, at: number, end: number): boolean => {
  const walk = new Walk(bytes, at, end);
  for (let i = 0; i < count; i++) walk.text();
  if (!walk.sound || end - walk.at > 3) return false;
  while (walk.at < end) if (walk.u8() !== 0) return false;
  return true;
};
/** Labels of at most 63 bytes up to the zeros at the end of a word. */
const isLabels = (bytes: Uint8Array, at: number, end: number): boolean => {
  const walk = new Walk(bytes, at, end);
  let size = walk.u8();
  if (size === 0) return false;
  for (; walk.sound && size !== 0 && size < 64; size = walk.at < end ? walk.u8() : 0) walk.skip(size);
  if (!walk.sound || size !== 0 || end - walk.at > 3) return false;
  while (walk.at < end) if (walk.u8() !== 0) return false;
  return true;
};
const isAddresses = (bytes: Uint8Array, at: number, end: number): boolean => {
  const walk = new Walk(bytes, at, end);
  while (walk.sound && walk.at < end) walk.address();
  return walk.sound;
};
const isAddress = (_bytes: Uint8Array, at: number, end: number): boolean => end - at === 4 || end - at === 16;
const isEmpty = (_bytes: Uint8Array, at: number, end: number): boolean => at === end;

type Check = (bytes: Uint8Array, at: number, end: number) => boolean;
const NAME = isTexts(1), NAMES = isTexts(2);
/** Keys and values of each map, by its number in the file. */
const CHECKS: readonly (readonly [key: Check, value: Check])[] = [
  [NAME, isEmpty], [NAMES, isService], [NAMES, isOwner], [NAMES, isService], [NAMES, isOwner], [isAddress, isOwners], [NAMES, isPod],
  [isAddress, isOwners], [isLabels, isAddresses],
];

/** Whether the key from `key` on, and behind it the value of `size` bytes from `value` on, can be an entry of this map. */
export function isEntry(map: number, bytes: Uint8Array, key: number, value: number, size: number): boolean {
  const [isKey, isValue] = CHECKS[map]!;
  return isKey(bytes, key, value) && isValue(bytes, value, value + size);
}
