// Names as the rules see them, text in lower case with the last dot, from and to the octets of a question. Knows no rule.
import { Name } from '../../dns/name.ts';
import { latin1, writeLatin1 } from '../../dns/latin1.ts';
import { HEADER, foldByte } from '../../dns/packet.ts';
import type { Query } from '../../kernel/query/query.ts';

/** Octets of the longest name (RFC 1035 section 2.3.4), and of the longest label. */
const LONGEST_NAME = 255, LONGEST_LABEL = 63;
const DOT = 46;
/** For each octet that stands for itself in text, it in lower case; 0 for those that need care. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, code) => (isPlain(code) ? foldByte(code) : 0));
function isPlain(code: number): boolean {
  return /[!#-&*-\-/-:<-?A-[\]-~]/.test(String.fromCharCode(code));
}
const scratch = new Uint8Array(256);

/** The name that is asked for. */
export function questionText(query: Query): string {
  const { bytes } = query;
  const from = query.at + HEADER;
  const end = from + query.nameLength - 1;
  if (end <= from) return '.';
  for (let i = from, k = 0; i < end; ) {
    for (const stop = i + 1 + bytes[i++]!; i < stop; i++, k++) {
      const plain = PLAIN[bytes[i]!]!;
      if (plain === 0) return query.name.text.toLowerCase();
      scratch[k] = plain;
    }
    scratch[k++] = DOT;
  }
  return latin1(scratch, 0, end - from);
}

/** Writes the octets of a name where there is room for 255 of them; how many there are, -1 where the text is no domain name. */
export function writeName(text: string, bytes: Uint8Array, at: number): number {
  if (text === '.') {
    bytes[at] = 0;
    return 1;
  }
  const size = text.length;
  if (size >= LONGEST_NAME || text.charCodeAt(size - 1) !== DOT) return writeUnusual(text, bytes, at);
  let start = at;
  for (let k = 0; k < size; k++) {
    const code = text.charCodeAt(k);
    if (code === DOT) {
      const length = at + k - start;
      if (length === 0 || length > LONGEST_LABEL) return -1;
      bytes[start] = length;
      start = at + k + 1;
    } else if (code > 255 || PLAIN[code] === 0) return writeUnusual(text, bytes, at);
    else bytes[at + k + 1] = code;
  }
  bytes[start] = 0;
  return size + 1;
}
function writeUnusual(text: string, bytes: Uint8Array, at: number): number {
  const name = Name.maybe(text);
  return name === undefined ? -1 : writeLatin1(name.raw, bytes, at) - at;
}

/** A name of a Corefile as rules compare it: lower-case, with its last dot (REW-2). */
export function normalized(text: string): string {
  return (isAbsolute(text) ? text : `${text}.`).toLowerCase();
}
/** Whether its last dot is there and is none of a label. */
const isAbsolute = (text: string): boolean => text.endsWith('.') && /(?:^|[^\\])(?:\\\\)*\.$/.test(text);
