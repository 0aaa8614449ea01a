// A mounted ConfigMap: its files that are text, and a digest by which a change is told. Knows one folder of files; knows nothing of what is
// in them (ecosystem 2).
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Octets of one file, as many as a ConfigMap has. */
const LARGEST = 1 << 20;

/** What is in a folder. */
export interface FolderContents {
  /** The text of a file; undefined where it is not there. Throws Error where it is no text. */
  text(name: string): string | undefined;
  /** The same as long as the files are. */
  readonly digest: string;
}

/** Reads it: files whose names do not begin with a dot, in their order. Throws what reading throws. */
export function readFolder(folder: string): FolderContents {
  const files = new Map<string, string | Error>();
  const hash = createHash('sha256');
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  for (const name of readdirSync(folder).filter((each) => !each.startsWith('.')).sort()) {
    const path = join(folder, name);
    // A link that leads nowhere is there for a moment while a ConfigMap is swapped.
    const is = statSync(path, { throwIfNoEntry: false });
    if (is?.isFile() !== true) continue;
    if (is.size > LARGEST) {
      files.set(name, new Error(`${path} has ${is.size} octets: a ConfigMap has ${LARGEST} at most`));
      hash.update(`${name.length} ${name} ${is.size} ${is.mtimeMs} `);
      continue;
    }
    const bytes = readFileSync(path);
    hash.update(`${name.length} ${name} ${bytes.length} `).update(bytes);
    try {
      files.set(name, decoder.decode(bytes));
    } catch {
      files.set(name, new Error(`${path} is no text in UTF-8`));
    }
  }
  const text = (name: string): string | undefined => {
    const found = files.get(name);
    if (found instanceof Error) throw found;
    return found;
  };
  return { text, digest: hash.digest('hex') };
}
