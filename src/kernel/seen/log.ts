// What the server says at run time, with CoreDNS's levels (LIB-8), as text or as one JSON object a line (CLI-18). Knows lines; knows
// nothing of queries.
import type { Level, LogLines } from './log-lines.ts';

/** What a line has beside its text, in this order. */
export interface Fields {
  readonly [name: string]: string | number | boolean | undefined;
}

/** What can be said. `prefix` made one that begins each line with `plugin/NAME: `. */
export interface Log {
  /** Said only while the `debug` plugin is loaded, or somebody wants it for some time. */
  debug(text: string): void;
  info(text: string): void;
  warning(text: string): void;
  error(text: string): void;
  /** The bytes below, for lines that are written once a query. */
  readonly lines: LogLines;
  /** Where lines are JSON: says a line with fields of its own, at the level INFO. */
  readonly record?: (text: string, fields: Fields) => void;
  prefix(plugin: string): Log;
}

/** Whether `debug` is on: one for the process (DBG-1). */
export interface Debugging {
  on: boolean;
}

const GRAVITY: readonly Level[] = ['DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
/** Whether so grave a line of a plugin is said: as usual, or as somebody wants it for some time. */
function says(level: Level, plugin: string | undefined, { least }: LogLines, debugging: Debugging): boolean {
  const wanted = least?.(plugin ?? '');
  return wanted === undefined ? level !== 'DEBUG' || debugging.on : GRAVITY.indexOf(level) >= GRAVITY.indexOf(wanted);
}

/** A log that writes to these lines. */
export function createLog(lines: LogLines, debugging: Debugging, plugin?: string): Log {
  const before = plugin === undefined ? '' : `plugin/${plugin}: `;
  const say = (level: Level, word: string) => (text: string) => {
    if (says(level, plugin, lines, debugging)) lines.line(`[${word}] ${before}${text}`);
    if (level === 'WARN' || level === 'ERROR') lines.heard?.(level, `${before}${text}`);
  };
  return {
    lines, debug: say('DEBUG', 'DEBUG'), info: say('INFO', 'INFO'), warning: say('WARN', 'WARNING'), error: say('ERROR', 'ERROR'),
    prefix: once((name) => createLog(lines, debugging, name)),
  };
}
/** One for each name: thousands of zones say what they say as the same plugin. */
function once(make: (plugin: string) => Log): Log['prefix'] {
  const made = new Map<string, Log>();
  return (plugin) => {
    let log = made.get(plugin);
    if (log === undefined) made.set(plugin, (log = make(plugin)));
    return log;
  };
}

/** The same with one JSON object a line; `now` gives the milliseconds since 1970. */
export function createJsonLog(lines: LogLines, debugging: Debugging, now: () => number, plugin?: string): Log {
  const before = plugin === undefined ? '' : `plugin/${plugin}: `;
  const say = (level: Level) => (text: string) => {
    if (says(level, plugin, lines, debugging)) lines.line(jsonLine(now(), level, text, { plugin }));
    if (level === 'WARN' || level === 'ERROR') lines.heard?.(level, `${before}${text}`);
  };
  const [debug, info, warning, error] = [say('DEBUG'), say('INFO'), say('WARN'), say('ERROR')];
  lines.told = (text) => jsonLine(now(), 'WARN', text);
  return {
    lines, debug, info, warning, error,
    record(text, fields) {
      const line = jsonLine(now(), 'INFO', text, { plugin, ...fields });
      lines.room(line.length * 3 + 1);
      lines.text(line);
      lines.end();
    },
    prefix: once((name) => createJsonLog(lines, debugging, now, name)),
  };
}

/** One object: time, level, text, then the fields that there are. */
export function jsonLine(milliseconds: number, level: Level, text: string, fields: Fields = {}): string {
  return JSON.stringify({ time: new Date(milliseconds).toISOString(), level, msg: text, ...fields });
}
