// A server in one line: `coredns-ts forward 1.1.1.1 --cache`. Makes the Corefile that it is of words of the command line. Knows how a few
// words are meant where little is said; starts nothing.
import { parseFlags, takesValue } from './flags.ts';
import type { Flags, Refusal } from './flags.ts';
import { ORDER } from './plugin-names.ts';

/** What is told to `WORD --help`, and where a line cannot be read. */
export const ONE_LINE_USAGE = `Usage: coredns-ts WORD [ARGUMENTS...] [--WORD [ARGUMENTS...]]... [FLAGS]

A server without a Corefile. Each WORD is one of a Corefile, with what stands behind it there:

  coredns-ts forward 1.1.1.1 9.9.9.9 --cache -p 1053
  coredns-ts hosts /etc/hosts --forward /etc/resolv.conf --log
  coredns-ts file db.example.org example.org
  coredns-ts recursive --cache
`;
/** Words that ask others: they take whom, and are for every name. */
const ASKING = ['forward', 'grpc'];

/** A server: its Corefile, and the flags that stand beside it. */
export interface OneLine {
  readonly corefile: string;
  readonly flags: Flags;
}

/** Reads such a command line, whose first argument is a word of a Corefile. */
export function readOneLine(args: readonly string[]): OneLine | Refusal {
  const lines: string[][] = [];
  const others: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    const [, word = '', given] = /^--([^=]+)(?:=([\s\S]*))?$/.exec(arg) ?? [];
    if (ORDER.includes(word)) lines.push(given === undefined ? [word] : [word, given]);
    else if (arg.startsWith('-') && arg !== '-') others.push(arg, ...(takesValue(arg) ? args.slice(++i, i + 1) : []));
    else if (lines.length === 0) lines.push([arg]);
    else lines.at(-1)!.push(arg);
  }
  const flags = parseFlags(others);
  if ('refused' in flags) return flags;
  if (flags.conf !== '') return wrong('a server in one line has its Corefile in that line: leave -conf out');
  const zones: string[] = [];
  const body: string[] = [];
  for (const [word = '', ...rest] of [['errors'], ...lines.toSorted(byPlace)]) {
    if (word === 'errors' && body.length > 0) continue;
    const line = lineOf(word, rest, zones);
    if (line === undefined) return wrong(`${word} lacks an argument`);
    body.push(line);
  }
  const port = flags.port === 53 ? '' : `:${flags.port}`;
  const keys = (zones.length === 0 ? ['.'] : zones).map((zone) => quoted(`${zone}${port}`)).join(' ');
  return { corefile: `${keys} {\n${body.map((line) => `    ${line}\n`).join('')}}\n`, flags };
}
const wrong = (why: string): Refusal => ({ refused: `${why}\n${ONE_LINE_USAGE}`, status: 1 });
/** As the chain goes, whatever the order of the command line. */
const byPlace = ([a = '']: readonly string[], [b = '']: readonly string[]): number => ORDER.indexOf(a) - ORDER.indexOf(b);

/** A line of the block; undefined where it lacks something. */
function lineOf(word: string, args: readonly string[], zones: string[]): string | undefined {
  if (ASKING.includes(word)) return args.length === 0 ? undefined : [word, '.', ...args.map(quoted)].join(' ');
  if (word === 'hosts') return `${['hosts', ...args.map(quoted)].join(' ')} {\n        fallthrough\n    }`;
  if (word === 'file') {
    const [file, ...of] = args;
    if (file === undefined || of.length === 0) return undefined;
    zones.push(...of);
    return `file ${quoted(file)}`;
  }
  return [word, ...args.map(quoted)].join(' ');
}
/** As the Corefile has it. */
const quoted = (text: string): string => (text === '' || /[\s"#{}]/.test(text) ? `"${text.replaceAll('"', '\\"')}"` : text);
