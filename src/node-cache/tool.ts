// Programs of the node that are run for what the kernel does: `ip`, `nft`, `iptables`. Knows a child process and its bounds; knows nothing
// of what they are told.
import { spawn } from 'node:child_process';

/** Milliseconds after which a program is ended, and octets of what it says that are kept. */
const PATIENCE = 10_000, KEPT = 1 << 20;

/** How a program ended. */
export interface Ended {
  /** Undefined where it could not be run, or did not end by itself. */
  readonly status: number | undefined;
  readonly stdout: string;
  /** What it complained of, in one line. */
  readonly said: string;
}
/** Runs a program, with a text on its standard input. Does not reject. */
export type RunTool = (program: string, args: readonly string[], input?: string) => Promise<Ended>;

/** Runs it as a process. */
export const runTool: RunTool = (program, args, input = '') => new Promise((resolve) => {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: PATIENCE, killSignal: 'SIGKILL' });
  let stdout = '', stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (stdout.length < KEPT) stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (stderr.length < KEPT) stderr += text;
  });
  child.on('error', (error: NodeJS.ErrnoException) => {
    const said = error.code === 'ENOENT' ? `${program} is not installed` : error.message;
    resolve({ status: undefined, stdout, said });
  });
  child.on('close', (status, signal) => {
    const said = stderr.trim().split('\n').slice(0, 3).map((line) => line.trim()).join(' ');
    resolve({ status: status ?? undefined, stdout, said: signal === null ? said : `${program} did not end in time` });
  });
  // Who ends before all was read says so by its status.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
});
