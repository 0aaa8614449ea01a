// The client's side of one HTTP/1.1 connection: one request, its reply, then the next. Knows who waits; knows no socket but for writing.
import { bodyReader } from './body.ts';
import type { BodyReader } from './body.ts';
import type { ClientSide, RequestForm, Unanswered, Waiting } from './client-side.ts';
import type { Wire } from './exchange.ts';
import { HeadReader } from './head.ts';
import type { ReplyHead } from './head.ts';

/** Bytes of a reply. */
const BODY_MOST = 65536 + 64;

/** A connection to a server. */
export class Http1Client implements ClientSide {
  readonly #wire: Wire;
  readonly #form: RequestForm;
  readonly #common: string;
  #who: Waiting | undefined;
  /** Nobody waits any more for the reply that is under way: it is read all the same, since the next one stands behind it. */
  #forgotten = false;
  #heads = new HeadReader();
  #head: ReplyHead | undefined;
  #body: BodyReader | undefined;
  #parts: Buffer[] = [];
  #size = 0;
  #ended = false;

  constructor(wire: Wire, form: RequestForm) {
    this.#wire = wire;
    this.#form = form;
    const fields = form.fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    this.#common = ` HTTP/1.1\r\nHost: ${form.authority}\r\n${fields}`;
  }
  get free(): boolean {
    return !this.#ended && this.#who === undefined && !this.#forgotten;
  }
  get most(): number {
    return 1;
  }
  get leaving(): boolean {
    return this.#ended;
  }
  get waiting(): number {
    return this.#who === undefined ? 0 : 1;
  }

  send(
    who: Waiting, body: Uint8Array, at: number, length: number, target = this.#form.target, fields: RequestForm['fields'] = [],
  ): void {
    this.#who = who;
    const more = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const size = this.#form.method === 'POST' ? `Content-Length: ${length}\r\n` : '';
    const head = `${this.#form.method} ${target}${this.#common}${more}${size}\r\n`;
    const bytes = Buffer.allocUnsafe(head.length + length);
    bytes.write(head, 'latin1');
    bytes.set(body.subarray(at, at + length), head.length);
    this.#wire.write(bytes);
  }
  forget(who: Waiting): void {
    if (who !== this.#who) return;
    this.#who = undefined;
    this.#forgotten = true;
  }

  receive(chunk: Buffer): void {
    if (this.#ended) return;
    try {
      this.#read(chunk);
    } catch (error) {
      this.#fail('lost', (error as Error).message);
    }
  }
  #read(chunk: Buffer): void {
    let rest = chunk;
    if (this.#body === undefined) {
      if (this.#who === undefined && !this.#forgotten) return this.#fail('lost', 'a reply that nobody asked for');
      const found = this.#heads.feed(chunk);
      if (found === undefined) return;
      this.#head = found.head;
      this.#body = bodyReader(found.head);
      rest = found.rest;
    }
    const used = this.#body.feed(rest, this.#content);
    if (this.#size > BODY_MOST) return this.#fail('refused', 'the reply is too long');
    if (this.#body.whole) this.#whole(rest.length > used);
  }
  readonly #content = (part: Buffer): void => {
    this.#size += part.length;
    if (this.#size <= BODY_MOST) this.#parts.push(Buffer.from(part));
  };
  #whole(more: boolean): void {
    const head = this.#head!, who = this.#who;
    const body = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts);
    this.#who = this.#body = this.#head = undefined;
    this.#forgotten = false;
    this.#heads = new HeadReader();
    this.#parts = [];
    this.#size = 0;
    const connection = head.headers.get('connection')?.toLowerCase() ?? '';
    if (more || (head.minor === 0 ? !connection.includes('keep-alive') : connection.includes('close'))) this.#close();
    who?.replied({ status: head.status, body, field: (name) => head.headers.get(name) });
  }
  #fail(why: Unanswered, text: string): void {
    this.#close();
    const who = this.#who;
    this.#who = undefined;
    who?.unanswered(why, text);
  }
  #close(): void {
    this.#ended = true;
    this.#wire.destroy();
  }
  drained(): void {}
  closed(text: string): void {
    if (this.#ended) return;
    // A body without a length ends with its connection.
    if (this.#body !== undefined && text === 'EOF') {
      try {
        this.#body.end();
        this.#ended = true;
        return this.#whole(true);
      } catch {
        // It was cut.
      }
    }
    this.#ended = true;
    const who = this.#who;
    this.#who = undefined;
    who?.unanswered('lost', text);
  }
}
