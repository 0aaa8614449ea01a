// `coredns-ts scenario`: plays scenarios of a plugin's author, with the plugins that plugin.cfg beside them adds or that the package itself
// is. Knows files and the exit status; what a step does is the scenario's.
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from '../kernel/site/plugin.ts';
import { ScenarioError, parseScenario } from '../testing/scenario-file.ts';
import { runScene } from '../testing/scenario.ts';
import { fileError } from '../wording/errno.ts';
import { shareThisCopy } from './one-copy.ts';
import { additionsOf, pluginsWith } from './plugin-choice.ts';
import { entryIn, withAdditions } from './plugin-config.ts';
import { manifestIn } from './plugin-package.ts';

/** What the subcommand takes, told by `--help` and beside a refusal. */
export const SCENARIO_USAGE = `Usage: coredns-ts scenario FILE...

Plays scenarios: a Corefile, questions, and whole replies, without sockets and without waiting. Plugins of plugin.cfg beside the
file are there; without it the package that the file lies in, where its package.json says coredns-ts: { before: WORD }.

Exit status: 0 where all came true, 1 where something did not, 2 for a wrong command line.
`;

/** Runs the subcommand with its arguments and sets the exit status. */
export async function scenarioCommand(args: readonly string[], own?: readonly Plugin[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) return void process.stdout.write(SCENARIO_USAGE);
  const option = args.find((arg) => arg.startsWith('-'));
  if (args.length === 0 || option !== undefined) {
    process.stderr.write(`coredns-ts scenario: ${option === undefined ? 'which?' : `unknown option ${option}`}\n${SCENARIO_USAGE}`);
    process.exitCode = 2;
    return;
  }
  let passed = 0, failed = 0;
  for (const file of args) {
    try {
      const plugins = await pluginsFor(file, own);
      for (const scene of parseScenario(readText(file))) {
        const told = await played(() => runScene(scene, { plugins }));
        if (told === undefined) passed++;
        else {
          failed++;
          process.stdout.write(`FAILED   ${`${file}:${scene.line} ${scene.title}`.trim()}\n  ${told}\n`);
        }
      }
    } catch (error) {
      failed++;
      process.stdout.write(`FAILED   ${file}\n  ${(error as Error).message}\n`);
    }
  }
  process.stdout.write(`${passed} ${passed === 1 ? 'scene' : 'scenes'} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}
/** What did not come true; undefined where all did. */
async function played(play: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await play();
    return undefined;
  } catch (error) {
    if (error instanceof ScenarioError) return error.message;
    throw error;
  }
}
function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(fileError(error, file));
  }
}

/** The standard plugins, or a program's own, with those of plugin.cfg, else with the package of the folder. */
async function pluginsFor(file: string, own: readonly Plugin[] | undefined): Promise<readonly Plugin[]> {
  const folder = resolve(dirname(file));
  const additions = await additionsOf(join(folder, 'Corefile'));
  const manifest = manifestIn(folder);
  const late = await pluginsWith(additions, own);
  if (additions.length > 0 || manifest?.before === undefined) return Promise.all(late.map(({ load }) => load()));
  const url = pathToFileURL(entryIn(folder)).href;
  shareThisCopy();
  const { default: plugin } = await import(url) as { readonly default?: Partial<Plugin> };
  const addition = { name: plugin?.name ?? '', url, beside: manifest.before, before: true, at: join(folder, 'package.json') };
  return Promise.all((await withAdditions(late, [addition])).map(({ load }) => load()));
}
