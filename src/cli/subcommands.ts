// `coredns-ts check` and `coredns-ts fmt`: their options, files and exit status. Knows the console; starts nothing.
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CorefileError } from '../corefile/error.ts';
import { formatCorefile } from '../corefile/format.ts';
import { parseCorefile } from '../corefile/parse.ts';
import type { Plugin } from '../kernel/site/plugin.ts';
import { fileError } from '../wording/errno.ts';
import { checkCorefile, unreadable } from './check.ts';
import type { Findings } from './check.ts';
import { difference } from './line-difference.ts';
import { FORMATS, report } from './report.ts';
import type { Format } from './report.ts';
import { withZoneProblems } from './zone-problems.ts';

/** What a subcommand takes, told by `--help` and beside a refusal. */
export const USAGE = {
  check: `Usage: coredns-ts check [--strict] [--json | --format ${FORMATS.join('|')}] [FILE|FOLDER...]
       coredns-ts check --lsp

Finds every problem of a Corefile, and of the zone files that it names, without opening a port. FILE is Corefile where none is
given, - is standard input; of a FOLDER its files named Corefile, Corefile.* and *.corefile are taken.

  --strict          warnings count as errors
  --json            the same as --format json
  --lsp             serve an editor on standard input and output (Language Server Protocol)
  --format FORMAT   how it is printed: text, json, github (annotations of a workflow) or sarif

Exit status: 0 without errors, 1 with errors (with --strict: or warnings), 2 for a wrong command line.
`,
  fmt: `Usage: coredns-ts fmt [-w | --check | --diff] [FILE|FOLDER...]

Prints a Corefile in one style, comments kept. FILE is Corefile where none is given, - is standard input.

  -w, --write       write it back in place of printing it
  --check           print the names of files that are laid out otherwise; exit status 1 where there is one
  --diff            print what would change; exit status 1 where something would
`,
} as const;

interface Options {
  readonly set: ReadonlySet<string>;
  readonly format: Format;
  readonly files: readonly string[];
}
const KNOWN: { readonly [word: string]: readonly string[] } = {
  check: ['--json', '--strict'], fmt: ['--write', '--check', '--diff'],
};

/** Runs the subcommand with its arguments and sets the exit status: 0, 1 for problems, 2 for wrong arguments. */
export async function subcommand(word: 'check' | 'fmt', args: readonly string[], own?: readonly Plugin[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(USAGE[word]);
    return;
  }
  if (word === 'check' && args[0] === '--lsp') return editor(own);
  const options = readOptions(word, args);
  if (typeof options === 'string') {
    process.stderr.write(`coredns-ts ${word}: ${options}\n${USAGE[word]}`);
    process.exitCode = 2;
    return;
  }
  if (word === 'check') await check(options, own);
  else for (const file of options.files) format(file, options.set);
}

/** Serves an editor, whose arguments (`--stdio` of some) say nothing more. */
async function editor(own: readonly Plugin[] | undefined): Promise<void> {
  try {
    const { serveEditor } = await import('./language-server.ts');
    await serveEditor(own);
  } catch (error) {
    process.stderr.write(`coredns-ts check --lsp: ${(error as Error).message}\nhelp: npm install vscode-languageserver `
      + 'vscode-languageserver-textdocument beside coredns-ts\n');
    process.exitCode = 1;
  }
}
/** The options, or what is wrong with them. */
function readOptions(word: string, args: readonly string[]): Options | string {
  const set = new Set<string>();
  const files: string[] = [];
  let format: string = 'text';
  for (let i = 0; i < args.length; i++) {
    const [name = '', value] = args[i]!.startsWith('--') ? args[i]!.split(/=(.*)/s) : [args[i]];
    if (word === 'check' && name === '--format') format = value ?? args[++i] ?? '';
    else if (word === 'fmt' && name === '-w') set.add('--write');
    else if (KNOWN[word]!.includes(name)) set.add(name);
    else if (name.startsWith('-') && name !== '-') return `unknown option ${name}`;
    else files.push(args[i]!);
  }
  if (set.has('--json')) format = 'json';
  if (!(FORMATS as readonly string[]).includes(format)) return `there is no format '${format}'`;
  return { set, format: format as Format, files: files.length === 0 ? ['Corefile'] : files.flatMap(filesIn) };
}
/** The Corefiles of a folder; anything else is itself. */
function filesIn(path: string): readonly string[] {
  if (path === '-' || statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [path];
  const names = readdirSync(path).filter((name) => /^Corefile(\..*)?$|\.corefile$/.test(name)).sort();
  return names.length === 0 ? [join(path, 'Corefile')] : names.map((name) => join(path, name));
}
/** A file's text. Throws Error in Go's words. */
function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new Error(fileError(error, file));
  }
}

async function check({ set, format, files }: Options, own: readonly Plugin[] | undefined): Promise<void> {
  const all: Findings[] = [];
  for (const file of files) {
    const name = file === '-' ? 'stdin' : file;
    try {
      all.push(await withZoneProblems(await checkCorefile(readText(file), name, 53, own)));
    } catch (error) {
      all.push(unreadable(name, (error as Error).message));
    }
  }
  process.stdout.write(report(all, format));
  if (format !== 'text') process.stderr.write(all.flatMap(({ file, remarks }) => remarks.map((remark) => `${file}: ${remark}\n`)).join(''));
  const problems = all.flatMap((findings) => findings.problems);
  if (problems.some(({ severity }) => severity === 'error') || (set.has('--strict') && problems.length > 0)) process.exitCode = 1;
}

/** What of a text cannot be read as a Corefile whatever its words mean: laying it out does not mend that. */
function unreadableParts(text: string, file: string): readonly string[] {
  const problems: CorefileError[] = [];
  const files = { absolute: (path: string) => path, read: () => '', glob: (pattern: string) => [pattern] };
  parseCorefile(text, { file, environment: () => undefined, files, problems });
  return problems.map(({ line, reason, hint }) => `${file}:${line}: ${reason}${hint === undefined ? '' : ` (${hint})`}`);
}
function format(file: string, set: ReadonlySet<string>): void {
  try {
    const text = readText(file);
    const name = file === '-' ? 'stdin' : file;
    const formatted = formatCorefile(text, name);
    for (const problem of unreadableParts(text, name)) process.stderr.write(`coredns-ts fmt: ${problem}\n`);
    if (set.has('--check') || set.has('--diff')) {
      if (text === formatted) return;
      process.exitCode = 1;
      process.stdout.write(set.has('--diff') ? difference(name, text, formatted) : `${name}\n`);
    } else if (set.has('--write') && file !== '-') {
      if (text !== formatted) writeFileSync(file, formatted);
    } else process.stdout.write(formatted);
  } catch (error) {
    process.stderr.write(`coredns-ts fmt: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
