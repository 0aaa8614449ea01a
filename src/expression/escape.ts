// Escapes in quoted literals: what `\n`, `\x41`, `\101` and `\u{1F600}` stand for. It sees the text between the quotes.

const simple: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '`': '`',
  '?': '?',
};

const hexLengths: Readonly<Record<string, number>> = { x: 2, X: 2, u: 4, U: 8 };

/** One escape: the code point it stands for, and where the text goes on. `undefined` when it is no valid escape. */
function readEscape(text: string, at: number): { code: number; next: number } | undefined {
  const letter = text[at] ?? '';
  const plain = simple[letter];
  if (plain !== undefined) return { code: plain.charCodeAt(0), next: at + 1 };
  if (letter === 'u' && text[at + 1] === '{') return readBraced(text, at + 2);
  const length = hexLengths[letter];
  if (length !== undefined) return readDigits(text, at + 1, length, 16);
  return /[0-3]/.test(letter) ? readDigits(text, at, 3, 8) : undefined;
}

function readDigits(text: string, at: number, length: number, base: 8 | 16): { code: number; next: number } | undefined {
  const digits = text.slice(at, at + length);
  const wanted = base === 8 ? /^[0-7]+$/ : /^[0-9a-fA-F]+$/;
  if (digits.length !== length || !wanted.test(digits)) return undefined;
  return { code: Number.parseInt(digits, base), next: at + length };
}

function readBraced(text: string, at: number): { code: number; next: number } | undefined {
  const end = text.indexOf('}', at);
  if (end <= at || end - at > 6) return undefined;
  const read = readDigits(text, at, end - at, 16);
  return read && { code: read.code, next: end + 1 };
}

/** The text that a quoted literal stands for; `undefined` when an escape in it is not valid. Line ends become `\n`. */
export function unescapeText(quoted: string): string | undefined {
  const text = quoted.replaceAll('\r\n', '\n').replaceAll('\r', '\n');
  if (!text.includes('\\')) return text;
  let result = '';
  for (let at = 0; at < text.length; ) {
    const next = text.indexOf('\\', at);
    if (next < 0) return result + text.slice(at);
    const escape = readEscape(text, next + 1);
    if (escape === undefined || escape.code > 0x10ffff) return undefined;
    result += text.slice(at, next) + String.fromCodePoint(surrogate(escape.code) ? 0xfffd : escape.code);
    at = escape.next;
  }
  return result;
}

function surrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff;
}

/** The bytes that a `b'...'` literal stands for, one UTF-16 unit a byte; `undefined` when an escape in it is not valid. */
export function unescapeBytes(quoted: string): string | undefined {
  let result = '';
  for (let at = 0; at < quoted.length; ) {
    const letter = quoted[at] ?? '';
    if (letter !== '\\') {
      const point = String.fromCodePoint(quoted.codePointAt(at) ?? 0);
      result += Buffer.from(point).toString('latin1');
      at += point.length;
      continue;
    }
    const escape = /[uU]/.test(quoted[at + 1] ?? '') ? undefined : readEscape(quoted, at + 1);
    if (escape === undefined || escape.code > 255) return undefined;
    result += String.fromCharCode(escape.code);
    at = escape.next;
  }
  return result;
}
