// Answers that are watched: server-sent events (HTML, section 9.2), and the way back after a connection is lost, with what is known
// already. Knows the form of events.
import type { Api } from './api.ts';
import { RegistryError } from './api.ts';
import { backOff } from './waiting.ts';
import type { Wait } from './waiting.ts';

/** Milliseconds without a sign of life after which a connection is no use: four of the server's. */
const SILENT = 20_000;

/** A record of an answer. */
export interface WatchedRecord {
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  /** As zone files have it. */
  readonly data: string;
}
/** An answer. */
export interface WatchedAnswer {
  readonly name: string;
  readonly type: string;
  readonly rcode: string;
  readonly records: readonly WatchedRecord[];
  /** The first one on its connection. */
  readonly initial: boolean;
  /** What `last` is for whoever comes again. */
  readonly id: string;
}
/** One event. */
interface ServerEvent {
  readonly event: string;
  readonly id: string;
  readonly data: string;
}

/** The answer to a question, and each other one, over as many connections as it takes. Ends with the signal. */
export async function* watch(
  api: Api, wait: Wait, name: string, type: string, last: string, signal: AbortSignal,
): AsyncGenerator<WatchedAnswer> {
  const path = `/v1/watch?${new URLSearchParams({ name, type })}`;
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      for await (const { event, id, data } of connection(api, wait, path, last, signal)) {
        failures = 0;
        if (event === 'refused') throw new RegistryError(503, (JSON.parse(data) as { readonly why: string }).why);
        if (event !== 'message') continue;
        last = id;
        yield { ...JSON.parse(data) as Omit<WatchedAnswer, 'id'>, id };
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof RegistryError && error.status >= 400 && error.status < 500 && error.status !== 429) throw error;
    }
    await wait(backOff(failures), signal);
  }
}
async function* connection(api: Api, wait: Wait, path: string, last: string, signal: AbortSignal): AsyncGenerator<ServerEvent> {
  const end = new AbortController();
  const leave = (): void => end.abort();
  signal.addEventListener('abort', leave, { once: true });
  let heard = 0;
  const guard = async (): Promise<void> => {
    for (let before = -1; before !== heard && !end.signal.aborted;) {
      before = heard;
      await wait(SILENT, end.signal);
    }
    end.abort();
  };
  try {
    const headers = { accept: 'text/event-stream', ...last === '' ? {} : { 'last-event-id': last } };
    const { body } = await api.begin('GET', path, { headers, signal: end.signal });
    if (body === null) return;
    void guard();
    yield* eventsOf(body as AsyncIterable<Uint8Array>, () => heard++);
  } finally {
    signal.removeEventListener('abort', leave);
    end.abort();
  }
}
/** The events of a stream, `heard` called whenever something comes. */
export async function* eventsOf(stream: AsyncIterable<Uint8Array>, heard: () => void): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let rest = '', event = '', id = '';
  let data: string[] = [];
  for await (const piece of stream) {
    heard();
    const lines = (rest + decoder.decode(piece, { stream: true })).split(/\r\n|\n/);
    rest = lines.pop()!;
    for (const line of lines) {
      const [, name, value] = /^([^:]*)(?:: ?(.*))?$/s.exec(line)!;
      if (line === '') {
        if (data.length > 0) yield { event: event === '' ? 'message' : event, id, data: data.join('\n') };
        [event, data] = ['', []];
      } else if (name === 'data') data.push(value ?? '');
      else if (name === 'event') event = value ?? '';
      else if (name === 'id') id = value ?? '';
    }
  }
}
