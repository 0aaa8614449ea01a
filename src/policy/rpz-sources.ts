// The file of a response policy zone on the main thread: looked at now and then, read when it is another, published when its rules stand in
// a table. Knows files and who says what of them.
import { statSync } from 'node:fs';
import { counter, gauge } from '../kernel/seen/metrics.ts';
import type { Run } from '../kernel/site/plugin.ts';
import { fileError } from '../wording/errno.ts';
import type { PublishedTable } from './published-table.ts';
import { RpzBuilder } from './rpz-build.ts';
import type { RpzBuilt } from './rpz-build.ts';
import type { RpzZone } from './rpz-zone.ts';

/** Octets from which on a file is read by a thread aside. */
const LARGE = 256 * 1024;
/** Milliseconds between two looks. */
const LOOK = 10_000, FED_LOOK = 1000;

/** What is told of zones. */
export const RPZ_FAMILIES = {
  rules: gauge('coredns_rpz_rules', 'The rules that a response policy zone has.', ['zone']),
  wrong: gauge('coredns_rpz_wrong_rules', 'The records of a response policy zone that are no rules.', ['zone']),
  hits: counter('coredns_rpz_hits_total', 'Counter of rules of response policy zones that fitted.',
    ['server', 'zone', 'trigger', 'action', 'view']),
};

/** Reads the zones of a line and publishes them, again when their files are others. */
export class RpzSources {
  readonly #run: Run;
  readonly #log;
  readonly #zones: readonly { readonly zone: RpzZone; readonly published: PublishedTable; state: string }[];

  constructor(run: Run, plugin: string, zones: readonly { readonly zone: RpzZone; readonly published: PublishedTable }[]) {
    this.#run = run;
    this.#log = run.log.prefix(plugin);
    this.#zones = zones.map((each) => ({ ...each, state: '' }));
  }
  /** The first time: what cannot be read is an error. */
  async begin(): Promise<void> {
    for (const each of this.#zones) {
      each.state = stateOf(each.zone.path);
      const why = await this.#load(each);
      if (why === undefined) continue;
      if (each.zone.isFed !== true) throw new Error(`rpz ${each.zone.zone.text}: ${why}`);
      this.#log.warning(`rpz ${each.zone.zone.text}: none of its rules is known yet: ${why}`);
    }
  }
  /** Milliseconds between two looks. */
  get interval(): number {
    return this.#zones.some(({ zone }) => zone.isFed === true) ? FED_LOOK : LOOK;
  }
  /** Later: takes over what is another. */
  async look(): Promise<void> {
    for (const each of this.#zones) {
      const state = stateOf(each.zone.path);
      if (state === each.state) continue;
      each.state = state;
      const why = await this.#load(each);
      if (why !== undefined) this.#log.warning(`rpz ${each.zone.zone.text} is not taken over, and its rules before stay: ${why}`);
    }
  }
  async #load({ zone, published }: { readonly zone: RpzZone; readonly published: PublishedTable }): Promise<string | undefined> {
    const built = await this.#make(zone);
    if (built.kind === 'failed') return built.why;
    const { metrics, store, signal } = this.#run;
    if (signal.aborted) {
      store.memory.give(built.table);
      return undefined;
    }
    published.publish(built.table, built.text);
    metrics.values[metrics.family(RPZ_FAMILIES.rules).cell([zone.name])] = built.rules;
    metrics.values[metrics.family(RPZ_FAMILIES.wrong).cell([zone.name])] = built.wrong;
    const faults = built.wrong === 0 ? '' : `; ${built.wrong} records are no rules, the first one: ${built.complaint}`;
    this.#log.info(`rpz ${zone.zone.text}: ${built.rules} rules${faults}`);
    return undefined;
  }
  async #make({ path, zone }: RpzZone): Promise<RpzBuilt> {
    const { aside, store } = this.#run;
    const order = { path, zone: zone.key };
    if (aside === undefined || sizeOf(path) < LARGE) return new RpzBuilder(store.memory).build(order);
    const built = await aside.ask('policies', order) as RpzBuilt;
    store.memory.refresh();
    return built;
  }
}
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
function stateOf(path: string): string {
  try {
    const { dev, ino, size, mtimeMs } = statSync(path);
    return `${dev} ${ino} ${size} ${mtimeMs}`;
  } catch (error) {
    return fileError(error, path);
  }
}
