// Sorts the names of a scratch: a quicksort of three ways, byte by byte, so that no beginning is compared twice. Knows keys as bytes; knows
// nothing of what is owned.
import { compareBytes } from '../../store/ordered-entry.ts';
import { KEY_BYTES, NAME } from './scratch.ts';
import type { Scratch } from './scratch.ts';

/** So few are sorted by putting each in its place. */
const FEW = 12;

/** Puts names in the order of their keys. */
export function sortNames(list: Int32Array, scratch: Scratch): void {
  if (isSorted(list, scratch)) return;
  const { bytes, words } = scratch;
  const byteAt = (name: number, depth: number): number =>
    (depth < (words[name + KEY_BYTES]! & 0xffff) ? bytes[(name + NAME) * 4 + depth]! : -1);
  const todo = [0, list.length, 0];
  while (todo.length > 0) {
    const depth = todo.pop()!;
    const end = todo.pop()!;
    const from = todo.pop()!;
    if (end - from < FEW) {
      insert(list, from, end, scratch);
      continue;
    }
    const first = byteAt(list[from]!, depth);
    const middle = byteAt(list[(from + end) >> 1]!, depth);
    const last = byteAt(list[end - 1]!, depth);
    const pivot = Math.max(Math.min(first, middle), Math.min(Math.max(first, middle), last));
    let below = from;
    let above = end;
    for (let i = from; i < above;) {
      const name = list[i]!;
      const byte = byteAt(name, depth);
      if (byte < pivot) {
        list[i++] = list[below]!;
        list[below++] = name;
      } else if (byte > pivot) {
        list[i] = list[--above]!;
        list[above] = name;
      } else i++;
    }
    todo.push(from, below, depth, above, end, depth);
    if (pivot >= 0) todo.push(below, above, depth + 1);
  }
}
/** Files that programs write often are. */
function isSorted(list: Int32Array, scratch: Scratch): boolean {
  const { bytes } = scratch;
  for (let i = 1; i < list.length; i++) {
    const one = list[i - 1]!;
    const other = list[i]!;
    if (compareBytes(bytes, scratch.keyAt(one), scratch.keyLength(one), bytes, scratch.keyAt(other), scratch.keyLength(other)) > 0) {
      return false;
    }
  }
  return true;
}
function insert(list: Int32Array, from: number, end: number, scratch: Scratch): void {
  const { bytes } = scratch;
  for (let i = from + 1; i < end; i++) {
    const name = list[i]!;
    const at = scratch.keyAt(name);
    const length = scratch.keyLength(name);
    let j = i - 1;
    while (j >= from && compareBytes(bytes, scratch.keyAt(list[j]!), scratch.keyLength(list[j]!), bytes, at, length) > 0) {
      list[j + 1] = list[j]!;
      j--;
    }
    list[j + 1] = name;
  }
}
