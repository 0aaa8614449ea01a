// `coredns-ts import`: the configuration of another server as a Corefile with its files. Its options, what is written where, and exit
// status.
// Knows the console; how a configuration is read is the importers'.
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { corefileText, remarkText, reportText } from '../importers/corefile-text.ts';
import { IMPORTERS } from '../importers/importers.ts';
import { Outcome } from '../importers/outcome.ts';
import { Source } from '../importers/source.ts';
import { nearestWord } from '../corefile/suggest.ts';
import { fileError, reasonOf } from '../wording/errno.ts';

const KINDS = Object.keys(IMPORTERS);
/** What the subcommand takes, told by `--help` and beside a refusal. */
export const IMPORT_USAGE = `Usage: coredns-ts import ${KINDS.join('|')} FILE [-o DIR] [--lossy] [--force]

Makes a Corefile of another server's configuration, with zone files and lists where they are wanted, and a report. What has no
counterpart stands in both with its file, its line and the reason; where answers would change by that, nothing is written.

  -o DIR     where Corefile, files and import-report.txt are written; without it the Corefile is printed, and nothing written
  --lossy    write it although answers would change
  --force    write over files that are there

Exit status: 0, 1 where it cannot be done or answers would change, 2 for a wrong command line.
`;

interface Options {
  readonly kind: string;
  readonly file: string;
  readonly folder: string | undefined;
  readonly isLossy: boolean;
  readonly isForced: boolean;
}

/** Runs the subcommand with its arguments and sets the exit status. */
export async function importCommand(args: readonly string[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) return void process.stdout.write(IMPORT_USAGE);
  const options = readOptions(args);
  if (typeof options === 'string') {
    process.stderr.write(`coredns-ts import: ${options}\n${IMPORT_USAGE}`);
    process.exitCode = 2;
    return;
  }
  try {
    await run(options);
  } catch (error) {
    process.stderr.write(`coredns-ts import: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}

/** The options, or what is wrong with them. */
function readOptions(args: readonly string[]): Options | string {
  const given: string[] = [], flags = new Set<string>();
  let folder: string | undefined;
  for (let i = 0; i < args.length; i++) {
    const each = args[i]!;
    if (each === '-o' || each === '--output') folder = args[++i] ?? '';
    else if (each === '--lossy' || each === '--force') flags.add(each);
    else if (each.startsWith('-')) return `unknown option ${each}`;
    else given.push(each);
  }
  const [kind, file, ...more] = given;
  if (kind === undefined) return 'of which server?';
  if (!KINDS.includes(kind)) {
    const nearest = nearestWord(kind, KINDS);
    return `there is no importer of ${kind}${nearest === undefined ? '' : `: did you mean ${nearest}?`}`;
  }
  if (file === undefined) return 'FILE is missing';
  if (more.length > 0) return `one file at a time: ${more[0]}`;
  if (folder === '') return '-o lacks its folder';
  return { kind, file, folder, isLossy: flags.has('--lossy'), isForced: flags.has('--force') };
}

async function run({ kind, file, folder, isLossy, isForced }: Options): Promise<void> {
  const outcome = new Outcome(resolve(folder ?? '.'));
  const importer = await IMPORTERS[kind]!();
  await importer(file, new Source({ read, list }), outcome, { hostname: hostname(), networks: networks() });
  const lost = outcome.remarks.filter((each) => each.kind === 'lost');
  if (lost.length > 0 && !isLossy) {
    process.stderr.write(lost.map((each) => `${remarkText(each)}\n`).join(''));
    throw new Error(`answers would change by ${lost.length === 1 ? 'this' : `these ${lost.length}`}: nothing is written without --lossy`);
  }
  const corefile = corefileText(outcome, file), report = reportText(outcome, file);
  if (folder === undefined) {
    process.stdout.write(corefile);
    process.stderr.write(`${report}${outcome.files.size === 0 ? '' : 'None of them is written without -o DIR.\n'}`);
    return;
  }
  const files = new Map([...outcome.files, ['Corefile', { text: corefile, secret: false }], ['import-report.txt', { text: report,
    secret: false }]]);
  const there = [...files.keys()].find((name) => existsSync(join(folder, name)));
  if (there !== undefined && !isForced) throw new Error(`${join(folder, there)} is there: another folder, or --force to write over it`);
  for (const name of outcome.folders) mkdirSync(join(folder, name), { recursive: true });
  for (const [name, { text, secret }] of files) write(join(folder, name), text, secret);
  process.stdout.write(report);
}
function write(path: string, text: string, isSecret: boolean): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    if (isSecret && existsSync(path)) chmodSync(path, 0o600);
    writeFileSync(path, text, isSecret ? { mode: 0o600 } : {});
  } catch (error) {
    throw new Error(fileError(error, path));
  }
}
function read(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Error(fileError(error, path));
  }
}
/** The networks of this machine, in the order of their interfaces. */
const networks = (): string[] => [...new Set(Object.values(networkInterfaces()).flat().flatMap((each) =>
  (each === undefined || each.internal || each.cidr === null || each.address.startsWith('fe80') ? [] : [each.cidr])))];
function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter((each) => !each.isDirectory()).map(({ name }) => name);
  } catch (error) {
    throw new Error(`${folder}: ${reasonOf(error)}`);
  }
}
