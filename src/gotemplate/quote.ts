// Texts in Go's quotes, and in bytes of hexadecimal digits: what the verbs q, x and X make of them.

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['\\', '\\\\'],
]);

/** Whether Go counts a character as printable. */
export function isPrintable(character: string): boolean {
  return character === ' ' || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character);
}

/** The text in double quotes, or a character in single ones; `ascii` escapes all else. */
export function quote(text: string, mark: '"' | "'" = '"', ascii = false): string {
  let result = mark;
  for (const character of text) result += quoted(character, mark, ascii);
  return result + mark;
}

function quoted(character: string, mark: string, ascii: boolean): string {
  if (character === mark) return `\\${mark}`;
  const known = ESCAPES.get(character);
  if (known !== undefined) return known;
  const code = character.codePointAt(0) ?? 0;
  if (isPrintable(character) && !(ascii && code > 127)) return character;
  if (code < 32 || code === 127) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
}

/** The text in back quotes where that can be, else in double ones: `%#q`. */
export function rawQuote(text: string, ascii: boolean): string {
  const plain = ![...text].some(
    (character) => character === '`' || character === '\uFEFF' || (/\p{Cc}/u.test(character) && character !== '\t'),
  );
  return plain ? `\`${text}\`` : quote(text, '"', ascii);
}

/** The bytes as hexadecimal digits; `space` sets them apart, `prefix` goes before each group. */
export function hexadecimal(bytes: Uint8Array, upper: boolean, space: boolean, prefix: boolean): string {
  const mark = prefix ? (upper ? '0X' : '0x') : '';
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'));
  if (digits.length === 0) return '';
  const text = space
    ? digits.map((pair) => mark + (upper ? pair.toUpperCase() : pair)).join(' ')
    : mark + (upper ? digits.join('').toUpperCase() : digits.join(''));
  return text;
}
