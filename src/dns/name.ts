// A domain name, kept as its wire form in a string: hashed and compared natively, with no escaping to get wrong.
// Knows labels and presentation form (RFC 1035 sections 2.3 and 5.1), nothing of zones or messages.

import { escapeLabel, readEscape } from './escape.ts';
import { latin1Bytes, octets } from './latin1.ts';
import { MAX_LABEL, MAX_NAME, readRawName } from './name-wire.ts';

/** A text that is no domain name, and why. */
export class NameError extends Error {
  override readonly name = 'NameError';
}

const UPPER = /[A-Z]/;
const UPPERS = /[A-Z]+/g;
const HIGH = /[\x80-\xff]/;
/** Names of letters, digits, hyphens, underscores and the like, which need no care. */
const PLAIN = /^[!#-&*-\-/-:<-?A-[\]-~]+(?:\.[!#-&*-\-/-:<-?A-[\]-~]+)*\.?$/;

/** ASCII letters lowered, other octets as they are. Length octets are below 64, so none can be mistaken for a letter. */
function fold(raw: string): string {
  if (!UPPER.test(raw)) return raw;
  if (!HIGH.test(raw)) return raw.toLowerCase();
  return raw.replace(UPPERS, (letters) => letters.toLowerCase());
}

function label(octets: string, text: string): string {
  if (octets.length === 0) throw new NameError(`bad name "${text}": empty label`);
  if (octets.length > MAX_LABEL) throw new NameError(`bad name "${text}": label longer than 63 octets`);
  return String.fromCharCode(octets.length) + octets;
}

function parsePlain(text: string): string {
  let raw = '';
  for (let start = 0; start < text.length; ) {
    let dot = text.indexOf('.', start);
    if (dot < 0) dot = text.length;
    raw += label(text.slice(start, dot), text);
    start = dot + 1;
  }
  return raw;
}

/** The labels of a text with escapes; the second part says whether it ended in a dot. */
function parseEscaped(text: string): [string, boolean] {
  const source = octets(text);
  let raw = '';
  let current = '';
  let at = 0;
  let absolute = false;
  while (at < source.length) {
    const code = source.charCodeAt(at);
    absolute = code === 0x2e;
    if (code === 0x5c) {
      const escape = readEscape(source, at);
      if (escape < 0) throw new NameError(`bad name "${text}": bad escape`);
      current += String.fromCharCode(escape >> 3);
      at += escape & 7;
    } else if (absolute) {
      raw += label(current, text);
      current = '';
      at++;
    } else {
      current += source[at];
      at++;
    }
  }
  return [current === '' ? raw : raw + label(current, text), absolute];
}

/** A domain name: never more than 255 octets, no label above 63, always absolute. Immutable. */
export class Name {
  /** The root, `.`. */
  static readonly root: Name = new Name('\0');

  /** The uncompressed wire form with the root's octet, a character (0 to 255) for each octet, case as it was given. */
  readonly raw: string;
  private lowered: string | undefined;
  private printed: string | undefined;
  private above: Name | undefined;

  private constructor(raw: string) {
    this.raw = raw;
    this.lowered = undefined;
    this.printed = undefined;
    this.above = undefined;
  }

  /**
   * Reads presentation form: `\.`, `\\`, `\DDD` and the like; characters above ASCII are taken as UTF-8. `@` is the origin. A
   * text that does not end in a dot is under the origin, or under the root where there is none. Throws NameError.
   */
  static parse(text: string, origin?: Name): Name {
    if (text === '.') return Name.root;
    if (text === '@' && origin !== undefined) return origin;
    let raw: string;
    let absolute: boolean;
    if (PLAIN.test(text)) {
      raw = parsePlain(text);
      absolute = text.endsWith('.');
    } else {
      if (text === '') throw new NameError('bad name "": empty');
      if (text === '@') throw new NameError('bad name "@": no origin is known');
      [raw, absolute] = parseEscaped(text);
    }
    raw += absolute || origin === undefined ? '\0' : origin.raw;
    if (raw.length > MAX_NAME) throw new NameError(`bad name "${text}": longer than 255 octets`);
    return new Name(raw);
  }

  /** As `parse`, under the root; undefined where the text is no name. */
  static maybe(text: string): Name | undefined {
    try {
      return Name.parse(text);
    } catch {
      return undefined;
    }
  }

  /** A name of its wire form, which must be whole, uncompressed and valid: it is not looked at. */
  static wire(raw: string): Name {
    return raw.length === 1 ? Name.root : new Name(raw);
  }

  /**
   * The name at `at` of a message whose first octet is that at `base`, following compression pointers up to `end`.
   * Throws WireError.
   */
  static read(bytes: Uint8Array, at: number, end: number = bytes.length, base = 0): Name {
    return Name.wire(readRawName(bytes, at, end, base));
  }

  /** A name of its labels' octets, leftmost first, the root's left out. Throws NameError. */
  static of(labels: readonly string[]): Name {
    let raw = '';
    for (const one of labels) raw += label(one, labels.join('.'));
    if (raw.length >= MAX_NAME) throw new NameError(`bad name "${labels.join('.')}": longer than 255 octets`);
    return Name.wire(`${raw}\0`);
  }

  /** `raw` with ASCII letters lowered: what to use as the key of a Map, and to compare. */
  get key(): string {
    return (this.lowered ??= fold(this.raw));
  }

  /** The same name with ASCII letters lowered: its `raw` is `key`. */
  get folded(): Name {
    return this.key === this.raw ? this : new Name(this.key);
  }

  /** The octets of `raw`, new at each call. */
  get octets(): Uint8Array {
    return latin1Bytes(this.raw);
  }

  /** Presentation form with the last dot, escaped as CoreDNS prints it; made for people only. */
  get text(): string {
    return (this.printed ??= this.print());
  }

  private print(): string {
    const raw = this.raw;
    if (raw.length === 1) return '.';
    let text = '';
    for (let at = 0; at < raw.length - 1; ) {
      const end = at + 1 + raw.charCodeAt(at);
      text += `${escapeLabel(raw.slice(at + 1, end))}.`;
      at = end;
    }
    return text;
  }

  /** How many labels it has, the root's not counted. */
  get labels(): number {
    let count = 0;
    for (let at = 0; at < this.raw.length - 1; count++) at += 1 + this.raw.charCodeAt(at);
    return count;
  }

  /** The octets of each label, leftmost first, the root's left out. */
  split(): string[] {
    const labels: string[] = [];
    for (let at = 0; at < this.raw.length - 1; ) {
      const end = at + 1 + this.raw.charCodeAt(at);
      labels.push(this.raw.slice(at + 1, end));
      at = end;
    }
    return labels;
  }

  /** Whether both are the same name, ASCII case aside (RFC 4343). */
  equals(other: Name): boolean {
    return this === other || (this.raw.length === other.raw.length && this.key === other.key);
  }

  /** Whether it is `zone` or lies under it. */
  isUnder(zone: Name): boolean {
    const rest = this.raw.length - zone.raw.length;
    if (rest < 0) return false;
    let at = 0;
    while (at < rest) at += 1 + this.raw.charCodeAt(at);
    return at === rest && this.key.endsWith(zone.key);
  }

  /** Whether its leftmost label is `*` (RFC 4592). */
  get isWildcard(): boolean {
    return this.raw.startsWith('\x01*');
  }

  /** The name without its leftmost label, the same object each time; of the root, undefined. */
  get parent(): Name | undefined {
    if (this.above !== undefined || this.raw.length === 1) return this.above;
    const label = 1 + this.raw.charCodeAt(0);
    const above = Name.wire(this.raw.slice(label));
    if (above.lowered === undefined && this.lowered !== undefined) above.lowered = this.lowered.slice(label);
    this.above = above;
    return above;
  }

  /** The name with one label more on its left; a character is an octet, dots and backslashes too. Throws NameError. */
  under(child: string): Name {
    const raw = label(child, child) + this.raw;
    if (raw.length > MAX_NAME) throw new NameError(`bad name "${child}" under "${this.text}": longer than 255 octets`);
    return new Name(raw);
  }

  /** As `text`. */
  toString(): string {
    return this.text;
  }

  /** As `text`. */
  toJSON(): string {
    return this.text;
  }
}
