// An API for tests that does what each test says, request by request, and a client of it on a clock that is moved by hand. Knows HTTP and
// the forms of lists and events; decides nothing itself.
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type { Log } from '../kernel/seen/log.ts';
import { Metrics } from '../kernel/seen/metrics.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { type ApiOptions, readApiConfig } from './api-config.ts';
import { KubeApi } from './kube-api.ts';
import type { ApiObject, Sink } from './sink.ts';

/** What a request asked, and how to answer. */
export interface Asked {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Sends 200 and the head at once. */
  open(): void;
  /** Sends one event of a watch. */
  event(type: string, object: object): void;
  /** The end of the initial events. */
  whole(version: string): void;
  /** A page of a list, or a whole one. */
  list(version: string, items: readonly object[], next?: string): void;
  refuse(status: number, fields?: object, headers?: Record<string, string>): void;
  /** Breaks the connection. */
  cut(): void;
}

/** An object with a name and a version. */
export const object = (name: string, version: string): ApiObject =>
  ({ metadata: { name, namespace: 'default', resourceVersion: version } });
/** A bookmark. */
export const bookmark = (version: string): ApiObject => ({ metadata: { resourceVersion: version } });

/** Waits for real things, such as sockets; fails after five seconds. */
export async function until(holds: () => boolean, what = 'it never happened'): Promise<void> {
  for (let i = 0; !holds(); i++) {
    assert.ok(i < 5000, what);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** An API on a free port. `asked` gets each request as it comes. */
export class ScriptedApi {
  readonly requests: Asked[] = [];
  /** Connections that came. */
  connections = 0;
  #server = createServer();
  readonly #sockets = new Set<Socket>();
  readonly #answer: (asked: Asked, number: number) => void;
  port = 0;

  constructor(answer: (asked: Asked, number: number) => void) {
    this.#answer = answer;
  }
  async listen(port = 0): Promise<this> {
    this.#server = createServer((request, response) => this.#asked(request, response));
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      this.connections++;
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    this.port = (this.#server.address() as AddressInfo).port;
    return this;
  }
  /** Nobody listens any more, and every connection breaks. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
  /** Waits until so many requests have come; gives the last of them. */
  async nth(count: number): Promise<Asked> {
    await until(() => this.requests.length >= count, `${this.requests.length} requests came, not ${count}`);
    return this.requests[count - 1]!;
  }
  #asked(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url!, 'http://api');
    const json = (status: number, value: object, headers: Record<string, string> = {}) =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
    const event = (type: string, value: object) => void response.write(`${JSON.stringify({ type, object: value })}\n`);
    const asked: Asked = {
      path: pathname, query: searchParams, request, response, event,
      open: () => response.writeHead(200).flushHeaders(),
      whole: (resourceVersion) =>
        event('BOOKMARK', { metadata: { resourceVersion, annotations: { 'k8s.io/initial-events-end': 'true' } } }),
      list: (version, items, next) => json(200, { kind: 'List', metadata: { resourceVersion: version, continue: next }, items }),
      refuse: (status, fields = {}, headers = {}) => json(status, { kind: 'Status', code: status, ...fields }, headers),
      cut: () => request.socket.destroy(),
    };
    this.requests.push(asked);
    this.#answer(asked, this.requests.length);
  }
}

/** Writes down what it is given: `begin`, `+NAME`, `-NAME`, `synced`. */
export class Told implements Sink {
  readonly words: string[] = [];
  begin(): void {
    this.words.push('begin');
  }
  put({ metadata }: ApiObject): void {
    this.words.push(`+${String(metadata?.['name'])}`);
  }
  remove({ metadata }: ApiObject): void {
    this.words.push(`-${String(metadata?.['name'])}`);
  }
  synced(): void {
    this.words.push('synced');
  }
  /** Waits until so much was said, and checks it. */
  async says(...words: string[]): Promise<void> {
    await until(() => this.words.length >= words.length, `said ${this.words.join(' ')}, not ${words.join(' ')}`);
    assert.deepEqual(this.words, words);
  }
}

/** A client of a scripted API; both end with the test. `prepare` is told the port before the options are read. */
export async function client(t: TestContext, answer: (asked: Asked, number: number) => void, options: ApiOptions = {},
  prepare: (port: number) => Promise<void> = async () => {}) {
  const server = await new ScriptedApi(answer).listen();
  await prepare(server.port);
  const clock = new FakeClock();
  const control = new AbortController();
  const lines: string[] = [];
  const say = (text: string) => void lines.push(text);
  const log = { debug: say, info: say, warning: say, error: say } as unknown as Log;
  const metrics = new Metrics();
  const config = await readApiConfig({ endpoint: `http://127.0.0.1:${server.port}`, ...options }, { clock, environment: {}, root: '' });
  const api = new KubeApi(config, { clock, log, metrics, signal: control.signal, random: () => 0.5 });
  t.after(async () => {
    control.abort();
    await server.close();
  });
  return { server, clock, lines, metrics, api, control };
}

/** Initial events with these names, then the end of them. */
export function stream(asked: Asked, version: string, ...names: string[]): void {
  asked.open();
  for (const name of names) asked.event('ADDED', object(name, '1'));
  asked.whole(version);
}
/** Lets what real sockets bring come in while the clock goes on, up to a second of it. */
export async function settle(clock: { elapse(milliseconds: number): Promise<void> }, milliseconds = 1000): Promise<void> {
  for (let i = 0; i < 20; i++) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    await clock.elapse(milliseconds / 20);
  }
}
