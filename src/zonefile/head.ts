// What stands between owner and data of a record: time to live, class and type. Knows tokens, nothing of what a line inherits.

import { CLASS, classByName, TYPE } from '../dns/type-name.ts';
import { EntryError } from './error.ts';
import { textOf } from './generic-data.ts';
import { readTTL } from './text-number.ts';
import { readType } from './text-type.ts';
import type { Tokens } from './tokens.ts';

/** One for all records. */
export interface Head {
  type: number;
  /** -1 where there is none. */
  ttl: number;
  /** Whether a class was written. */
  classed: boolean;
  /** The first token of the data. */
  next: number;
}

/** Reads the head that begins at `token`, in the orders that RFC 1035 section 5.1 allows. Throws EntryError. */
export function readHead(tokens: Tokens, token: number, head: Head): void {
  const { bytes, starts, ends, count } = tokens;
  head.ttl = -1;
  head.classed = false;
  for (; token < count; token++) {
    const from = starts[token] as number;
    const end = ends[token] as number;
    const first = bytes[from] as number;
    const digit = first >= 0x30 && first <= 0x39;
    if (!digit && !head.classed && end - from === 2 && (first | 0x20) === 0x69 && ((bytes[from + 1] as number) | 0x20) === 0x6e) {
      head.classed = true;
      continue;
    }
    const type = digit ? -1 : readType(bytes, from, end);
    if (type >= 0) {
      if (type === 0 || type === TYPE.OPT || (type > 127 && type < 256)) throw new EntryError(token, 'a type that zones can have');
      head.type = type;
      head.next = token + 1;
      return;
    }
    if (!digit && !head.classed && isClass(tokens, token)) {
      head.classed = true;
      continue;
    }
    const ttl = head.ttl < 0 ? readTTL(bytes, from, end) : -1;
    if (ttl < 0) throw new EntryError(token, missing(head));
    head.ttl = ttl;
  }
  throw new EntryError(token, 'a record type');
}

/** Whether a token is the class IN written otherwise. Another class has no place in a zone of this one: throws EntryError. */
function isClass(tokens: Tokens, token: number): boolean {
  const other = classByName(textOf(tokens, token));
  if (other !== undefined && other !== CLASS.IN) throw new EntryError(token, 'class IN');
  return other === CLASS.IN;
}

function missing(head: Head): string {
  if (head.ttl >= 0) return head.classed ? 'a record type' : 'a class or record type';
  return head.classed ? 'a TTL or record type' : 'a TTL, class or record type';
}
