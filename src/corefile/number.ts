/** Reads integers and quotes text as Go does, with Go's error texts; knows nothing of Corefiles. */

/**
 * A decimal integer with an optional sign, as Go's `strconv.Atoi`.
 * @throws Error with Go's text: `strconv.Atoi: parsing "x": invalid syntax` or `value out of range`
 */
export function parseInteger(text: string): number {
  if (!/^[+-]?[0-9]+$/.test(text)) throw new Error(`strconv.Atoi: parsing ${quoted(text)}: invalid syntax`);
  const value = BigInt(text.replace(/^\+/, ''));
  if (BigInt.asIntN(64, value) !== value) throw new Error(`strconv.Atoi: parsing ${quoted(text)}: value out of range`);
  return Number(value);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** A text in double quotes with Go's escapes, as `%q` prints it. */
export function quoted(text: string): string {
  let result = '"';
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    if (ESCAPES[character] !== undefined) result += ESCAPES[character];
    else if (code < 0x20 || code === 0x7f) result += `\\x${code.toString(16).padStart(2, '0')}`;
    else if (character === ' ' || /[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(character)) result += character;
    else if (code > 0xffff) result += `\\U${code.toString(16).padStart(8, '0')}`;
    else result += `\\u${code.toString(16).padStart(4, '0')}`;
  }
  return `${result}"`;
}
