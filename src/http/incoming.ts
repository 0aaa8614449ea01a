// A message as it comes on a stream of HTTP/2 or HTTP/3: its fields, and what there is of its body. Knows no connection.
import type { Field } from './field-bytes.ts';

const NOTHING = Buffer.alloc(0);

/** What came of a message so far. */
export class Incoming {
  readonly id: number;
  /** Pseudo-fields of a request (RFC 9113 section 8.3.1); '' where there was none. */
  method = '';
  target = '';
  scheme = '';
  authority = '';
  readonly list: Field[] = [];
  /** `content-length`; -1 where nothing was said. */
  length = -1;
  /** The body, where it is whole. */
  body: Buffer = NOTHING;
  tooLarge = false;
  #parts: Buffer[] | undefined = undefined;
  #size = 0;
  /** The message breaks a rule. */
  bad = false;
  /** The fields that come now stand behind the body. */
  trailing = false;
  /** The peer has said everything. */
  ended = false;

  constructor(id: number) {
    this.id = id;
  }
  /** How long what came of the body is. */
  get size(): number {
    return this.#size;
  }
  field(name: string): string | undefined {
    const found = this.list.find((field) => field.name === name)?.value;
    return found === undefined && name === 'host' && this.authority !== '' ? this.authority : found;
  }
  /** All of them; several of one name are one list. */
  get fields(): ReadonlyMap<string, string> {
    const fields = new Map<string, string>(this.authority === '' ? [] : [['host', this.authority]]);
    for (const { name, value } of this.list) {
      const known = name === 'host' ? undefined : fields.get(name);
      fields.set(name, known === undefined ? value : `${known}, ${value}`);
    }
    return fields;
  }
  /** A part of the body that is not all of it. */
  add(bytes: Buffer, at: number, end: number): void {
    this.#size += end - at;
    (this.#parts ??= []).push(Buffer.from(bytes.subarray(at, end)));
  }
  /** The last part: the usual case is that it is all, and is read where it lies. */
  finish(bytes: Buffer, at: number, end: number): void {
    this.#size += end - at;
    const last = bytes.subarray(at, end);
    this.body = this.#parts === undefined ? last : Buffer.concat([...this.#parts, last]);
    this.#parts = undefined;
  }
  /** Lets go of what came. */
  forget(): void {
    this.#parts = undefined;
    this.body = NOTHING;
  }
}
