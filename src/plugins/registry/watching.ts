// `GET /v1/watch`: answers of this server as events, each time they become others. Knows the request and who may have it; what is told on a
// stream is watch-stream.ts's.
import { encodeMessage, message, RD } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { CLASS, typeByName } from '../../dns/type-name.ts';
import type { Exchange } from '../../http/exchange.ts';
import { Problem } from '../../http/problem.ts';
import type { Service } from '../../kernel/query/transport.ts';
import type { Closable } from '../../kernel/shared.ts';
import type { End } from '../../kernel/signal.ts';
import { readWatched } from '../../push/question.ts';
import type { WatchedQuestion } from '../../push/question.ts';
import type { Asked, Operation } from './api.ts';
import { WatchStream } from './watch-stream.ts';

/** Streams at an address. */
const MOST = 10_000;

/** What streams stand on: of the load that is served, whichever that is. */
export interface WatchParts {
  /** The server whose blocks are asked; undefined where it serves nothing yet. */
  readonly service: () => Service | undefined;
  /** What tells the store from others, and as of when its names are here. */
  readonly source: () => Promise<string>;
  readonly revision: () => bigint;
  /** Resolves when this server answers with what is there at a revision. */
  readonly served: (revision: bigint) => Promise<void>;
}

/** All streams of an address: a reload leaves them. */
export class WatchStreams implements Closable {
  readonly #open = new Set<{ end(): void }>();
  /** Of the loads that are here, the last one behind the others. */
  readonly #loads: WatchParts[] = [];

  /** A load has these until the signal aborts. */
  use(parts: WatchParts, signal: End): void {
    this.#loads.push(parts);
    signal.addEventListener('abort', () => this.#loads.splice(this.#loads.indexOf(parts), 1), { once: true });
  }
  /** The last load that serves, and its server. */
  #serving(): { readonly parts: WatchParts; readonly service: Service } | undefined {
    for (const parts of this.#loads.toReversed()) {
      const service = parts.service();
      if (service !== undefined) return { parts, service };
    }
    return undefined;
  }
  /** The server of the last load that serves; undefined where none does yet. */
  get service(): Service | undefined {
    return this.#serving()?.service;
  }
  /** Whether there are as many as there may be. */
  get isFull(): boolean {
    return this.#open.size >= MOST;
  }
  /** One of another protocol is there, until it leaves. */
  enter(stream: { end(): void }): void {
    this.#open.add(stream);
  }
  leave(stream: { end(): void }): void {
    this.#open.delete(stream);
  }
  close(): void {
    for (const each of this.#open) each.end();
  }
  /** Begins a stream where the request is sound. Rejects with Problem. */
  async begin({ query, may, mayStill, by }: Asked): Promise<(exchange: Exchange) => void> {
    const question = questionOf(query);
    const name = question.name.text;
    may('read', name);
    const { parts, service: first } = this.#serving() ?? {};
    if (parts === undefined || first?.watched === undefined) {
      throw new Problem(503, 'Not served yet', { cure: 'try again', fields: [['Retry-After', '1']] });
    }
    if (this.isFull) throw new Problem(503, 'Too many watch', { cure: 'try again', fields: [['Retry-After', '10']] });
    const { watched } = first;
    const source = await parts.source();
    return (exchange) => {
      const stream = WatchStream.begin({
        question, watched, source, by, service: () => this.#serving()?.service ?? first,
        revision: () => (this.#serving()?.parts ?? parts).revision(), served: (revision) => parts.served(revision),
        last: exchange.field('last-event-id') ?? query.get('last-event-id') ?? '',
        may: () => mayStill('read', name), over: (over) => this.leave(over),
      }, exchange);
      if (stream !== undefined) this.enter(stream);
    };
  }
}
function questionOf(query: URLSearchParams): WatchedQuestion {
  const text = query.get('name') ?? '';
  const name = text === '' ? undefined : Name.maybe(text);
  const type = typeByName((query.get('type') ?? 'A').toUpperCase());
  const refuse = (field: string, cure: string): never => {
    throw new Problem(400, 'Malformed request', { field, cure });
  };
  if (name === undefined) return refuse('name', 'it is a name such as web.svc.example.org');
  if (type === undefined) return refuse('type', 'it is a type such as A, SRV or HTTPS');
  const read = readWatched(encodeMessage(message({ flags: RD, question: { name, type, class: CLASS.IN } }), { compress: false }));
  return typeof read === 'string' ? refuse('type', read) : read;
}

/** The operation. */
export const watchOn = (streams: WatchStreams): Operation => ({
  method: 'GET', path: '/v1/watch', id: 'watch', events: true,
  summary: 'The answer to a question as an event, and again each time it is another one',
  query: { name: 'a name', type: 'a type, A where nothing is said' },
  replies: { 200: { type: 'string', description: 'events whose data is an object with name, type, rcode, records and initial' } },
  run: async (asked) => ({ status: 200, goesOn: await streams.begin(asked) }),
});
