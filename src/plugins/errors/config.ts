// Reads `errors` (EL-2, EL-3, EL-4). Knows the syntax; knows nothing of queries.
import { once } from '../../corefile/directive.ts';
import type { Directive } from '../../corefile/directive.ts';
import type { Lines } from '../../kernel/site/plugin.ts';
import { LONGEST_PATTERN, compileRegexp, patternLength } from '../../kernel/regexp.ts';
import type { Regexp } from '../../kernel/regexp.ts';

/** How a line is logged. */
export type Level = 'debug' | 'info' | 'warning' | 'error';
/** Errors that are gathered into one line (EL-2). */
export interface Consolidation {
  /** Milliseconds. */
  readonly period: number;
  readonly pattern: Regexp;
  readonly level: Level;
  readonly showFirst: boolean;
}
/** What an `errors` block says (EL-1, EL-2, EL-4). */
export interface ErrorsConfig {
  readonly stacktrace: boolean;
  readonly consolidations: readonly Consolidation[];
}

const LEVELS: readonly string[] = ['debug', 'info', 'warning', 'error'];

/** Throws CorefileError. */
export function readErrors(lines: Lines): ErrorsConfig {
  const consolidations: Consolidation[] = [];
  let stacktrace = false;
  const line = once(lines);
  if (line.more) {
    const file = line.arg();
    if (line.more) {
      line.rest();
      line.wrongArgs();
    }
    if (file !== 'stdout') line.fail(`invalid log file: ${file}`);
  }
  line.properties({
    stacktrace() {
      stacktrace = true;
    },
    consolidate: (property) => consolidations.push(consolidation(property)),
  }, (unknown) => unknown.unexpected(`Unknown field ${unknown.word}`));
  return { stacktrace, consolidations };
}

function consolidation(line: Directive): Consolidation {
  const [duration, text, ...options] = line.rest();
  if (duration === undefined || text === undefined || options.length > 2) line.wrongArgs();
  const told = (reason: string) => line.fail(reason);
  const period = line.duration(duration, told);
  const length = patternLength(text);
  if (length > LONGEST_PATTERN) line.fail(`regex pattern too long: ${length} > ${LONGEST_PATTERN}`);
  const pattern = line.attempt(() => compileRegexp(text), told);
  let level: Level | undefined;
  let showFirst = false;
  for (const option of options) {
    if (LEVELS.includes(option)) {
      if (level !== undefined) line.fail('multiple log levels specified in consolidate');
      if (showFirst) line.fail('log level must come before show_first in consolidate');
      level = option as Level;
    } else if (option === 'show_first') showFirst = true;
    else line.fail(`unknown option in consolidate: ${option}`);
  }
  return { period, pattern, level: level ?? 'error', showFirst };
}
