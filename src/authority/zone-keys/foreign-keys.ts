// Keys of others who sign the same zone (RFC 8901, model 2): their DNSKEY, CDS and CDNSKEY records, which a file has. Knows a file; knows
// nothing of who made it.
import { promises } from 'node:fs';
import type { Name } from '../../dns/name.ts';
import { TYPE, typeName } from '../../dns/type-name.ts';
import { PLANNED } from '../../dnssec/key-plan.ts';
import type { PlanRecord } from '../../dnssec/key-plan.ts';
import { MasterFiles } from '../../zonefile/master-file.ts';
import { RecordList } from '../../zonefile/record-list.ts';

const { stat } = promises;
/** The most records of others. */
const MOST = 100;

/** What such a file has, read again when it changed. */
export class ForeignKeys {
  readonly #zone: Name;
  #state = '';
  #records: readonly PlanRecord[] = [];

  constructor(zone: Name) {
    this.#zone = zone;
  }
  get records(): readonly PlanRecord[] {
    return this.#records;
  }
  /** Looks at the file, where there is one. Rejects with a text where it cannot be read, and then the last records stay. */
  async look(path: string | undefined): Promise<void> {
    if (path === undefined) {
      this.#state = '';
      this.#records = [];
      return;
    }
    const { mtimeMs, size, ino } = await stat(path);
    const state = `${path} ${mtimeMs} ${size} ${ino}`;
    if (state === this.#state) return;
    const list = new RecordList();
    new MasterFiles().read(path, this.#zone, list);
    if (list.records.length > MOST) throw new Error(`${path}: more than ${MOST} records`);
    for (const { name, type, rdata } of list.records) {
      if (!name.equals(this.#zone)) throw new Error(`${path}: ${name.text} is not ${this.#zone.text}`);
      if (!PLANNED.has(type)) throw new Error(`${path}: ${typeName(type)} where DNSKEY, CDS or CDNSKEY was expected`);
      // Algorithm 0 asks the parent to have no DS: that is not for one of several to say.
      if ((type === TYPE.CDS ? rdata[2]
        : rdata[3]) === 0) throw new Error(`${path}: one of several signers cannot ask for an unsigned zone`);
    }
    this.#state = state;
    this.#records = list.records.map(({ name, type, rdata }): PlanRecord => ({ name, type, data: rdata }));
  }
}
