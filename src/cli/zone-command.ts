// `coredns-ts zone check|print|diff|sign|keys`: their options, files and exit status. Knows the console; starts nothing.
import { statSync } from 'node:fs';
import { Name } from '../dns/name.ts';
import type { ZoneFileError } from '../zonefile/error.ts';
import { inOrder, printZone } from '../zonefile/print.ts';
import { Progress } from './progress.ts';
import { printDifference, printTransfer, printUpdate } from './zone-difference.ts';
import { zoneFindings } from './zone-findings.ts';
import type { ZoneFinding } from './zone-findings.ts';
import { readZone } from './zone-records.ts';
import type { PlacedRecord } from './zone-records.ts';

/** What the subcommand takes, told by `--help` and beside a refusal. */
export const ZONE_USAGE = `Usage: coredns-ts zone check [--strict] [--json] ZONE FILE
       coredns-ts zone print ZONE FILE
       coredns-ts zone diff [--nsupdate|--ixfr] ZONE OLD NEW
       coredns-ts zone sign [--keep-serial] ZONE FILE KEY...
       coredns-ts zone keys KEY...
       coredns-ts zone keys [--json] [--conf COREFILE] ZONE [DIR] [roll [csk|ksk|zsk] | hold [off] | confirm-ds]

check   finds what is wrong with a zone's master file, a hundred problems at most: errors keep servers from loading it
        or resolvers from its names, warnings do not
print   prints it in canonical form: one record a line, names whole, in the order of DNSSEC
diff    prints which records one file has and another has not
sign    prints it with keys, NSEC records and signatures; KEY is a key's file in BIND's format, with either ending or none
keys    prints what keys are, and the DS records that their parent needs; of a folder of "dnssec { auto }" what a zone's keys
        wait for, since when: its server makes another key (roll), stops and goes on (hold, hold off), or believes that the
        parent has done its part (confirm-ds). Without DIR it is what COREFILE says, by default that of this folder

FILE may be a zone's master file, or the database of *dynupdate*.

  --strict     warnings count as errors
  --json       findings as JSON: file, line, column, severity, message; keys as JSON, with their times
  --nsupdate   the difference as a script for nsupdate
  --ixfr       the difference as an IXFR gives it (RFC 1995)
  --keep-serial  the serial number stays as it is; else it is the time

What takes longer than a second tells how far it is, on a terminal alone.

Exit status: 0 without errors (diff: without a difference), 1 with some, 2 for a wrong command line.
`;

/** The most problems that are told. */
const MOST = 100;

const OPTIONS: { readonly [word: string]: { readonly options: readonly string[]; readonly files: number; readonly keys?: true } } = {
  check: { options: ['--strict', '--json'], files: 1 }, print: { options: [], files: 1 },
  diff: { options: ['--nsupdate', '--ixfr'], files: 2 },
  sign: { options: ['--keep-serial'], files: 1, keys: true }, keys: { options: ['--json', '--conf'], files: 0, keys: true },
};

/** Runs `zone` with its arguments and sets the exit status: 0, 1 for problems, 2 for wrong arguments. */
export function zoneCommand(args: readonly string[]): void {
  if (args.includes('--help') || args.includes('-h')) return void process.stdout.write(ZONE_USAGE);
  const [word = '', ...rest] = args;
  const taken = Object.hasOwn(OPTIONS, word) ? OPTIONS[word]! : undefined;
  if (taken === undefined) return refuse(word === '' ? 'one of check, print, diff, sign and keys is missing' : `there is no zone ${word}`);
  const options = new Set(rest.filter((arg) => arg.startsWith('-')));
  const unknown = [...options].find((option) => !taken.options.includes(option));
  if (unknown !== undefined) return refuse(`unknown option ${unknown}`);
  const conf = rest.indexOf('--conf');
  const given = rest.filter((arg, i) => !arg.startsWith('-') && (conf < 0 || i !== conf + 1));
  if (taken.keys === true && given.length < taken.files * 2 + 1) {
    return refuse(word === 'keys' ? 'a key is needed' : 'a zone, a file and a key are needed');
  }
  if (word === 'keys') return void keys(given, { json: options.has('--json'), corefile: conf < 0 ? undefined : rest[conf + 1] ?? '' });
  const [zoneText = '', ...files] = given;
  if (taken.keys === undefined && files.length !== taken.files) {
    return refuse(`a zone and ${taken.files === 1 ? 'a file' : 'two files'} are needed`);
  }
  const zone = zoneOf(zoneText);
  if (zone === undefined) return refuse(`"${zoneText}" is no zone`);
  if (word === 'check') check(zone, files[0]!, options);
  else if (word === 'print') print(zone, files[0]!);
  else if (word === 'sign') void import('./zone-keys.ts').then(({ signCommand }) => signCommand(zone, files, options));
  else difference(zone, files as [string, string], options);
}

/** Files of keys, or the keys of a zone in a folder, which is named or what a Corefile says. */
async function keys(given: readonly string[], { json, corefile }: { readonly json: boolean; readonly corefile: string | undefined }):
Promise<void> {
  const [first = '', folder = '', ...words] = given;
  const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
  const zone = zoneOf(first);
  const isOrder = ['', 'roll', 'hold', 'confirm-ds'].includes(folder);
  if (zone !== undefined && isFolder) return told(zone, folder, words);
  const isKey = !isThere('Corefile') || ['', '.key', '.private'].some((ending) => isThere(`${first}${ending}`));
  if (zone === undefined || !isOrder || (isKey && corefile === undefined)) {
    if (given.length > 0 && (json || corefile !== undefined)) return refuse('--json and --conf are for the keys of a zone');
    return (await import('./zone-keys.ts')).keysCommand(given);
  }
  const { keyFolderOf } = await import('./key-folders.ts');
  const found = await keyFolderOf(zone, corefile ?? 'Corefile');
  if (found.folder !== undefined) return told(zone, found.folder, folder === '' ? [] : [folder, ...words]);
  process.stderr.write(`${found.why}\n`);
  process.exitCode = 1;

  async function told(of: Name, at: string, order: readonly string[]): Promise<void> {
    process.exitCode = await (await import('./zone-key-states.ts')).keyStatesCommand(of, at, order, json);
  }
}

function refuse(reason: string): void {
  process.stderr.write(`coredns-ts zone: ${reason}\n${ZONE_USAGE}`);
  process.exitCode = 2;
}

function zoneOf(text: string): Name | undefined {
  return Name.maybe(text);
}

function check(zone: Name, file: string, options: ReadonlySet<string>): void {
  const progress = new Progress(process.stderr, () => performance.now());
  const text = readZone(file, zone, MOST, progress);
  const all = zoneFindings(zone, file, text, Math.floor(Date.now() / 1000), progress);
  progress.end();
  const told = all.slice(0, MOST);
  process.stdout.write(options.has('--json') ? `${JSON.stringify(told, undefined, 2)}\n` : told.map(line).join(''));
  const errors = all.filter(({ severity }) => severity === 'error').length;
  if (!options.has('--json')) process.stdout.write(`${file}: ${summary(errors, all.length, text.records.length)}\n`);
  if (errors > 0 || (options.has('--strict') && all.length > 0)) process.exitCode = 1;
}

function line({ file, line: at, column, severity, message }: ZoneFinding): string {
  return `${file}${at > 0 ? `:${at}` : ''}${column > 0 ? `:${column}` : ''}: ${severity}: ${message}\n`;
}

function summary(errors: number, all: number, records: number): string {
  const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
  const found = all === 0 ? 'no problems' : `${counted(errors, 'error')}, ${counted(all - errors, 'warning')}`;
  return `${counted(records, 'record')}, ${found}${all > MOST ? `; the first ${MOST} are told` : ''}`;
}

/** The records of a file in canonical order; undefined where it cannot be read, which has been said. */
function recordsOf(zone: Name, file: string): PlacedRecord[] | undefined {
  const progress = new Progress(process.stderr, () => performance.now());
  const { records, problems } = readZone(file, zone, 1, progress);
  progress.end();
  if (problems.length === 0) return inOrder(records) as PlacedRecord[];
  process.stderr.write(problems.map((problem: ZoneFileError) => `${problem.message}\n`).join(''));
  process.exitCode = 1;
  return undefined;
}

function print(zone: Name, file: string): void {
  for (const piece of printZone(recordsOf(zone, file) ?? [])) process.stdout.write(piece);
}

function difference(zone: Name, [from, to]: readonly [string, string], options: ReadonlySet<string>): void {
  const old = recordsOf(zone, from);
  const fresh = old === undefined ? undefined : recordsOf(zone, to);
  if (old === undefined || fresh === undefined) return;
  const pieces = options.has('--nsupdate') ? printUpdate(zone, old, fresh)
    : options.has('--ixfr') ? printTransfer(old, fresh) : printDifference(old, fresh);
  for (const piece of pieces) {
    process.stdout.write(piece);
    process.exitCode = 1;
  }
}
