// What a configuration read beside its own text, written down on one thread and read again on another: every thread makes the same of a
// Corefile although its files change meanwhile. Knows questions and what was said to them.
import type { Files } from '../../corefile/imports.ts';
import type { ReadOptions } from './build.ts';
import type { Machine } from './plugin.ts';

/** What was said to each question. Can be sent to another thread. */
export type Recorded = ReadonlyMap<string, Said>;
type Said = { readonly value: unknown } | { readonly message: string; readonly code: string | undefined };

/** Answers a question from what is written down, else by asking, and then writes it down. */
function asker(said: Map<string, Said>): <T>(question: string, ask: () => T) => T {
  return <T>(question: string, ask: () => T): T => {
    let answer = said.get(question);
    if (answer === undefined) {
      try {
        answer = { value: ask() };
      } catch (error) {
        const { message, code } = error as NodeJS.ErrnoException;
        answer = { message, code };
      }
      said.set(question, answer);
    }
    if ('value' in answer) return answer.value as T;
    throw Object.assign(new Error(answer.message), answer.code === undefined ? {} : { code: answer.code });
  };
}

/** Reads as `reading` does, and writes down what it was told; what `recorded` holds is not asked again. */
export function recording(
  options: ReadOptions, recorded: Recorded = new Map(),
): { readonly options: ReadOptions; readonly recorded: Recorded } {
  const said = new Map(recorded);
  const once = asker(said);
  const machine: Machine = {
    interfaces: () => once('interfaces', () => options.machine.interfaces()),
    hostname: () => once('hostname', () => options.machine.hostname()),
    readFile: (path, last) => once(`contents ${last ?? 'all'} ${path}`, () => options.machine.readFile(path, last)),
  };
  const files: Files = {
    absolute: (path) => once(`absolute ${path}`, () => options.files.absolute(path)),
    read: (path) => once(`file ${path}`, () => options.files.read(path)),
    glob: (pattern) => once(`glob ${pattern}`, () => options.files.glob(pattern)),
  };
  const environment = (name: string) => once(`environment ${name}`, () => options.environment(name));
  return { options: { ...options, machine, files, environment }, recorded: said };
}
