// What a block gives away of the zones of its registry: transfers by the versions that main makes, or by what main finds in the store's
// past. Knows slots and cells; how versions come about is given-zones.ts's.
import { HeldZones } from '../../../authority/held-zones.ts';
import { Transfers, serialOf } from '../../../authority/transfer.ts';
import type { Difference, Transfer } from '../../../authority/transfer.ts';
import type { ZoneCell } from '../../../authority/zone/zone-cell.ts';
import { transferOf } from '../../../authority/zone/zone-transfer.ts';
import { Name } from '../../../dns/name.ts';
import { record } from '../../../dns/rr.ts';
import type { RR } from '../../../dns/rr.ts';
import { CLASS } from '../../../dns/type-name.ts';
import type { Run } from '../../../kernel/site/plugin.ts';
import type { Site } from '../../../kernel/site/site.ts';
import type { Store } from '../../../store/store.ts';
import { skydnsSoa } from '../../../skydns/zone-soa.ts';
import { GivenZones, givenCell } from './given-zones.ts';
import type { GivenZonesParts, SentDifference, SentRecord } from './given-zones.ts';

/** What is asked of main. */
interface Since {
  readonly zone: string;
  readonly since: number;
}

/** One block's. */
export class Giving {
  readonly #zones: readonly Name[];
  #changed: ((zone: Name) => void) | undefined = undefined;
  #given: GivenZones | undefined = undefined;
  #store!: Store;
  #cells: ReadonlyMap<string, ZoneCell> = new Map();
  #ask!: (order: Since) => Promise<SentDifference | undefined>;

  constructor(zones: readonly Name[], site: Site) {
    this.#zones = zones.map((zone) => zone.folded);
    site.put(HeldZones, { by: 'registry', zones: () => this.#zones, watch: () => {} });
    site.put(Transfers, {
      name: 'registry', transfer: (zone, serial) => this.#transfer(zone, serial),
      watch: (changed) => {
        this.#changed = changed;
      },
    });
  }
  /** Makes versions, where the block has somebody who gives them away. */
  async control(run: Run, desk: string, parts: Omit<GivenZonesParts, 'run' | 'name'>): Promise<void> {
    const changed = this.#changed;
    if (changed === undefined) return;
    this.#given = await run.shared.use(`${desk} given`, run.signal, () => new GivenZones({ ...parts, run, name: desk }));
    this.#given.listen(changed, run.signal);
  }
  /** `ask` is answered by `since`, on main. */
  start(run: Run, desk: string, ask: (order: Since) => Promise<SentDifference | undefined>): void {
    this.#store = run.store;
    this.#cells = new Map(this.#zones.map((zone) => [zone.key, givenCell(run.store, desk, zone)]));
    this.#ask = ask;
  }
  since({ zone, since }: Since): Promise<SentDifference | undefined> {
    return this.#given?.since(zone, since) ?? Promise.resolve(undefined);
  }
  /** The SOA of what is given away; undefined where that is nothing. Within a reading. */
  soa(zone: Name): RR | undefined {
    const cell = this.#cells.get(zone.key);
    return cell === undefined || cell.version === 0 ? undefined : transferOf(this.#store, zone.folded, cell).soa;
  }

  #transfer(name: Name, serial: number | undefined): Transfer | Promise<Transfer> | undefined {
    const zone = this.#zones.find((each) => each.equals(name));
    if (zone === undefined) return undefined;
    const store = this.#store;
    const now = (): Transfer => transferOf(store, zone, this.#cells.get(zone.key)!);
    const given = now();
    if (serial === undefined || serialOf(given.soa) === serial || given.differences?.(serial) !== undefined) return given;
    return this.#ask({ zone: zone.text, since: serial }).then((sent) => store.reading.within(() => {
      const transfer = now();
      return sent === undefined ? transfer : { ...transfer, differences: (from: number) => since(zone, transfer, from, serial, sent) };
    }));
  }
}
/** The steps from a serial, of which the first is what main has found. */
function since(zone: Name, transfer: Transfer, from: number, known: number, sent: SentDifference): readonly Difference[] | undefined {
  if (from !== known) return transfer.differences?.(from);
  const more = serialOf(transfer.soa) === sent.to ? [] : transfer.differences?.(sent.to);
  if (more === undefined) return undefined;
  return [{
    from: skydnsSoa(zone, known), removed: sent.removed.map(recordOf), to: skydnsSoa(zone, sent.to), added: sent.added.map(recordOf),
  }, ...more];
}
const recordOf = ({ owner, type, ttl, rdata }: SentRecord): RR => record(Name.wire(owner), type, CLASS.IN, ttl, rdata);
