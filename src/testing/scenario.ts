// Runs `.scenario` files (README.md says how they are written), in this process or, as a command, against a server binary:
// `node src/testing/scenario.ts [--server COMMAND] FILE...`. Knows files and scenes; what a step does is in steps.ts.
import { readFileSync } from 'node:fs';
import type { Plugin } from '../kernel/site/plugin.ts';
import { standard } from '../plugins/index.ts';
import { InProcess } from './in-process.ts';
import type { Watch } from './in-process.ts';
import { ScenarioError, parseScenario } from './scenario-file.ts';
import type { Scene } from './scenario-file.ts';
import { ServerProcess } from './server-process.ts';
import { Performance } from './steps.ts';
import { Impossible, Surroundings } from './subject.ts';

/** How a scenario is run. */
export interface ScenarioOptions {
  /** The plugins that Corefiles may name, in the order of the chain; the standard ones where it is not given. */
  readonly plugins?: readonly Plugin[];
  /** The command of a server that reads a Corefile, to be run instead of one in this process. */
  readonly server?: string;
  /** Is shown each question that is asked in this process. */
  readonly watch?: Watch;
}

/** Plays one scene. Throws ScenarioError for what did not come true; returns what could not be tried with a real server. */
export async function runScene(scene: Scene, options: ScenarioOptions = {}): Promise<string[]> {
  const around = new Surroundings();
  const { server } = options;
  const subject = server === undefined ? new InProcess(options.plugins ?? standard, undefined, undefined, options.watch)
    : new ServerProcess(server, around.directory);
  const performance = new Performance(scene, subject, around, server !== undefined);
  const untried: string[] = [];
  try {
    for (const step of scene.steps) {
      try {
        await performance.play(step);
      } catch (error) {
        const text = `${step.verb} ${step.rest}: ${error instanceof Error ? error.message : String(error)}`;
        if (!(error instanceof Impossible)) throw new ScenarioError(step.line, text, { cause: error });
        untried.push(`line ${step.line}: ${text}`);
        if (step.verb === 'elapse') return untried;
      }
    }
    performance.end();
  } finally {
    await subject.close();
    await around.close();
  }
  return untried;
}

/** Plays every scene of a scenario, each with a server of its own. Throws ScenarioError for the first thing that did not come true. */
export async function runScenario(text: string, options: ScenarioOptions = {}): Promise<void> {
  for (const scene of parseScenario(text)) await runScene(scene, options);
}

async function command(args: readonly string[]): Promise<void> {
  const at = args.indexOf('--server');
  const options = at < 0 ? {} : { server: args[at + 1] ?? '' };
  const paths = args.filter((_, i) => at < 0 || (i !== at && i !== at + 1));
  let failed = 0;
  let passed = 0;
  for (const path of paths) {
    for (const scene of parseScenario(readFileSync(path, 'utf8'))) {
      const name = `${path}:${scene.line} ${scene.title}`.trim();
      try {
        for (const each of await runScene(scene, options)) console.log(`untried  ${path} ${each}`);
        passed++;
      } catch (error) {
        failed++;
        console.log(`FAILED   ${name}\n  ${(error as Error).message}`);
      }
    }
  }
  console.log(`${passed} scenes passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}

if (import.meta.main) await command(process.argv.slice(2));
