// What a client that a transport is tested with has been sent. Knows replies; knows no socket.
import { reply } from './transport-service.ts';
import type { Got } from './transport-service.ts';

/** Collects replies and tells who waits for them. */
export class Replies {
  readonly got: Got[] = [];
  /** The same as octets. */
  readonly messages: Uint8Array[] = [];
  readonly #waiting = new Set<() => void>();

  add(bytes: Uint8Array): void {
    this.got.push(reply(bytes));
    this.messages.push(bytes);
    this.wake();
  }
  wake(): void {
    for (const look of this.#waiting) look();
  }
  /** Resolves when the condition holds; rejects when it does not within a minute. */
  async until(condition: () => boolean, what: string | (() => string)): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        const wanted = typeof what === 'string' ? what : what();
        reject(new Error(`waited in vain for ${wanted}; got ${JSON.stringify(this.got.slice(0, 20))}`));
      }, 60_000);
      const look = (): void => {
        if (!condition()) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
    });
  }
}
