// What parts show of themselves to whoever looks at a server, and what they can be told to do: clusters, rules. Knows no plugin by name;
// all of it is called on the main thread.
import type { Position } from '../../corefile/error.ts';
import type { Declaration } from '../seen/metrics.ts';
import { Slot } from '../slot.ts';

/** A cluster that a part follows. */
export interface ShownCluster {
  /** Its zones, and where it is where the Corefile says so. */
  readonly name: string;
  readonly zones: readonly string[];
  /** Whether all that is followed of it was read once. */
  readonly isWhole: boolean;
  /** Since when its API is not heard, in seconds since 1970; undefined while it is. */
  readonly staleSince: number | undefined;
  /** How often anything of it changed. */
  readonly revision: number;
  /** How many objects of each kind there are. */
  readonly objects: Readonly<Record<string, number>>;
  readonly watches: readonly ShownWatch[];
}
/** One collection of it. */
export interface ShownWatch {
  readonly resource: string;
  readonly isWhole: boolean;
  /** Milliseconds since anything was heard of it. */
  readonly silentFor: number;
  /** What went wrong last; undefined while all is well. */
  readonly error: string | undefined;
}
/** Put there by what follows clusters, under the name of its word. `relist` has all of it read again, and says of which collections. */
export const ShownClusters = new Slot<{
  readonly by: string;
  cluster(): ShownCluster | undefined;
  relist(): readonly string[];
}>('clusters that are shown');

/** A rule that questions or answers are judged by. */
export interface ShownRule {
  /** As it is written, or what it is about. */
  readonly what: string;
  /** Where, where it has a line of its own. */
  readonly at?: Position | undefined;
  /** How many rules it is made of: those of a list. */
  readonly size?: number;
  /** How often it had a say; undefined where that is not counted. */
  readonly hits?: number;
}
/**
 * What all threads counted in a family for the servers and the view of a block since the process began, in the series that have these
 * values too.
 */
export type Counted = (family: Declaration, values?: Readonly<Record<string, string>>) => number;
/** Put there by what judges, under the name of its word: its rules in their order. */
export const ShownRules = new Slot<{ readonly by: string; rules(counted: Counted): readonly ShownRule[] }>('rules that are shown');
