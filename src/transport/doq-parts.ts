// Messages that are not whole yet, of the streams of one connection: bounded, counted, given up in time. Knows streams by number.
import type { Connections, Tenant } from './connections.ts';
import { UNFINISHED } from './ledger.ts';

/** A message that is not whole yet. */
interface Part {
  readonly chunks: Uint8Array[];
  length: number;
  readonly until: number;
}

/** Those of one connection. */
export class DoqParts {
  readonly #of: Tenant;
  readonly #connections: Connections;
  readonly #parts = new Map<number, Part>();
  #held = 0;

  constructor(of: Tenant, connections: Connections) {
    this.#of = of;
    this.#connections = connections;
  }

  has(stream: number): boolean {
    return this.#parts.has(stream);
  }
  /** Keeps more of a stream, whose end is waited for until then, if nothing of it was there; the octets that it has now. */
  add(stream: number, bytes: Uint8Array, until: number): number {
    let part = this.#parts.get(stream);
    if (part === undefined) this.#parts.set(stream, (part = { chunks: [], length: 0, until }));
    part.chunks.push(bytes);
    part.length += bytes.length;
    this.#hold(bytes.length);
    return part.length;
  }
  /** All of a stream, which is forgotten. */
  take(stream: number): Uint8Array {
    const part = this.#parts.get(stream);
    if (part === undefined) return new Uint8Array(0);
    this.#parts.delete(stream);
    this.#hold(-part.length);
    return Buffer.concat(part.chunks, part.length);
  }
  /** Forgets what has been waited for long enough, and says of which streams. */
  expire(now: number): number[] {
    if (this.#parts.size === 0) return [];
    const late = [...this.#parts].flatMap(([stream, { until }]) => (now < until ? [] : [stream]));
    for (const stream of late) this.take(stream);
    return late;
  }
  clear(): void {
    this.#parts.clear();
    this.#hold(-this.#held);
  }
  #hold(more: number): void {
    const before = this.#held;
    if (more === 0) return;
    this.#held += more;
    this.#connections.hold(this.#of, UNFINISHED, this.#held, before);
  }
}
