// The list of plugins and the program of one's own, under the types that authors of plugins know. Knows both; knows no plugin.
import * as program from '../cli/program.ts';
import * as plugins from '../plugins/index.ts';
import type { Plugin } from './plugin.ts';

/** What such a program may choose. */
export interface Program {
  /** In the order in which queries meet them, as `insert` makes it. */
  readonly plugins: readonly Plugin[];
}
/** Every plugin that is there, in the order in which queries pass them. */
export const standard: readonly Plugin[] = plugins.standard;
/** Runs the command with the arguments of the process: once, by the module that the process was started with. */
export const main = program.main as unknown as (program: Program) => Promise<void>;
