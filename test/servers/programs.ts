// The programs of others that tests run. Knows processes; knows no DNS.
import { execFile, execFileSync } from 'node:child_process';

/** `false` where the program is there, else why a test of it is skipped. */
export function missing(...programs: readonly string[]): string | false {
  const gone = programs.filter((program) => {
    try {
      execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
      return false;
    } catch {
      return true;
    }
  });
  return gone.length === 0 ? false : `${gone.join(', ')} not installed`;
}

/** Everything that a program printed, whatever its status. `input` is what it reads. */
export const output = (program: string, args: readonly string[], input = ''): Promise<string> => new Promise((resolve) => {
  const child = execFile(program, args, { timeout: 20_000, maxBuffer: 1e9 }, (_error, stdout, stderr) => resolve(stdout + stderr));
  child.stdin?.end(input);
});
