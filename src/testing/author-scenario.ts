// Scenarios for authors of plugins: `runScenario` under the types that they know. Knows nothing of how one is run.
import type { Plugin } from '../author/plugin.ts';
import * as scenario from './scenario.ts';

/** How a scenario is run. */
export interface ScenarioOptions {
  /** The plugins that Corefiles may name, in the order of the chain; the standard ones where it is not given. */
  readonly plugins?: readonly Plugin[];
  /** The command of a server that reads a Corefile, to be run instead of one in this process. */
  readonly server?: string;
}
/** Plays every scene of a scenario, each with a server of its own. Throws ScenarioError for the first thing that did not come true. */
export const runScenario = scenario.runScenario as unknown as (text: string, options?: ScenarioOptions) => Promise<void>;
