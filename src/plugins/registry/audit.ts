// Who tried what at the API of a registry and what became of it: a file of JSON lines. Knows lines and the file; knows no request and no
// secret.
import { open } from 'node:fs/promises';
import type { Clock } from '../../kernel/clock.ts';

/** One attempt. */
export interface Attempt {
  readonly who: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** The title of what went wrong. */
  readonly problem?: string | undefined;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** Bytes of the file's end that are read, and attempts that are told at once. */
const END = 1 << 20, MOST = 1000;

/** One file. */
export class Audit {
  readonly #path: string;
  readonly #clock: Pick<Clock, 'wall'>;
  readonly #refused: (error: Error) => void;
  #lines: string[] = [];
  #writing: Promise<void> | undefined;

  /** `refused` hears why a line could not be written. */
  constructor(path: string, clock: Pick<Clock, 'wall'>, refused: (error: Error) => void) {
    this.#path = path;
    this.#clock = clock;
    this.#refused = refused;
  }
  /** Resolves when it stands in the file; all that wait are written at once. */
  note(attempt: Attempt): Promise<void> {
    this.#lines.push(JSON.stringify({ at: new Date(this.#clock.wall()).toISOString(), ...attempt }));
    return (this.#writing ??= this.#write());
  }
  async #write(): Promise<void> {
    await Promise.resolve();
    const lines = this.#lines;
    this.#lines = [];
    this.#writing = undefined;
    try {
      const file = await open(this.#path, 'a', 0o600);
      await file.appendFile(`${lines.join('\n')}\n`).finally(() => file.close());
    } catch (error) {
      this.#refused(error as Error);
    }
  }
  /** The last attempts from a time on, the oldest first. */
  async since(time: string): Promise<readonly unknown[]> {
    const file = await open(this.#path, 'r').catch(() => undefined);
    if (file === undefined) return [];
    try {
      const { size } = await file.stat();
      const from = Math.max(0, size - END);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
      const lines = buffer.toString('utf8', 0, bytesRead).split('\n').slice(from === 0 ? 0 : 1);
      return lines.flatMap(read).filter(({ at }) => at >= time).slice(-MOST);
    } finally {
      await file.close();
    }
  }
}
/** What a line says; nothing where it is cut. */
function read(line: string): readonly { readonly at: string }[] {
  try {
    const said = JSON.parse(line) as { readonly at?: unknown } | null;
    return typeof said?.at === 'string' ? [said as { readonly at: string }] : [];
  } catch {
    return [];
  }
}
