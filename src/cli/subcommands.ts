// `coredns-ts check` and `coredns-ts fmt`: what can be said of a Corefile without serving it. Knows the console; starts nothing.
import { readFileSync, writeFileSync } from 'node:fs';
import { CorefileError } from '../corefile/error.ts';
import { formatCorefile } from '../corefile/format.ts';
import { build } from '../kernel/site/build.ts';
import type { Plugin } from '../kernel/site/plugin.ts';
import { additionsOf, pluginsWith } from './equipment.ts';
import { files, machine } from './machine.ts';
import { ORDER } from './plugin-names.ts';

/** One problem, as `--json` prints it. */
interface Problem {
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly message: string;
  readonly hint: string | undefined;
}

/** Runs the subcommand with its arguments and sets the exit status: 0, 1 for problems, 2 for wrong arguments. */
export async function subcommand(word: 'check' | 'fmt', args: readonly string[], own?: readonly Plugin[]): Promise<void> {
  const options = args.filter((arg) => arg.startsWith('-') && arg !== '-');
  const [file = 'Corefile', ...more] = args.filter((arg) => !options.includes(arg));
  const known = word === 'check' ? ['--json'] : ['--write', '-w'];
  const wrong = options.find((option) => !known.includes(option));
  if (wrong !== undefined || more.length > 0) {
    process.stderr.write(`coredns-ts ${word}: ${wrong === undefined ? 'one file at a time' : `unknown option ${wrong}`}\n`
      + `Usage: coredns-ts ${word === 'check' ? 'check [--json] [FILE]' : 'fmt [-w] [FILE]'}   `
      + '(FILE is Corefile when not given, - for standard input)\n');
    process.exitCode = 2;
    return;
  }
  let text: string;
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    process.stderr.write(`coredns-ts ${word}: ${(error as Error).message}\n`);
    process.exitCode = 1;
    return;
  }
  if (word === 'check') await check(text, file, options.length > 0, own);
  else format(text, file, options.length > 0);
}

async function check(text: string, file: string, json: boolean, own: readonly Plugin[] | undefined): Promise<void> {
  const problems = await checkCorefile(text, file, own);
  if (problems.length > 0) process.exitCode = 1;
  if (json) {
    process.stdout.write(`${JSON.stringify(problems, undefined, 2)}\n`);
    return;
  }
  for (const { message, hint, file: where, line } of problems) {
    const place = where === undefined || message.includes(`${where}:${line}`) ? '' : `${where}:${line}: `;
    process.stdout.write(`${place}${message}${hint === undefined ? '' : ` (${hint})`}\n`);
  }
  if (problems.length === 0) process.stdout.write(`${file}: no problems\n`);
}

/** Every problem of a Corefile, in the order of its lines. Reads the files that it names; opens no socket. */
async function checkCorefile(text: string, file: string, own: readonly Plugin[] | undefined): Promise<readonly Problem[]> {
  const problems: Error[] = [];
  const warn = (message: string) => problems.push(new Error(message));
  try {
    const plugins = await pluginsWith(await additionsOf(file), own);
    build(text, {
      file, plugins, words: new Set([...ORDER, ...plugins.flatMap(({ name, aliases = [] }) => [name, ...aliases])]), machine, files,
      environment: (name) => process.env[name], port: 53, warn, problems,
    });
  } catch (error) {
    problems.push(error as Error);
  }
  return problems.map((error) => {
    const at = error instanceof CorefileError ? error : undefined;
    return { file: at?.file, line: at?.line, message: error.message, hint: at?.hint };
  }).sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

function format(text: string, file: string, write: boolean): void {
  try {
    const formatted = formatCorefile(text, file);
    if (write && file !== '-') writeFileSync(file, formatted);
    else process.stdout.write(formatted);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
