// Attributes of Themis as bytes (ecosystem 5.5): what a decision point is told, and what it says. Knows the form of both bodies; knows
// nothing of questions.

/** Types of attributes, as they are numbered on the wire. */
const TYPE = {
  false: 0, true: 1, string: 2, int64: 3, float64: 4, ipv4: 5, ipv6: 6, ipv4Net: 7, ipv6Net: 8, domain: 9, setOfStrings: 10,
  setOfDomains: 12, listOfStrings: 13,
} as const;
const VERSION = 1;
const encoder = new TextEncoder();

/** What a decision point made of a request. */
export const EFFECT = { deny: 0, permit: 1, notApplicable: 2 } as const;
/** An attribute as it was said; `bytes` are all of it, to be said again. */
export interface Attribute {
  readonly name: string;
  /** Of texts, names and what is true or false; undefined for others. */
  readonly text: string | undefined;
  readonly bytes: Buffer;
}
/** A response. */
export interface PdpResponse {
  readonly effect: number;
  readonly status: string;
  readonly obligations: readonly Attribute[];
}
/** How an attribute is told. */
export type AttributeKind = 'string' | 'domain' | 'address';

/** The bytes of one attribute. Throws Error for a value that its kind cannot have. */
export function attribute(name: string, kind: AttributeKind, value: string | Uint8Array): Buffer {
  const called = encoder.encode(name);
  if (called.length > 255) throw new Error(`the name of an attribute is longer than 255 octets: ${name.slice(0, 40)}...`);
  const head = (type: number, more: number): readonly [Buffer, number] => {
    const bytes = Buffer.alloc(2 + called.length + more);
    bytes[0] = called.length;
    bytes.set(called, 1);
    bytes[1 + called.length] = type;
    return [bytes, 2 + called.length];
  };
  if (typeof value !== 'string') {
    const [bytes, at] = head(value.length === 4 ? TYPE.ipv4 : TYPE.ipv6, value.length);
    bytes.set(value, at);
    return bytes;
  }
  const text = encoder.encode(value);
  if (text.length > 65535) throw new Error(`the value of ${name} is longer than 65535 octets`);
  const [bytes, at] = head(kind === 'domain' ? TYPE.domain : TYPE.string, 2 + text.length);
  bytes.writeUInt16LE(text.length, at);
  bytes.set(text, at + 2);
  return bytes;
}
/** The body of a request with these attributes. */
export function requestOf(attributes: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(VERSION, 0);
  head.writeUInt16LE(attributes.length, 2);
  return Buffer.concat([head, ...attributes]);
}

/** Reads bytes one after the other; reaching past them throws RangeError. */
class Reader {
  readonly #bytes: Buffer;
  at: number;
  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }
  byte(): number {
    return this.#bytes.readUInt8(this.at++);
  }
  short(): number {
    this.at += 2;
    return this.#bytes.readUInt16LE(this.at - 2);
  }
  text(length: number): string {
    this.skip(length);
    return this.#bytes.toString('utf8', this.at - length, this.at);
  }
  skip(length: number): void {
    this.at += length;
    if (this.at > this.#bytes.length) throw new RangeError('it ends in the middle of an attribute');
  }
  since(from: number): Buffer {
    return this.#bytes.subarray(from, this.at);
  }
}
const SIZES: ReadonlyMap<number, number> = new Map([
  [TYPE.int64, 8], [TYPE.float64, 8], [TYPE.ipv4, 4], [TYPE.ipv6, 16], [TYPE.ipv4Net, 5], [TYPE.ipv6Net, 17],
]);

/** The value of an attribute as text. Steps over it; false for a type whose length nobody here knows. */
function valueOf(reader: Reader, type: number): string | undefined | false {
  if (type === TYPE.false || type === TYPE.true) return String(type === TYPE.true);
  if (type === TYPE.string || type === TYPE.domain) return reader.text(reader.short());
  const size = SIZES.get(type);
  if (size !== undefined) {
    reader.skip(size);
    return undefined;
  }
  if (type !== TYPE.setOfStrings && type !== TYPE.setOfDomains && type !== TYPE.listOfStrings) return false;
  for (let left = reader.short(); left > 0; left--) reader.skip(reader.short());
  return undefined;
}

/** Reads the body of a response with at most so many obligations. Throws Error for what is none. */
export function readResponse(body: Buffer, most: number): PdpResponse {
  const reader = new Reader(body);
  try {
    const version = reader.short();
    if (version !== VERSION) throw new Error(`its version is ${version}, not ${VERSION}`);
    const effect = reader.byte();
    if (effect > 6) throw new Error(`${effect} is no effect`);
    const status = reader.text(reader.short());
    const count = reader.at === body.length ? 0 : reader.short();
    if (count > most) throw new Error(`it has ${count} obligations: more than ${most}`);
    return { effect, status, obligations: obligationsOf(reader, count) };
  } catch (error) {
    const why = error instanceof RangeError ? 'it ends in the middle of something' : (error as Error).message;
    throw new Error(`the response cannot be read: ${why}`, { cause: error });
  }
}
/** Obligations behind one of a type that nobody here knows the length of cannot be read, and are left out with it. */
function obligationsOf(reader: Reader, count: number): Attribute[] {
  const found: Attribute[] = [];
  for (let i = 0; i < count; i++) {
    const from = reader.at;
    const name = reader.text(reader.byte());
    const text = valueOf(reader, reader.byte());
    if (text === false) return found;
    found.push({ name, text, bytes: reader.since(from) });
  }
  return found;
}
