// `coredns-ts plugin`: other people's plugins, added to a Corefile's folder by npm and named in its plugin.cfg, listed, removed, or begun.
// Knows npm and files; loads no plugin but to ask its name.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Plugin } from '../kernel/site/plugin.ts';
import { VERSION } from '../kernel/version.ts';
import { shareThisCopy } from './one-copy.ts';
import { entryIn, readAdditions } from './plugin-config.ts';
import { ORDER } from './plugin-names.ts';
import { manifestAbove, manifestIn, misfit } from './plugin-package.ts';
import { templateOf } from './plugin-template.ts';
import { subcommand } from './subcommands.ts';

/** What the subcommand takes, told by `--help` and beside a refusal. */
export const PLUGIN_USAGE = `Usage: coredns-ts plugin add PACKAGE[@VERSION] [--before WORD] [-conf FILE]
       coredns-ts plugin list [-conf FILE]
       coredns-ts plugin remove WORD [-conf FILE]
       coredns-ts plugin new WORD

add      installs the package by npm in the folder of the Corefile, with its exact version and none of its scripts, and names it in
         plugin.cfg there, before WORD or where the package wants to stand; then the Corefile is checked
list     the plugins of plugin.cfg: word, package, version, the versions of coredns-ts that it wants, place
remove   takes the plugin out of plugin.cfg, and uninstalls its package
new      a folder with the six files of a plugin, whose test is green

A plugin has the rights of the server's process: add those that you trust.
Exit status: 0, 1 where it cannot be done, 2 for a wrong command line.
`;
const CFG = 'plugin.cfg';
/** Lines of npm's complaint that are told. */
const MOST_SAID = 6;
/** A name of npm, and a version or a range of them. */
const PACKAGE = /^(?<name>(?:@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*)(?:@(?<version>[^\s/@]+))?$/;
const WORD = /^[a-z][a-z0-9_-]*$/;

interface Options {
  readonly action: 'add' | 'list' | 'remove' | 'new';
  readonly what: string;
  readonly before: string | undefined;
  readonly conf: string;
}

/** Runs the subcommand with its arguments and sets the exit status. */
export async function pluginCommand(args: readonly string[], own?: readonly Plugin[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) return void process.stdout.write(PLUGIN_USAGE);
  const options = readOptions(args);
  if (typeof options === 'string') {
    process.stderr.write(`coredns-ts plugin: ${options}\n${PLUGIN_USAGE}`);
    process.exitCode = 2;
    return;
  }
  try {
    if (options.action === 'add') await add(options, own);
    else if (options.action === 'list') list(options);
    else if (options.action === 'remove') remove(options);
    else begin(options);
  } catch (error) {
    process.stderr.write(`coredns-ts plugin ${options.action}: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
/** The options, or what is wrong with them. */
function readOptions([action = '', ...rest]: readonly string[]): Options | string {
  if (action !== 'add' && action !== 'list' && action !== 'remove' && action !== 'new') {
    return action === '' ? 'what?' : `there is no '${action}'`;
  }
  const given: string[] = [];
  let before: string | undefined, conf = 'Corefile';
  for (let i = 0; i < rest.length; i++) {
    const [name = '', value] = rest[i]!.startsWith('--') ? rest[i]!.split(/=(.*)/s) : [rest[i]];
    if (name === '--before') before = value ?? rest[++i] ?? '';
    else if (name === '-conf' || name === '--conf') conf = value ?? rest[++i] ?? '';
    else if (name.startsWith('-')) return `unknown option ${name}`;
    else given.push(name);
  }
  const [what = '', more] = given;
  if (more !== undefined) return `one at a time: ${more}`;
  if (what === '' && action !== 'list') return action === 'add' ? 'which package?' : 'which word?';
  if (action === 'add' && !PACKAGE.test(what)) return `'${what}' is no name of a package`;
  if (action === 'new' && (!WORD.test(what) || ORDER.includes(what))) {
    return ORDER.includes(what) ? `this program has a word ${what} of its own` : `'${what}' is no word: small letters, digits, - and _`;
  }
  if (before !== undefined && !ORDER.includes(before)) return `there is no word '${before}' to stand before`;
  return { action, what, before, conf };
}

async function add({ what, before, conf }: Options, own: readonly Plugin[] | undefined): Promise<void> {
  const folder = resolve(dirname(conf));
  const { name = '' } = PACKAGE.exec(what)!.groups!;
  const isNew = !existsSync(join(folder, 'node_modules', name));
  // What it wants of this program it gets of this very one (one-copy.ts).
  npm(folder, 'install', '--save-exact', '--ignore-scripts', '--legacy-peer-deps', what);
  try {
    const manifest = manifestIn(join(folder, 'node_modules', name));
    if (manifest === undefined) throw new Error(`npm has put no package ${name} into ${folder}`);
    const why = misfit(manifest);
    if (why !== undefined) throw new Error(`${name} ${why}`);
    const word = await wordOf(manifest.folder, name);
    const place = before ?? manifest.before;
    if (place === undefined || !ORDER.includes(place)) {
      throw new Error(`${name} does not say where it stands: --before WORD, such as cache`);
    }
    writeLine(folder, word, name, place);
    process.stdout.write(`${word}: ${name} ${manifest.version ?? ''} before ${place}, in ${CFG}\n`);
  } catch (error) {
    if (isNew) uninstall(folder, name);
    throw error;
  }
  if (existsSync(conf)) await subcommand('check', [conf], own);
}
/** The word of a package's plugin. */
async function wordOf(folder: string, name: string): Promise<string> {
  shareThisCopy();
  const { default: plugin } = await import(pathToFileURL(entryIn(folder)).href) as { readonly default?: Partial<Plugin> };
  if (typeof plugin?.name !== 'string' || typeof plugin.parse !== 'function') throw new Error(`the default export of ${name} is no plugin`);
  if (!WORD.test(plugin.name)) throw new Error(`the plugin of ${name} calls itself ${JSON.stringify(plugin.name)}, which is no word`);
  if (ORDER.includes(plugin.name)) {
    throw new Error(`this program has a word ${plugin.name} of its own: a plugin of ${name} needs another name`);
  }
  return plugin.name;
}
/** Names it in plugin.cfg, in place of a line that has its word already. */
function writeLine(folder: string, word: string, from: string, before: string): void {
  const kept = linesOf(folder).filter((line) => wordIn(line) !== word);
  const at = kept.findIndex((line) => wordIn(line) === before);
  const lines = at < 0 ? [...kept, `${word}:${from}`, `${before}:${before}`] : kept.toSpliced(at, 0, `${word}:${from}`);
  writeFileSync(join(folder, CFG), `${lines.join('\n')}\n`);
}
function linesOf(folder: string): readonly string[] {
  const path = join(folder, CFG);
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
}
const wordIn = (line: string): string => line.replace(/#.*/, '').split(':')[0]!.trim();

function list({ conf }: Options): void {
  const rows = readAdditions(conf).map(({ name, url, beside, before }) => {
    const manifest = manifestAbove(fileURLToPath(url));
    const from = manifest?.name ?? basename(fileURLToPath(url));
    return [name, from, manifest?.version ?? '-', manifest?.range ?? '-', `${before ? 'before' : 'behind'} ${beside}`];
  });
  const all = [['word', 'package', 'version', 'wants', 'place'], ...rows];
  const wide = all[0]!.map((_, i) => Math.max(...all.map((row) => row[i]!.length)));
  process.stdout.write(all.map((row) => `${row.map((cell, i) => cell.padEnd(wide[i]!)).join('  ').trimEnd()}\n`).join(''));
}

function remove({ what, conf }: Options): void {
  const folder = resolve(dirname(conf));
  const lines = linesOf(folder);
  const line = lines.find((each) => wordIn(each) === what);
  if (line === undefined || ORDER.includes(what)) throw new Error(`${CFG} has no plugin ${what}`);
  const from = line.replace(/#.*/, '').slice(line.indexOf(':') + 1).trim();
  writeFileSync(join(folder, CFG), `${lines.filter((each) => each !== line).join('\n')}\n`);
  if (PACKAGE.test(from) && existsSync(join(folder, 'node_modules', from))) uninstall(folder, from);
  process.stdout.write(`${what} is out of ${CFG}: a line of the Corefile that names it stops the next start\n`);
}

function begin({ what }: Options): void {
  if (existsSync(what)) throw new Error(`${what} is there already`);
  mkdirSync(what);
  for (const { name, text } of templateOf(what, VERSION)) writeFileSync(join(what, name), text);
  const next = `  cd ${what} && npm install coredns-ts && npm test\n  coredns-ts scenario ${what}.scenario\n`;
  process.stdout.write(`written: ${what}\n\n${next}`);
}

const uninstall = (folder: string, name: string): void => npm(folder, 'uninstall', '--ignore-scripts', '--legacy-peer-deps', name);
/** Runs npm there. Throws with what it says. */
function npm(folder: string, ...args: readonly string[]): void {
  const { status, stdout, stderr, error } = spawnSync('npm', [...args, '--no-audit', '--no-fund'], { cwd: folder, encoding: 'utf8' });
  if (error !== undefined) throw new Error(`npm cannot be started: ${error.message}`);
  if (status === 0) return;
  const said = (stderr || stdout).split('\n').filter((line) => /error/i.test(line)).slice(0, MOST_SAID);
  throw new Error(`npm ${args[0]!} failed: ${said.join('; ')}`);
}
