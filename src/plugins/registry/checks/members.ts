// Who of several servers before one store does what, so that each thing is done by one of them: each has a key with a lease, and of the
// keys that are there whoever weighs most for a thing does it (rendezvous). Knows the store and names of servers; knows nothing
// of what is done.
import type { Clock } from '../../../kernel/clock.ts';
import { prefixEnd } from '../../../key-value/etcd-wire.ts';
import type { KeyValue } from '../../../key-value/key-value.ts';

/** Seconds of a server's lease, milliseconds between its heartbeats, and before what failed is tried again. */
const LEASE = 6, BEAT = 2000, AGAIN = 500;

/** The servers before one store. */
export class Members {
  readonly #keys: KeyValue;
  readonly #clock: Clock;
  readonly #prefix: string;
  readonly #id: string;
  readonly #changed: () => void;
  #others: ReadonlySet<string> = new Set();
  #lease = 0n;
  #closed = false;
  #cancel = (): void => {};
  #stop = (): void => {};

  /** `id` is this server's, `prefix` what keys of servers begin with; `changed` hears that others are here. */
  constructor(keys: KeyValue, clock: Clock, prefix: string, id: string, changed: () => void) {
    this.#keys = keys;
    this.#clock = clock;
    this.#prefix = prefix;
    this.#id = id;
    this.#changed = changed;
    void this.#beat();
    void this.#watch();
  }
  /** Whether this server does a thing: which is always so where nobody else is known to be here. */
  isMine(thing: string): boolean {
    const mine = weightOf(this.#id, thing);
    for (const other of this.#others) {
      const weight = weightOf(other, thing);
      if (weight > mine || (weight === mine && other > this.#id)) return false;
    }
    return true;
  }
  /** Others take over at once. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    this.#stop();
    if (this.#lease !== 0n) await this.#keys.revoke(this.#lease).catch(() => {});
  }

  /** Shows that this server is here, and shows it anew where its lease is gone. */
  async #beat(): Promise<void> {
    let wait = BEAT;
    try {
      const isThere = this.#lease !== 0n && (await this.#keys.renew([this.#lease])).has(this.#lease);
      if (!isThere && !this.#closed) {
        this.#lease = 0n;
        const lease = await this.#keys.grant(LEASE);
        const { done } = await this.#keys.transaction({
          if: [], operations: [{ put: this.#prefix + this.#id, value: Buffer.from('{}'), lease }],
        });
        if (done) this.#lease = lease;
        if (this.#closed) await this.#keys.revoke(lease);
      }
    } catch {
      wait = AGAIN;
    }
    if (!this.#closed) this.#cancel = this.#clock.after(wait, () => void this.#beat());
  }
  async #watch(): Promise<void> {
    const end = prefixEnd(this.#prefix);
    try {
      const { revision, found } = await this.#keys.list(this.#prefix, end);
      if (this.#closed) return;
      const others = new Set(found.map(({ key }) => this.#idOf(key)).filter((id) => id !== this.#id));
      this.#others = others;
      this.#changed();
      this.#stop = this.#keys.watch(this.#prefix, end, revision + 1n, {
        changed: (_, events) => {
          for (const { key, pair } of events) {
            if (pair === undefined) others.delete(this.#idOf(key));
            else if (this.#idOf(key) !== this.#id) others.add(this.#idOf(key));
          }
          this.#changed();
        },
        over: () => this.#watchAgain(),
      });
    } catch {
      this.#watchAgain();
    }
  }
  #watchAgain(): void {
    if (!this.#closed) this.#stop = this.#clock.after(AGAIN, () => void this.#watch());
  }
  #idOf(key: string): string {
    return key.slice(this.#prefix.length);
  }
}

/** How much a server weighs for a thing: a hash of both (FNV-1a, and the end of MurmurHash3), the same in every process. */
export function weightOf(server: string, thing: string): number {
  let hash = 0x811c9dc5;
  for (const text of [server, '\0', thing]) for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
