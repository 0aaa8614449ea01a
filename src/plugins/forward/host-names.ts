// The host names among the upstreams of a line, on the main thread: looked up at first, and again when what was found may have changed;
// what was known stays while nothing can be found out. Knows times; how a name is looked up is handed to it.
import type { Clock } from '../../kernel/clock.ts';
import type { End } from '../../kernel/signal.ts';
import { unresolved } from './targets.ts';
import type { HostEntry, LookUp } from './targets.ts';

/** Milliseconds: of who says no TTL, bounds of what others say, and the waits after look-ups that failed. */
const UNSAID = 30_000, LEAST = 1000, MOST = 86_400_000, RETRY = 1000, LONGEST_RETRY = 30_000;

/** What is known of names, by their text, beyond one load of the configuration. */
export class KnownNames {
  readonly addresses = new Map<string, readonly string[]>();
  /** For `Shared`: nothing runs. */
  close(): void {}
}
/** What the watch needs. */
export interface HostNamesParts {
  readonly entries: readonly HostEntry[];
  readonly lookUp: LookUp;
  readonly known: KnownNames;
  readonly clock: Clock;
  readonly signal: End;
  /** Something else is known than before, or, with an error, nothing of a name yet. */
  readonly changed: (error: Error | undefined) => void;
  /** A name cannot be looked up; told once until it can be again. */
  readonly failed: (error: Error) => void;
}
interface Watched {
  readonly host: string;
  /** When it is looked up again, of the clock that only grows. */
  due: number;
  failures: number;
}

/** The names of one line. */
export class HostNames {
  readonly #parts: HostNamesParts;
  readonly #watched: readonly Watched[];

  constructor(parts: HostNamesParts) {
    this.#parts = parts;
    const hosts = new Set(parts.entries.map(({ host }) => host));
    this.#watched = [...hosts].map((host) => ({ host, due: -Infinity, failures: 0 }));
  }

  /** What is known of a name; none where nothing is. */
  of(host: string): readonly string[] {
    return this.#parts.known.addresses.get(host) ?? [];
  }
  /** Names of which nothing is known. */
  get unknown(): readonly string[] {
    return this.#watched.filter(({ host }) => this.of(host).length === 0).map(({ host }) => host);
  }
  /** Looks every name up. Rejects with CoreDNS's text where one cannot be. */
  async find(): Promise<void> {
    for (const each of this.#watched) await this.#find(each);
  }
  async #find(each: Watched): Promise<boolean> {
    const { lookUp, known, clock } = this.#parts;
    let found: Awaited<ReturnType<LookUp>>;
    try {
      found = await lookUp(each.host);
    } catch (error) {
      throw unresolved(each.host, error);
    }
    const { addresses, ttl = UNSAID } = found;
    each.failures = 0;
    each.due = clock.monotonic() + Math.min(Math.max(ttl, LEAST), MOST);
    const before = known.addresses.get(each.host) ?? [];
    known.addresses.set(each.host, addresses);
    return before.length !== addresses.length || before.some((address, i) => address !== addresses[i]);
  }

  /** From now on names are looked up when their time comes, until the load ends. */
  watch(): void {
    const { clock, signal } = this.#parts;
    let cancel = (): void => {};
    const next = (): void => {
      if (signal.aborted) return;
      const due = Math.min(...this.#watched.map((each) => each.due));
      cancel = clock.after(Math.max(0, due - clock.monotonic()), () => void this.#look().then(next));
    };
    signal.addEventListener('abort', () => cancel(), { once: true });
    next();
  }
  async #look(): Promise<void> {
    const now = this.#parts.clock.monotonic();
    await Promise.all(this.#watched.filter(({ due }) => due <= now).map((each) => this.#again(each)));
  }
  async #again(each: Watched): Promise<void> {
    const { changed, failed, clock, signal } = this.#parts;
    try {
      const news = await this.#find(each);
      if (news && !signal.aborted) changed(undefined);
    } catch (error) {
      each.due = clock.monotonic() + Math.min(RETRY * 2 ** each.failures, LONGEST_RETRY);
      if (signal.aborted) return;
      if (each.failures++ === 0) failed(error as Error);
      if (this.of(each.host).length === 0) changed(error as Error);
    }
  }
}
