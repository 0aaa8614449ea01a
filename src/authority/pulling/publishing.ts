// Makes versions of a transferred zone, whole or of what differs, serves them and tells their numbers. Knows builders and the thread aside;
// knows nothing of primaries, snapshots and timers.
import type { Keeper } from '../signing/keeping.ts';
import type { Built } from '../zone/build.ts';
import { Changer } from '../zone/change.ts';
import type { Difference } from '../zone/difference.ts';
import { remember } from '../zone/history.ts';
import { Making } from '../zone/making.ts';
import type { MakeOrder, SentOrder } from '../zone/making.ts';
import type { Scratch } from '../zone/scratch.ts';
import { ownsAtApex } from '../zone/version.ts';
import { Told, tellGone, tellVersion } from '../zone/zone-metrics.ts';
import type { Name } from '../../dns/name.ts';
import { TYPE } from '../../dns/type-name.ts';
import type { End } from '../../kernel/signal.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import type { Store } from '../../store/store.ts';
import type { TransferSettings } from './settings.ts';

/** Records from which on a version is made by a thread that serves nobody: before, some milliseconds. */
const MANY = 4096;

/** The builders, which all zones of a process share. */
class Builders {
  readonly making: Making;
  readonly changer: Changer;
  constructor({ memory }: Store) {
    this.making = new Making(memory);
    this.changer = new Changer(memory);
  }
}
const everyBuilders = new WeakMap<Store, Builders>();
function buildersOf(store: Store): Builders {
  let builders = everyBuilders.get(store);
  if (builders === undefined) everyBuilders.set(store, builders = new Builders(store));
  return builders;
}

/** The zone whose versions are made. */
interface Published {
  readonly name: Name;
  readonly line: TransferSettings;
  readonly keeper: Keeper;
  /** Signed here: the keeper says when a version is served. */
  readonly isSigned: boolean;
  /** Aborted when nobody wants the zone any more. */
  readonly signal: End;
}

/** Makes and serves the versions of one zone. */
export class Publishing {
  readonly #run: Pick<Run, 'store' | 'clock' | 'metrics' | 'aside'>;
  readonly #zone: Published;
  readonly #builders: Builders;
  /** What was told in numbers. */
  readonly #numbers = new Told();

  constructor({ store, clock, metrics, aside }: Run, zone: Published) {
    this.#run = { store, clock, metrics, aside };
    this.#zone = zone;
    this.#builders = buildersOf(store);
  }

  /** Makes a version of what differs and serves it; false where it has a digest, which is of all records. */
  async change(wire: Uint8Array, difference: Difference): Promise<boolean> {
    const { store, clock } = this.#run;
    const { cell } = this.#zone.keeper;
    const { changer } = this.#builders;
    const built = store.reading.within(() => {
      const made = changer.change(wire, cell.version, difference);
      if (ownsAtApex(store.memory, made.version, TYPE.ZONEMD)) return void changer.discard(made);
      remember(store.memory, wire, cell.version, made.version, Math.floor(clock.wall() / 1000), made.pairs);
      return made;
    });
    if (built === undefined) return false;
    await this.#serve(built);
    return true;
  }
  /** Makes a version of the records and serves it; a large one is made by a thread that serves nobody. Rejects where it came too late. */
  async publish(scratch: Scratch): Promise<void> {
    const { store, clock } = this.#run;
    const { keeper: { cell }, line, signal } = this.#zone;
    const { making } = this.#builders;
    const { version: before, loads } = cell;
    const order = { before, now: Math.floor(clock.wall() / 1000), digest: line.digest };
    const built = scratch.records < MANY ? store.reading.within(() => making.make(scratch, order)) : await this.#make(scratch, order);
    if (signal.aborted || cell.version !== before || cell.loads !== loads) {
      making.discard(built);
      throw new Error(signal.aborted ? 'the zone is not wanted any more' : 'another version came meanwhile');
    }
    await this.#serve(built);
  }
  /** Tells the numbers of the version that is served. */
  tell(): void {
    const { store, metrics } = this.#run;
    const { name, line, keeper } = this.#zone;
    const { version, loaded } = keeper.served;
    tellVersion(metrics, store.memory, version, name.text, loaded, this.#numbers, line.allMetrics);
  }
  /** Tells that the zone is gone. */
  gone(): void {
    tellGone(this.#run.metrics, this.#numbers);
  }

  async #serve(built: Built): Promise<void> {
    await this.#zone.keeper.publish(built);
    if (!this.#zone.isSigned) this.tell();
  }
  async #make(scratch: Scratch, order: MakeOrder): Promise<Built> {
    const { store, aside } = this.#run;
    if (aside === undefined) return store.reading.within(() => this.#builders.making.make(scratch, order));
    const records = scratch.release();
    // The version before stays until it is done.
    const pin = store.pin();
    try {
      const moves = [records.words.buffer, records.slots.buffer, records.order.buffer];
      return await aside.ask('version', { ...order, records } satisfies SentOrder, moves) as Built;
    } finally {
      pin.release();
    }
  }
}
