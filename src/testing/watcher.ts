// A client that watches answers of a server over gRPC, for tests. Knows the messages and one connection.
import { once } from 'node:events';
import { EventEmitter } from 'node:events';
import { decodeMessage, encodeMessage } from '../dns/message.ts';
import { Name } from '../dns/name.ts';
import { RD, message } from '../dns/parts.ts';
import { printRR } from '../dns/rr.ts';
import { CLASS, typeByName } from '../dns/type-name.ts';
import type { WatchResponse } from '../http/watch-message.ts';
import { WatchLink } from '../upstream/watch-link.ts';
import type { DialSecurely } from '../upstream/secure-dial.ts';

/** A query's bytes. */
export const queryFor = (name: string, type: string): Uint8Array => encodeMessage(
  message({ flags: RD, question: { name: Name.parse(name), type: typeByName(type)!, class: CLASS.IN } }), { compress: false });

/** One stream. */
export class TestWatcher {
  readonly said: (Omit<WatchResponse, 'answer' | 'token'> & { readonly answer?: string; readonly token?: Uint8Array })[] = [];
  /** Why it is over. */
  over: string | undefined = undefined;
  readonly link: WatchLink;
  readonly #events = new EventEmitter();

  constructor(port: number, secure?: DialSecurely) {
    const to = { address: '127.0.0.1', port };
    this.link = new WatchLink({ to, secure, authority: `localhost:${port}` }, {
      stands: () => void this.#events.emit('more'),
      said: (_, { answer, token, ...rest }) => {
        this.said.push({ ...rest, ...(answer && { answer: textOf(answer) }), ...(token && { token: Uint8Array.from(token) }) });
        this.#events.emit('more');
      },
      ended: (_, text) => {
        this.over = text;
        this.#events.emit('more');
      },
    });
  }
  /** Resolves once this is so. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await once(this.#events, 'more');
  }
  async stands(): Promise<this> {
    await this.until(() => this.link.isOpen);
    return this;
  }
  create(name: string, type: string, answers = true, token?: Uint8Array): void {
    this.link.send({ kind: 'create', question: queryFor(name, type), answers, token });
  }
  /** What was said since this was asked last, once there are so many. */
  async next(count = 1): Promise<TestWatcher['said']> {
    await this.until(() => this.said.length >= count || this.over !== undefined);
    return this.said.splice(0, count);
  }
}
/** The records of an answer with its rcode. */
function textOf(bytes: Uint8Array): string {
  const { rcode, answer } = decodeMessage(bytes);
  return [String(rcode), ...answer.map((rr) => printRR(rr).replaceAll('\t', ' ')).sort()].join(' | ');
}
