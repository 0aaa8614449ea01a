// An HTTP API on one loopback port that says what a test says, and keeps what was asked. Knows HTTP; knows no API.
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/** What is said to a request; 'held': nothing, until `release`. */
export interface ScriptedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}
type Script = (url: URL, request: IncomingMessage, body: string) => ScriptedAnswer | 'held' | 'cut';

/** One server. */
export class ScriptedApi {
  /** Method and target of each request, in order. */
  readonly asked: string[] = [];
  readonly #held: { readonly url: URL; readonly request: IncomingMessage; readonly body: string; readonly response: ServerResponse }[] = [];
  readonly #script: Script;
  #server = createServer();
  #port = 0;

  constructor(script: Script) {
    this.#script = script;
  }
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }
  /** How many requests wait for an answer. */
  get held(): number {
    return this.#held.filter(({ response }) => !response.destroyed).length;
  }
  /** Listens; on the port that it had before, where it did. */
  async open(t: TestContext): Promise<this> {
    this.#server = createServer((request, response) => void this.#take(request, response));
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
    t.after(() => this.shut());
    return this;
  }
  /** Nobody listens any more, and all connections are cut. */
  shut(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
  /** Asks the script again about all requests that wait. */
  release(): void {
    for (const { url, request, body, response } of this.#held.splice(0)) this.#say(url, request, body, response);
  }
  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const part of request) body += String(part);
    this.asked.push(`${request.method} ${request.url}`);
    this.#say(new URL(request.url ?? '/', this.url), request, body, response);
  }
  #say(url: URL, request: IncomingMessage, body: string, response: ServerResponse): void {
    if (response.destroyed) return;
    const said = this.#script(url, request, body);
    if (said === 'held') return void this.#held.push({ url, request, body, response });
    if (said === 'cut') return void response.destroy();
    response.writeHead(said.status ?? 200, said.headers);
    response.end(said.body ?? '');
  }
}
