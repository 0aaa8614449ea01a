// What an importer is. Knows no server.
import type { Outcome } from './outcome.ts';
import type { Source } from './source.ts';

/** What a configuration takes from the machine that it is on. */
export interface Machine {
  readonly hostname: string;
  /** The networks that it is in, in CIDR notation. */
  readonly networks: readonly string[];
}
/** Makes an outcome of a file. Throws ImportError. */
export type Importer = (file: string, source: Source, outcome: Outcome, machine: Machine) => void | Promise<void>;
