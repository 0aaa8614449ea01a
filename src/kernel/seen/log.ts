// What the server says at run time, with CoreDNS's levels (LIB-8). Knows lines; knows nothing of queries.
import type { Lines } from './lines.ts';

/** What can be said. `prefix` made one that begins each line with `plugin/NAME: `. */
export interface Log {
  /** Said only while the `debug` plugin is loaded. */
  debug(text: string): void;
  info(text: string): void;
  warning(text: string): void;
  error(text: string): void;
  /** The bytes below, for lines that are written once a query. */
  readonly lines: Lines;
  prefix(plugin: string): Log;
}

/** Whether `debug` is on: one for the process (DBG-1). */
export interface Debugging {
  on: boolean;
}

/** A log that writes to these lines. */
export function createLog(lines: Lines, debugging: Debugging, before = ''): Log {
  return {
    lines,
    debug: (text) => {
      if (debugging.on) lines.line(`[DEBUG] ${before}${text}`);
    },
    info: (text) => lines.line(`[INFO] ${before}${text}`),
    warning: (text) => lines.line(`[WARNING] ${before}${text}`),
    error: (text) => lines.line(`[ERROR] ${before}${text}`),
    prefix: (plugin) => createLog(lines, debugging, `plugin/${plugin}: `),
  };
}
