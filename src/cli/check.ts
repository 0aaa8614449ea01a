// Every problem of a Corefile: what stops a start, and what starts and is hardly meant. Knows the steps of a load; opens no socket.
import { existsSync } from 'node:fs';
import { CorefileError } from '../corefile/error.ts';
import type { Mention } from '../corefile/directive.ts';
import type { Position } from '../corefile/error.ts';
import { build } from '../kernel/site/build.ts';
import type { Configuration, ReadOptions } from '../kernel/site/build.ts';
import { withPlugins } from '../kernel/site/late.ts';
import type { Plugin } from '../kernel/site/plugin.ts';
import { adviceFor } from './advice.ts';
import { additionsOf, pluginsWith } from './plugin-choice.ts';
import { portClashes } from './port-clashes.ts';
import type { Problem } from './problem.ts';
import { readOptionsOf } from './read-options.ts';
import { sourceClashes } from './source-clashes.ts';
import { Sources } from './sources.ts';
import { syntaxOf } from './syntax.ts';

/** What was found in one file. */
export interface Findings {
  readonly file: string;
  readonly problems: readonly Problem[];
  /** Words of CoreDNS that this program was put together without, each once. */
  readonly unbuilt: readonly string[];
  readonly sources: Sources;
  /** HTTP pages that would be shown. */
  readonly pages: readonly Page[];
  /** Those who would read zones' files: nothing was looked for in them yet. */
  readonly zones: readonly Zones[];
  /** What else there is to say, a sentence each. */
  readonly remarks: readonly string[];
}
/** Zones that would be read, as a plugin told. */
export type Zones = Extract<Mention, { what: 'zones' }>;
/** An HTTP page: who shows it, and where the Corefile says so. */
export interface Page {
  readonly plugin: string;
  /** `host:port`. */
  readonly address: string;
  readonly place: Position;
}

type Notes = NonNullable<ReadOptions['notes']>;

/** Checks a Corefile's text. `own` are the plugins in place of the standard ones. Reads the small files that it names, no zones. */
export async function checkCorefile(text: string, file: string, port: number, own?: readonly Plugin[]): Promise<Findings> {
  const errors: Error[] = [];
  const problems: Problem[] = [];
  const sources = new Sources(file, text);
  const notes: Notes = [];
  let configuration: Configuration | undefined;
  let plugins: readonly Plugin[] = [];
  try {
    const late = await pluginsWith(await additionsOf(file), own);
    const warn: ReadOptions['warn'] = (message, at = { file, line: 0, column: 0 }) => {
      problems.push({ ...placeOf(at), severity: 'warning', code: 'import', message });
    };
    const options = await withPlugins(text, readOptionsOf(file, port, late, warn));
    plugins = options.plugins;
    configuration = build(text, { ...options, problems: errors, notes });
  } catch (error) {
    errors.push(error as Error);
  }
  const forms = new Map(plugins.flatMap(({ name, syntax }) => (syntax === undefined ? [] : [[name, syntax] as const])));
  problems.push(...errors.map((error) => told(error, file, sources, forms)));
  problems.push(...notes.flatMap((note) => doubtful(note)));
  for (const note of notes) if (note.what === 'faults') problems.push(...(await note.find()).map((fault) => stopping(note, fault)));
  problems.push(...await sourceClashes(notes, plugins.map(({ name }) => name)));
  if (configuration !== undefined) {
    problems.push(...portClashes(notes, configuration.addresses), ...keyDoubts(configuration), ...strayProperties(configuration));
    if (configuration.blocks.length === 0 && errors.length === 0) problems.push(nothing(file));
  }
  const unbuilt = errors.flatMap((error) => (error instanceof CorefileError && error.code === 'not-built' ? error.plugin ?? [] : []));
  const pages = notes.flatMap((note) =>
    (note.what === 'http' ? [{ plugin: note.plugin, address: note.address, place: placeOf(note.at) }] : []));
  const zones = notes.filter((note) => note.what === 'zones');
  return { file, problems: sorted(problems, file), unbuilt: [...new Set(unbuilt)], sources, pages, zones, remarks: [] };
}
/** What is said where the file cannot be read. */
export function unreadable(file: string, message: string): Findings {
  return {
    file, unbuilt: [], pages: [], zones: [], remarks: [], sources: new Sources(file, ''),
    problems: [{ file, line: 0, column: 0, severity: 'error', code: 'not-there', message }],
  };
}

const placeOf = ({ file, line, column }: Position): Position => ({ file, line, column });
const withHint = (hint: string | undefined) => (hint === undefined ? {} : { hint });

function told(error: Error, file: string, sources: Sources, forms: ReadonlyMap<string, string>): Problem {
  if (!(error instanceof CorefileError)) return { file, line: 0, column: 0, severity: 'error', code: 'value', message: error.message };
  return {
    ...placeOf(error), severity: 'error', code: error.code, message: error.reason, ...withHint(adviceFor(error, sources, forms)),
  };
}
const stopping = (note: Notes[number], fault: string): Problem =>
  ({ ...placeOf(note.at), severity: 'error', code: 'value', message: `plugin/${note.plugin}: ${fault}` });
function doubtful(note: Notes[number]): Problem[] {
  const place = placeOf(note.at);
  if (note.what === 'doubt') {
    return [{ ...place, severity: 'warning', code: note.code, message: `plugin/${note.plugin}: ${note.message}`, ...withHint(note.hint) }];
  }
  if (note.what !== 'file' || existsSync(note.path)) return [];
  return [{ ...place, severity: 'warning', code: 'not-there', message: `plugin/${note.plugin}: there is no file ${note.path}` }];
}
/** `exa mple.org:1053 {`: two keys, of which one was hardly meant. */
function keyDoubts({ blocks }: Configuration): Problem[] {
  return blocks.flatMap(({ keys }) => keys.flatMap((key, i): Problem[] => {
    const other = keys.find(({ text }) => /:\d+$/.test(text));
    if (keys.length < 2 || other === undefined || /[:./]/.test(key.text)) return [];
    const hint = `${i < keys.length - 1 ? 'without the space behind it, ' : ''}a key is ZONE[:PORT]`;
    return [{
      ...placeOf(key), severity: 'warning', code: 'unlikely',
      message: `${key.text} is a zone of its own, served on another port than ${other.text}`, hint,
    }];
  }));
}
/** `forward . 1.1.1.1 max_fails 3`: a property behind the word, where it is one more argument. */
function strayProperties({ blocks }: Configuration): Problem[] {
  return blocks.flatMap(({ directives }) => directives.flatMap(({ owner, word, args, argsAt }): Problem[] => {
    const syntax = word === owner ? syntaxOf(owner) : undefined;
    const at = syntax === undefined ? -1 : args.findIndex((arg, i) => i > 0 && syntax.properties.has(arg));
    if (at < 0) return [];
    return [{
      ...placeOf(argsAt[at]!), severity: 'warning', code: 'unlikely', message: `plugin/${owner}: ${args[at]} is read as an argument`,
      hint: syntax!.inBraces(args[at]!),
    }];
  }));
}
const nothing = (file: string): Problem => ({
  file, line: 0, column: 0, severity: 'warning', code: 'unlikely',
  message: 'there is no server block: every query is answered with who asked',
  hint: 'a block is `.:1053 {`, lines such as `forward . /etc/resolv.conf`, and `}`',
});

/** In the order of the lines, those of the file itself first; what is found twice (in a snippet) is said once, an error before a doubt. */
function sorted(problems: readonly Problem[], file: string): readonly Problem[] {
  const seen = new Set<string>();
  const rank = (problem: Problem) => (problem.file === file ? 0 : 1);
  return problems.toSorted((a, b) => rank(a) - rank(b) || a.line - b.line || a.column - b.column).filter((problem) => {
    const key = JSON.stringify([problem.file, problem.line, problem.column, problem.message]);
    const fresh = !seen.has(key);
    seen.add(key);
    return fresh;
  });
}
