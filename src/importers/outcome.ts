// What becomes of a configuration of another server: the blocks of a Corefile, files beside it, and what is said of each setting that has
// no
// counterpart. Knows words and lines; knows no server.
import { join } from 'node:path';

/** Where something stands in a file of the other server. */
export interface Where {
  readonly file: string;
  readonly line: number;
}
/**
 * What became of a setting: `lost` would change answers, `idle` does not, and with `note` it came over and something is to be said of it.
 * A setting without a fate came over.
 */
export type Fate = { readonly lost: string } | { readonly idle: string } | { readonly note: string };
/** A fate that was met. */
export interface Remark extends Where {
  readonly kind: 'lost' | 'idle' | 'note';
  /** The setting as it was written; secrets are not in it. */
  readonly text: string;
  readonly reason: string;
}
/** A line of a block: its words, and what stands in its braces. */
export interface Line {
  readonly words: readonly string[];
  readonly inside?: readonly Line[];
}
/** A server block, or a snippet. */
export interface Block {
  readonly keys: readonly string[];
  readonly lines: readonly Line[];
}
/** A file that is written beside the Corefile; who may read a secret one is its owner alone. */
export interface WrittenFile {
  readonly text: string;
  readonly secret: boolean;
}

/** A configuration that cannot be read; the text has its place. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
  constructor({ file, line }: Where, reason: string) {
    super(`${file}:${line}: ${reason}`);
  }
}

/** How much of a setting a remark repeats. */
const SHOWN = 200;

/** What an importer makes. */
export class Outcome {
  readonly blocks: Block[] = [];
  readonly files = new Map<string, WrittenFile>();
  readonly folders = new Set<string>();
  readonly remarks: Remark[] = [];
  /** How many settings came over. */
  taken = 0;
  readonly #folder: string;

  /** `folder` is where the Corefile will lie. */
  constructor(folder: string) {
    this.#folder = folder;
  }
  /** Says what became of a setting. */
  tell({ file, line }: Where, text: string, fate: Fate | undefined): void {
    if (fate === undefined || 'note' in fate) this.taken++;
    if (fate === undefined) return;
    const [kind, reason] = Object.entries(fate)[0] as [Remark['kind'], string];
    this.remarks.push({ file, line, kind, text: text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text, reason });
  }
  /** Puts a file beside the Corefile; its path as a Corefile names it. */
  write(name: string, text: string, secret = false): string {
    this.files.set(name, { text, secret });
    return join(this.#folder, name);
  }
  /** A folder beside the Corefile, which is made; its path. */
  folder(name: string): string {
    this.folders.add(name);
    return join(this.#folder, name);
  }
  /** Whether something that would change answers stayed behind. */
  get isLossy(): boolean {
    return this.remarks.some(({ kind }) => kind === 'lost');
  }
}
