// The flags of the server (CLI-1 to 7). Knows no process.
import { readFlags } from '../wording/flags.ts';

/** What was asked for. */
export interface Flags {
  /** '' where it was not given. */
  readonly conf: string;
  readonly port: number;
  readonly pidfile: string;
  readonly quiet: boolean;
  /** Whether the log is JSON (CLI-17). */
  readonly json: boolean;
  readonly version: boolean;
  readonly plugins: boolean;
  /** Arguments that are no flags. */
  readonly rest: readonly string[];
  /** The Corefile, where the command line itself says it. */
  readonly text?: string;
  /** Where it is made of something else: as that is now. */
  readonly made?: () => string;
}
/** The reason to stop, '' where help was asked for. */
export interface Refusal {
  readonly refused: string;
  /** 2 where the flags cannot be read, 1 where they can and one has no such value. */
  readonly status: 1 | 2;
}
const wrong = (refused: string): Refusal => ({ refused, status: 2 });

const TEXT = ['conf', 'dns.port', 'p', 'pidfile', 'log-format'];
const SWITCH = ['quiet', 'version', 'plugins'];

/** Whether the argument behind this one is its value. */
export const takesValue = (arg: string): boolean => TEXT.includes(arg.replace(/^--?/, ''));

/** What is printed beside a refusal. */
export const usage = `Usage of coredns:
  -conf string
    \tCorefile to load (default "Corefile")
  -dns.port string
    \tDefault port (default "53")
  -log-format string
    \tFormat of the log: text or json (default "text")
  -p string
    \tDefault port (default "53")
  -pidfile string
    \tPath to write pid file
  -plugins
    \tList installed plugins
  -quiet
    \tQuiet mode (no initialization output)
  -version
    \tShow version
`;

/** Reads the arguments after the program's name. */
export function parseFlags(args: readonly string[]): Flags | Refusal {
  const read = readFlags(args, { text: TEXT, switches: SWITCH });
  if (typeof read === 'string') return wrong(read);
  const { text, on, rest } = read;
  const given = text['p'] ?? text['dns.port'] ?? '53';
  const port = /^[0-9]+$/.test(given) ? Number(given) : -1;
  if (port < 0 || port > 65535) return { refused: `invalid port: ${given}: a port is a number from 0 to 65535`, status: 1 };
  const format = text['log-format'] ?? 'text';
  if (format !== 'text' && format !== 'json') return { refused: `unknown log format "${format}": expected text or json`, status: 1 };
  return {
    conf: text['conf'] ?? '', port, pidfile: text['pidfile'] ?? '', quiet: on['quiet'] === true, json: format === 'json',
    version: on['version'] === true, plugins: on['plugins'] === true, rest,
  };
}
