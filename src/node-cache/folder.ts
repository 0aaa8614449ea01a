// A mounted ConfigMap: its files that are text, and a digest by which a change is told. Knows one folder of files; knows nothing of what is
// in them (ecosystem 2).
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Octets of one file, as many as a ConfigMap has. */
const LARGEST = 1 << 20;

/** What is in a folder. */
export interface FolderContents {
  readonly files: ReadonlyMap<string, string>;
  /** The same as long as the files are. */
  readonly digest: string;
}

/** Reads it: files whose names do not begin with a dot, in their order. Throws what reading throws, and Error where one is no text. */
export function readFolder(folder: string): FolderContents {
  const files = new Map<string, string>();
  const hash = createHash('sha256');
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  for (const name of readdirSync(folder).filter((each) => !each.startsWith('.')).sort()) {
    const path = join(folder, name);
    const is = statSync(path);
    if (!is.isFile()) continue;
    if (is.size > LARGEST) throw new Error(`${path} has ${is.size} octets: a ConfigMap has ${LARGEST} at most`);
    const bytes = readFileSync(path);
    hash.update(`${name.length} ${name} ${bytes.length} `).update(bytes);
    try {
      files.set(name, decoder.decode(bytes));
    } catch {
      throw new Error(`${path} is no text in UTF-8`);
    }
  }
  return { files, digest: hash.digest('hex') };
}
