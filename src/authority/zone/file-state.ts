// Which files a zone was read from and in which state, so that one can see whether they are others now. Knows files; knows nothing of
// their text.
import { statSync } from 'node:fs';

/** The files of a zone as they are. */
export interface FileState {
  readonly paths: readonly string[];
  /** The devices and the files on them: others where one was renamed into place, or a link leads elsewhere. */
  readonly identity: string;
  /** Their sizes and the moments at which they were written. */
  readonly contents: string;
  /** The last of these moments: milliseconds since 1970. */
  readonly written: number;
  /** Their bytes. */
  readonly size: number;
}
interface OneFile {
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  readonly mtimeMs: number;
}

/** The state of files that were looked at. */
export const stateOf = (paths: readonly string[], files: readonly OneFile[]): FileState => ({
  paths,
  identity: files.map(({ dev, ino }) => `${dev} ${ino}`).join(),
  contents: files.map(({ size, mtimeMs }) => `${size} ${mtimeMs}`).join(),
  written: Math.max(...files.map(({ mtimeMs }) => mtimeMs)),
  size: files.reduce((sum, { size }) => sum + size, 0),
});
/** The state of the files at these paths now, links followed; undefined where one of them cannot be looked at. */
export function lookAt(paths: readonly string[]): FileState | undefined {
  try {
    return stateOf(paths, paths.map((path) => statSync(path)));
  } catch {
    return undefined;
  }
}
/** Whether nothing was written or replaced between the two. */
export const isSame = (one: FileState | undefined, other: FileState): boolean =>
  one !== undefined && one.identity === other.identity && one.contents === other.contents;
