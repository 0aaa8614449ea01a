// The list of fields that a record type is made of: everything that can be done to its data follows from it.
// Knows fields in their order, nothing of messages.

import type { Extent, Field } from './field.ts';
import type { Name } from './name.ts';
import { Reader, WireError, Writer } from './wire.ts';
import { RRError, type Words } from './words.ts';

/** Fields by name, in their order on the wire. */
export type Fields<V> = { readonly [K in keyof V]: Field<V[K]> };

/** What people may give in place of values: text for names and addresses. */
export type Given<V> = {
  readonly [K in keyof V]: V[K] extends Name ? Name | string : K extends 'address' ? V[K] | string : V[K];
};

/** A record type: its name, its number, and its data in four directions. */
export interface Shape<V = object> {
  readonly name: string;
  readonly type: number;
  /** Its fields by name, in their order. */
  readonly fields: Fields<V>;
  /** Where the fields end, as far as the last one that is a name: what copying the data with its names needs to know. */
  readonly extents: readonly Extent[];
  /** Whether a name lies in the data. */
  readonly named: boolean;
  /** Whether names lie in a field without an extent of its own, so that only reading and writing its values finds them. */
  readonly woven: boolean;
  /** The values of record data; throws WireError where it is not whole. */
  values(rdata: Uint8Array): V;
  /** As `values`, from record data that lies in a message; the reader ends where the data does. Throws WireError. */
  read(reader: Reader): V;
  /**
   * Record data of values, in uncompressed wire form; text will do for an address or a name. Throws WireError, RRError or NameError where
   * a value does not fit its field.
   */
  rdata(values: Given<V>): Uint8Array;
  /** Record data of presentation form; throws RRError or NameError. */
  parse(words: Words): Uint8Array;
  /** Presentation form of record data; throws WireError, or RRError where text cannot carry it. */
  print(rdata: Uint8Array): string;
  /** Passes over the fields of record data in a message, looking only at what can be wrong; throws WireError. */
  check(reader: Reader): void;
}

/** How a shape differs from a plain list of fields. */
export interface ShapeOptions {
  /** Names lie in a field whose extent is `rest`. */
  readonly woven?: boolean;
}

class FieldList<V extends object> implements Shape<V> {
  readonly name: string;
  readonly type: number;
  readonly extents: readonly Extent[];
  readonly named: boolean;
  readonly woven: boolean;
  readonly fields: Fields<V>;
  private readonly keys: readonly (keyof V & string)[];
  private readonly list: readonly Field<unknown>[];

  constructor(name: string, type: number, fields: Fields<V>, options: ShapeOptions) {
    this.name = name;
    this.type = type;
    this.keys = Object.keys(fields) as (keyof V & string)[];
    this.fields = fields;
    this.list = this.keys.map((key) => fields[key] as Field<unknown>);
    const extents = this.list.map((field) => field.extent);
    this.extents = extents.slice(0, 1 + extents.findLastIndex((extent) => extent === 'name' || extent === 'shorten'));
    this.woven = options.woven === true;
    this.named = this.woven || this.extents.length > 0;
  }

  values(rdata: Uint8Array): V {
    return this.read(new Reader(rdata));
  }

  read(reader: Reader): V {
    const values: Record<string, unknown> = {};
    for (let i = 0; i < this.list.length; i++) {
      values[this.keys[i] as string] = (this.list[i] as Field<unknown>).read(reader);
    }
    if (!reader.done) throw new WireError(`too much data for ${this.name}`, reader.at);
    return values as V;
  }

  rdata(values: Given<V>): Uint8Array {
    const writer = new Writer();
    for (let i = 0; i < this.list.length; i++) {
      const field = this.list[i] as Field<unknown>;
      const value: unknown = values[this.keys[i] as keyof V];
      field.write(writer, typeof value === 'string' && field.ofText !== undefined ? field.ofText(value) : value);
    }
    if (writer.at > 0xffff) throw new WireError(`data of ${this.name} longer than 65535 octets`, writer.at);
    return writer.slice();
  }

  parse(words: Words): Uint8Array {
    const writer = new Writer();
    for (let i = 0; i < this.list.length; i++) this.parseField(i, words, writer);
    if (words.more) throw new RRError(`bad ${this.name}: garbage after rdata: "${words.text()}"`);
    if (writer.at > 0xffff) throw new RRError(`bad ${this.name}: data longer than 65535 octets`);
    return writer.slice();
  }

  private parseField(index: number, words: Words, writer: Writer): void {
    const field = this.list[index] as Field<unknown>;
    try {
      field.write(writer, field.parse(words));
    } catch (error) {
      throw new RRError(`bad ${this.name} ${this.keys[index]}: ${(error as Error).message}`, { cause: error });
    }
  }

  print(rdata: Uint8Array): string {
    const reader = new Reader(rdata);
    let text = '';
    for (const field of this.list) {
      const word = field.print(field.read(reader));
      if (word !== '') text += text === '' ? word : ` ${word}`;
    }
    if (!reader.done) throw new WireError(`too much data for ${this.name}`, reader.at);
    return text;
  }

  check(reader: Reader): void {
    for (const field of this.list) {
      const extent = field.extent;
      if (typeof extent === 'number') reader.skip(extent);
      else if (extent === 'string') reader.skipString();
      else if (field.opaque === true) reader.at = reader.end;
      else field.read(reader);
    }
    if (!reader.done) throw new WireError(`too much data for ${this.name}`, reader.at);
  }
}

/** A record type of its name, its number and its fields in order, as in `shape('MX', 15, { preference: u16, exchange: name })`. */
export function shape<V extends object>(name: string, type: number, fields: Fields<V>, options: ShapeOptions = {}): Shape<V> {
  return new FieldList<V>(name, type, fields, options);
}
