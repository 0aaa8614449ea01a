// What is wrong with a Corefile, as it is told to people and programs. Knows the form; finds nothing.
import type { Code } from '../corefile/error.ts';

/** One problem, as `--json` prints it. `line` and `column` count from 1 and are 0 where they are not known. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** An error stops the start; a warning does not. */
  readonly severity: 'error' | 'warning';
  readonly code: Code;
  readonly message: string;
  readonly hint?: string;
}
