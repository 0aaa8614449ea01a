// `coredns-ts migrate`: a Corefile from one version of CoreDNS to another, and what it would meet on the way. Its options, files and exit
// status. Knows the console; how a Corefile is moved is the migration's.
import { readFileSync, writeFileSync } from 'node:fs';
import { Project } from '../migration/document.ts';
import { moveDown, moveUp } from '../migration/migrate.ts';
import type { Told } from '../migration/migrate.ts';
import { isInstalled, noticeText, noticesOf, unsupportedIn } from '../migration/notices.ts';
import { VERSIONS } from '../migration/versions.ts';
import { fileError } from '../wording/errno.ts';
import { files } from './machine.ts';
import { ORDER } from './plugin-names.ts';
import { documentedWords, syntaxOf } from './syntax.ts';

/** What the subcommand takes, told by `--help` and beside a refusal. */
export const MIGRATE_USAGE = `Usage: coredns-ts migrate --from VERSION [--to VERSION] [--down] [--deprecations] [--explain] [-w] [FILE]
       coredns-ts migrate deprecated|unsupported --from VERSION [--to VERSION] [FILE]
       coredns-ts migrate default --k8sversion VERSION [FILE]
       coredns-ts migrate validversions

Moves a Corefile from one version of CoreDNS to another and prints it: what was removed becomes what replaced it, what became
a default is added. Comments and empty lines stay, snippets and imported files are followed. FILE is Corefile where none is
given, - is standard input; VERSION is 1.6.7, and without --to the newest, which is the one that this program answers as.

  --down          back to an older version: what that does not know goes
  --deprecations  what works still and is on its way out is replaced as well
  --explain       say on standard error what was done, and from which version on it is so
  -w, --write     write the files back in place of printing FILE

deprecated        what was deprecated, ignored, removed, or became a default, and in which version
unsupported       words and options that are not known here; they stay as they are
default           whether it is the Corefile that installers of this version of Kubernetes (1.11 to 1.20) made: true or false
validversions     the versions

Exit status: 0, 1 where it cannot be done, 2 for a wrong command line.
`;

const WORDS = ['deprecated', 'unsupported', 'default', 'validversions'];
const VALUES = ['--from', '--to', '--k8sversion', '--corefile'], FLAGS = ['--down', '--deprecations', '--explain', '--write'];

interface Options {
  readonly word: string;
  readonly values: ReadonlyMap<string, string>;
  readonly flags: ReadonlySet<string>;
  readonly file: string;
}

/** Runs the subcommand with its arguments and sets the exit status. */
export function migrateCommand(args: readonly string[]): void {
  if (args.includes('--help') || args.includes('-h')) return void process.stdout.write(MIGRATE_USAGE);
  const options = readOptions(args);
  if (typeof options === 'string') {
    process.stderr.write(`coredns-ts migrate: ${options}\n${MIGRATE_USAGE}`);
    process.exitCode = 2;
    return;
  }
  try {
    run(options);
  } catch (error) {
    process.stderr.write(`coredns-ts migrate: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}

/** The options, or what is wrong with them. */
function readOptions(args: readonly string[]): Options | string {
  const values = new Map<string, string>();
  const flags = new Set<string>();
  const given: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const [name = '', value] = args[i]!.startsWith('--') ? args[i]!.split(/=(.*)/s) : [args[i]];
    if (VALUES.includes(name)) values.set(name, value ?? args[++i] ?? '');
    else if (name === '-w') flags.add('--write');
    else if (FLAGS.includes(name)) flags.add(name);
    else if (name.startsWith('-') && name !== '-') return `unknown option ${name}`;
    else given.push(name);
  }
  const word = WORDS.includes(given[0] ?? '') ? given.shift()! : '';
  const file = given.shift() ?? values.get('--corefile') ?? 'Corefile';
  if (given.length > 0) return `one file at a time: ${given[0]}`;
  if (word === 'default' && !values.has('--k8sversion')) return '--k8sversion is missing';
  const isMoved = word !== 'default' && word !== 'validversions';
  if (isMoved && !values.has('--from')) return '--from is missing: the version that the Corefile is of';
  return { word, values, flags, file };
}

function run({ word, values, flags, file }: Options): void {
  if (word === 'validversions') return void process.stdout.write(`${VERSIONS.join('\n')}\n`);
  const project = read(file);
  if (word === 'default') return void process.stdout.write(`${isInstalled(project, values.get('--k8sversion')!)}\n`);
  const from = values.get('--from')!, to = values.get('--to') ?? VERSIONS.at(-1)!;
  if (word !== '') {
    const notices = word === 'deprecated' ? noticesOf(project, from, to) : unsupportedIn(project, to, knows);
    return void process.stdout.write(notices.map((each) => `${noticeText(each)}\n`).join(''));
  }
  const before = new Map(project.documents.map((each) => [each, each.text]));
  const told = flags.has('--down') ? moveDown(project, from, to)
    : moveUp(project, from, to, { deprecations: flags.has('--deprecations') });
  if (flags.has('--explain')) process.stderr.write(told.map(explanation).join(''));
  const changed = project.documents.filter((each) => each.text !== before.get(each));
  if (flags.has('--write') && file !== '-') for (const each of changed) writeFileSync(each.path, each.text);
  else {
    process.stdout.write(project.documents[0]!.text);
    for (const { path } of changed.slice(changed[0] === project.documents[0] ? 1 : 0)) {
      process.stderr.write(`coredns-ts migrate: ${path} would change too: -w writes it\n`);
    }
  }
}
const explanation = ({ version, file, text }: Told): string => `${version}: ${file}: ${text}\n`;

/** A file with what it imports. Throws Error in a text for people. */
function read(file: string): Project {
  try {
    return new Project(file === '-' ? 'stdin' : file, readFileSync(file === '-' ? 0 : file, 'utf8'), files);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === undefined ? error : new Error(fileError(error, file));
  }
}
/** Whether a word of a Corefile, or an option of it, is known here. */
function knows(plugin: string, option: string | undefined): boolean {
  if (option === undefined) return documentedWords.includes(plugin) || ORDER.includes(plugin);
  const { properties, open = true } = syntaxOf(plugin) ?? {};
  return open || properties?.has(option) === true;
}
