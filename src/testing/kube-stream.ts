// The answer of a scripted Kubernetes API as a stream that a test can hold back, stall and cut. Knows chunks of text and one HTTP
// response; knows no objects.
import type { KubeResource } from './kube-store.ts';

/** How a stream is cut: between two objects and properly ended, or in the middle of one and with the connection gone. */
export type KubeCut = 'clean' | 'mid-object';

/** What is used of an HTTP response; written out, so that the package's types need none of Node's. */
interface KubeResponse {
  readonly destroyed: boolean;
  readonly writableEnded: boolean;
  on(event: 'error', listener: () => void): unknown;
  writeHead(status: number, headers: { [name: string]: string }): unknown;
  flushHeaders(): void;
  write(text: string, encoding: 'utf8' | 'latin1', written?: () => void): unknown;
  end(): unknown;
  destroy(): unknown;
}

/** What is sent where nothing waits to be cut in half. */
const FRAGMENT = {
  utf8: '{"type":"MODIFIED","object":{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"half-an-obj',
  latin1: '\0\0\x01\0half of a frame is longer than this',
};

/** One answer under way. */
export class KubeStream {
  readonly resource: KubeResource;
  readonly #response: KubeResponse;
  readonly #queue: string[] = [];
  #headers: { readonly [name: string]: string } | undefined;
  #stalled: boolean;
  #allowed: number;
  #ended = false;
  #cut = false;
  readonly #encoding: 'utf8' | 'latin1';

  /** `allowed` is how many chunks may go before `feed` is called. Chunks are text, or octets as text. */
  constructor(resource: KubeResource, response: KubeResponse, headers: { readonly [name: string]: string }, stalled: boolean,
    allowed: number, encoding: 'utf8' | 'latin1' = 'utf8') {
    this.resource = resource;
    this.#response = response;
    this.#headers = headers;
    this.#stalled = stalled;
    this.#allowed = allowed;
    this.#encoding = encoding;
    response.on('error', () => {});
    this.#pump();
  }
  /** Whether nothing more will come of it: it was cut, or has ended. */
  get over(): boolean {
    return this.#cut || this.#ended || this.#response.destroyed;
  }
  write(chunks: readonly string[]): void {
    for (const chunk of chunks) this.#queue.push(chunk);
    this.#pump();
  }
  end(): void {
    this.#ended = true;
    this.#pump();
  }
  /** Sends nothing any more, and does not say so. */
  stall(): void {
    this.#stalled = true;
  }
  resume(): void {
    this.#stalled = false;
    this.#pump();
  }
  /** Lets so many more chunks go. */
  feed(chunks: number): void {
    this.#allowed += chunks;
    this.#pump();
  }
  /** Ends it before its time. */
  cut(how: KubeCut): void {
    if (this.#cut) return;
    this.#cut = true;
    const half = this.#queue[0] ?? FRAGMENT[this.#encoding];
    this.#queue.length = 0;
    const response = this.#response;
    if (this.#headers !== undefined || response.writableEnded) response.destroy();
    else if (how === 'clean') response.end();
    else response.write(half.slice(0, half.length >> 1), this.#encoding, () => response.destroy());
  }

  #pump(): void {
    if (this.#stalled || this.#cut || this.#response.writableEnded || this.#response.destroyed) return;
    if (this.#headers !== undefined) {
      this.#response.writeHead(200, this.#headers);
      this.#response.flushHeaders();
      this.#headers = undefined;
    }
    const count = Math.min(this.#allowed, this.#queue.length);
    if (count > 0) this.#response.write(this.#queue.splice(0, count).join(''), this.#encoding);
    this.#allowed -= count;
    if (this.#ended && this.#queue.length === 0) this.#response.end();
  }
}
