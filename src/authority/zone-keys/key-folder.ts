// A folder of keys as one process has it, for all zones in it: the lock, the orders that people put down, and which zones tell of which.
// Knows zones by the beginning of their files' names; knows no keys. Main's.
import type { Clock } from '../../kernel/clock.ts';
import { openFolder } from './key-files.ts';
import type { Warn } from './key-files.ts';
import { FolderLock } from './folder-lock.ts';
import { dropOrder, lyingOrders, watchOrders } from './orders.ts';
import type { KeyOrder, Watch } from './orders.ts';

/** Milliseconds between two looks at the folder: at the lock, at what another process did, and at orders that nobody told of. */
const LOOK = 300_000;

/** A zone of the folder. */
export interface FolderZone {
  readonly stem: string;
  /** Resolves when it was done, or where it cannot be. */
  take(order: KeyOrder): Promise<void>;
  /** Looks whether there is something to do: because of others, or because the lock is ours now. */
  look(): Promise<void>;
}

const open = new WeakMap<Clock, Map<string, KeyFolder>>();

/** One folder. */
export class KeyFolder {
  readonly path: string;
  readonly #clock: Clock;
  readonly #lock: FolderLock;
  readonly #zones = new Map<string, FolderZone>();
  /** Zones on their way: whoever opens one waits for it. */
  readonly #opening = new Map<string, Promise<FolderZone>>();
  #isHeld = false;
  #cancel = (): void => {};
  #watch: Watch | undefined;

  private constructor(path: string, clock: Clock) {
    this.path = path;
    this.#clock = clock;
    this.#lock = new FolderLock(path, clock, Math.random().toString(36).slice(2));
  }
  /** The folder, made where it is not there. Rejects where it cannot be. */
  static async of(path: string, clock: Clock, warn: Warn): Promise<KeyFolder> {
    await openFolder(path, warn);
    let all = open.get(clock);
    if (all === undefined) open.set(clock, all = new Map());
    let folder = all.get(path);
    if (folder === undefined) all.set(path, folder = new KeyFolder(path, clock));
    return folder;
  }
  /** The zones of a folder that a process has open. */
  static openZones(path: string, clock: Clock): Iterable<FolderZone> {
    const folder = open.get(clock)?.get(path);
    return folder === undefined ? [] : folder.#zones.values();
  }
  /** The zone whose files begin so: the one that is open, or else a new one. */
  async share(stem: string, make: () => Promise<FolderZone>): Promise<FolderZone> {
    const there = this.#zones.get(stem) ?? this.#opening.get(stem);
    if (there !== undefined) return there;
    const opening = this.#make(stem, make).finally(() => this.#opening.delete(stem));
    this.#opening.set(stem, opening);
    return opening;
  }
  async #make(stem: string, make: () => Promise<FolderZone>): Promise<FolderZone> {
    if (!this.#isHeld) this.#isHeld = await this.#lock.hold();
    const zone = await make();
    if (this.#zones.size === 0) {
      this.#wait();
      this.#watch = watchOrders(this.path, () => void this.#orders().catch(() => {}));
    }
    this.#zones.set(stem, zone);
    void this.#orders().catch(() => {});
    return zone;
  }
  /** A zone is no longer kept. */
  async leave(zone: FolderZone): Promise<void> {
    this.#zones.delete(zone.stem);
    if (this.#zones.size + this.#opening.size > 0) return;
    this.#cancel();
    this.#watch?.close();
    this.#isHeld = false;
    await this.#lock.release();
  }

  /** Whether it is for this process to change anything. */
  get isHeld(): boolean {
    return this.#isHeld;
  }
  #wait(): void {
    this.#cancel = this.#clock.after(LOOK, () => {
      void this.#look().catch(() => {}).then(() => {
        if (this.#zones.size > 0) this.#wait();
      });
    });
  }
  async #look(): Promise<void> {
    const before = this.#isHeld;
    this.#isHeld = await this.#lock.hold();
    if (!this.#isHeld || !before) for (const zone of this.#zones.values()) await zone.look();
    await this.#orders();
  }
  async #orders(): Promise<void> {
    if (!this.#isHeld) return;
    for (const { path, stem, order } of await lyingOrders(this.path)) {
      const zone = this.#zones.get(stem);
      if (zone === undefined) continue;
      if (order !== undefined) await zone.take(order);
      await dropOrder(path);
    }
  }
}
