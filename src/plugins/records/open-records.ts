// A zone of the Corefile's own records as a process has it: made once for all blocks and threads that say the same. Knows how a version is
// made and kept; knows no Corefile. Main's, but for the cell.
import type { RR } from '../../dns/rr.ts';
import { TYPE } from '../../dns/type-name.ts';
import { keeperOf, servedCell } from '../../authority/signing/keeping.ts';
import type { Keeper } from '../../authority/signing/keeping.ts';
import { signingName } from '../../authority/signing/settings.ts';
import type { SigningSettings } from '../../authority/signing/settings.ts';
import { soaRecord } from '../../authority/soa.ts';
import type { SoaForm } from '../../authority/soa.ts';
import { Making } from '../../authority/zone/making.ts';
import { Scratch } from '../../authority/zone/scratch.ts';
import type { ZoneCell } from '../../authority/zone/zone-cell.ts';
import { Told, tellGone, tellVersion } from '../../authority/zone/zone-metrics.ts';
import type { Metrics } from '../../kernel/seen/metrics.ts';
import type { Closable } from '../../kernel/shared.ts';
import type { End } from '../../kernel/signal.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import type { Store } from '../../store/store.ts';
import type { ZoneRecords } from './config.ts';

/** The SOA of a zone that has none: seconds, and who is asked. */
const SOA: SoaForm = {
  primary: '\x02ns\x03dns', mailbox: '\x0ahostmaster', longest: 60, folded: true, refresh: 7200, retry: 1800, expire: 86_400,
};

/** A zone, its records, and how it is signed before it is served. */
export interface RecordsLine extends ZoneRecords {
  readonly signing: SigningSettings | undefined;
}
/** Whoever says the same has the same zone. */
const nameOf = ({ zone, records }: ZoneRecords): string =>
  ['records', zone.key, ...records.map(({ name, type, ttl, rdata }) => `${name.key} ${type} ${ttl} ${rdata.join('.')}`)].join('\n');
/** Where what is served of it stands, in any thread. */
export const recordsCellOf = (store: Store, line: RecordsLine): ZoneCell => servedCell(store, nameOf(line), line.signing);

/** The zone. */
export class OpenRecords implements Closable {
  readonly #keeper: Keeper;
  readonly #store: Store;
  readonly #metrics: Metrics;
  readonly #told = new Told();

  private constructor({ store, metrics }: Run, keeper: Keeper) {
    this.#keeper = keeper;
    this.#store = store;
    this.#metrics = metrics;
  }
  /** Makes it. Rejects with a text for people where its records are no zone, or there are no keys. */
  static async open(run: Run, line: RecordsLine): Promise<OpenRecords> {
    const keeper: Keeper = await keeperOf(run, line.zone, nameOf(line), line.signing, () => zone.#tell());
    const zone: OpenRecords = new OpenRecords(run, keeper);
    try {
      await zone.#make(line, run.clock.wall() / 1000);
    } catch (error) {
      zone.close();
      throw error;
    }
    return zone;
  }
  /** Why what is served is not what it should be; undefined where it is. */
  get trouble(): string | undefined {
    return this.#keeper.trouble;
  }
  /** Calls whenever a version was published, until the signal aborts. */
  listen(call: () => void, signal: End): void {
    this.#keeper.listen(call, signal);
  }
  close(): void {
    this.#keeper.close();
    tellGone(this.#metrics, this.#told);
  }

  async #make({ zone, records }: RecordsLine, seconds: number): Promise<void> {
    const { memory, reading } = this.#store;
    const now = Math.floor(seconds);
    const scratch = new Scratch(memory.hash).begin(zone.folded.octets);
    const own = records.some(({ type }) => type === TYPE.SOA) ? [] : [soaRecord(zone, SOA.longest, now >>> 0, SOA)];
    for (const record of [...own, ...records]) add(scratch, record);
    const before = this.#keeper.cell.version;
    if (before !== 0) return;
    const built = reading.within(() => new Making(memory).make(scratch, { before, now, digest: 'ignore' }));
    await this.#keeper.publish(built);
    this.#tell();
  }
  #tell(): void {
    const { version, loaded } = this.#keeper.served;
    if (version !== 0) tellVersion(this.#metrics, this.#store.memory, version, this.#keeper.zone.text, loaded, this.#told);
  }
}
function add(scratch: Scratch, { name, type, ttl, rdata }: RR): void {
  scratch.add(scratch.owner(name.octets, name.octets.length), type, ttl, rdata, rdata.length);
}

/** The zone of a line, made where no other block has it, and kept until the signal aborts. */
export function openRecords(run: Run, line: RecordsLine): Promise<OpenRecords> {
  const signed = line.signing === undefined ? '' : ` signed ${signingName(line.signing)}`;
  return Promise.resolve(run.shared.use(`zone ${nameOf(line)}${signed}`, run.signal, () => OpenRecords.open(run, line)));
}
