// Texts in quotes as Go prints them, since logs, alerts and people know CoreDNS's. Knows characters; knows nothing of who says what.

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\x07', '\\a'], ['\b', '\\b'], ['\f', '\\f'], ['\n', '\\n'], ['\r', '\\r'], ['\t', '\\t'], ['\v', '\\v'], ['\\', '\\\\'],
]);

/** Whether Go counts a character as printable. */
export function isPrintable(character: string): boolean {
  return character === ' ' || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character);
}

/** A text in double quotes with Go's escapes, as `%q` prints it; `mark` takes their place; `ascii` escapes all else. */
export function quoted(text: string, mark: '"' | "'" = '"', ascii = false): string {
  let result: string = mark;
  for (const character of text) result += character === mark ? `\\${mark}` : escaped(character, ascii);
  return result + mark;
}

function escaped(character: string, ascii: boolean): string {
  const known = ESCAPES.get(character);
  if (known !== undefined) return known;
  const code = character.codePointAt(0) ?? 0;
  if (isPrintable(character) && !(ascii && code > 127)) return character;
  if (code < 32 || code === 127) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
}

const encoder = new TextEncoder();

/** As `quoted`, in the way of Go's package `time`: each octet of a character above ASCII, and each control character, is `\xNN`. */
export function quotedOctets(text: string): string {
  const shown = (octet: number): string => {
    if (octet < 0x20 || octet > 0x7f) return `\\x${octet.toString(16).padStart(2, '0')}`;
    const character = String.fromCharCode(octet);
    return character === '"' || character === '\\' ? `\\${character}` : character;
  };
  return `"${Array.from(encoder.encode(text), shown).join('')}"`;
}
