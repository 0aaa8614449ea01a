// What a process has of one place of keys, over reloads: the store, its names, who has which address, and the checks of instances. Knows
// what hears of changes in which order.
import { randomBytes } from 'node:crypto';
import type { CIDR } from '../../dns/address.ts';
import type { Closable } from '../../kernel/shared.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import type { KeyValue } from '../../key-value/key-value.ts';
import type { SkydnsNames } from '../../skydns/skydns-names.ts';
import { AddressNames } from './address-names.ts';
import type { Kind } from './checks/check-spec.ts';
import { Checker } from './checks/checker.ts';
import { Members } from './checks/members.ts';
import { probe } from './checks/probes.ts';
import type { State } from './instances.ts';

/** What of checks is counted. */
export interface CheckCounts {
  readonly looked: (kind: Kind, hasPassed: boolean) => void;
  readonly turned: (state: State) => void;
  /** So many more are looked at here. */
  readonly watching: (more: number) => void;
}
interface Options {
  readonly run: Pick<Run, 'clock' | 'log'>;
  readonly path: string;
  /** Whether other servers have the same store. */
  readonly isShared: boolean;
  /** undefined: it is a copy, whose instances others look at. */
  readonly counts: CheckCounts | undefined;
}

/** One place of keys. */
export class Opened implements Closable {
  readonly keys: KeyValue;
  readonly names: SkydnsNames;
  readonly addresses: AddressNames;
  readonly #checker: Checker | undefined;
  readonly #end = new AbortController();
  #allowed: readonly CIDR[] = [];

  constructor(keys: KeyValue, names: SkydnsNames, { run: { clock, log }, path, isShared, counts }: Options) {
    this.keys = keys;
    this.names = names;
    this.addresses = new AddressNames(path);
    const said = log.prefix('registry');
    const id = randomBytes(8).toString('hex');
    let count = 0;
    this.#checker = counts === undefined ? undefined : new Checker({
      keys, clock, probe: (target, check) => probe(target, check, clock), random: Math.random, allowed: () => this.#allowed,
      // Beside the names, so that no question is answered with it.
      members: (changed) => (isShared ? new Members(keys, clock, `/coredns-ts/${path}/servers/`, id, changed) : ALONE),
      looked: counts.looked, refused: (key, why) => said.warning(`${key} is not checked: ${why}`),
      turned: (key, state, why) => {
        counts.turned(state);
        said.info(`${key} is ${state}: ${why}`);
      },
      watching: (now) => {
        counts.watching(now - count);
        count = now;
      },
    });
    names.listen((changed) => {
      if (names.index === undefined) return;
      this.addresses.changed(names.index, changed);
      this.#checker?.changed(names.index, changed);
    }, this.#end.signal);
    names.follow();
  }
  /** Checks may reach these networks too, from now on. */
  allow(networks: readonly CIDR[]): void {
    this.#allowed = networks;
    if (this.names.index !== undefined) this.#checker?.changed(this.names.index, undefined);
  }
  async close(): Promise<void> {
    this.#end.abort();
    await this.#checker?.close();
    this.names.close();
    await this.keys.close();
  }
}
/** The only server of a store. */
const ALONE = { isMine: () => true, close: () => Promise.resolve() };
