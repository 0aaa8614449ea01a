// What the process says outside of its log. Knows streams and the status of a start that failed.
import { writeFileSync } from 'node:fs';

/** Text on standard output, as it is. */
export const writeOut = (text: string): void => writeFileSync(1, text);

/** A line on standard error, and status 1 (CLI-10). */
export function fail(text: string): never {
  writeFileSync(2, `${text}\n`);
  process.exit(1);
}
