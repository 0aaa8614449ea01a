// The two files of a key that a Corefile names (DSEC-1): BASE.key and BASE.private, of which either may be named. Knows names of files; how
// they are read is handed in.
import { latin1 } from '../dns/latin1.ts';
import { readKeyFiles } from '../dnssec/key-file.ts';
import type { SigningKey } from '../dnssec/signing-key.ts';
import { fileError } from '../wording/errno.ts';

/** A key, and where its private part lies. */
export interface KeyPair {
  readonly key: SigningKey;
  readonly publicFile: string;
  readonly privateFile: string;
}

/** Reads a key by its name; throws Error with the file's name where one cannot be read, is cut, or does not fit the other. */
export function readKeyPair(name: string, readFile: (path: string) => Uint8Array): KeyPair {
  const base = name.replace(/\.(key|private)$/, '');
  const text = (path: string) => {
    try {
      const bytes = readFile(path);
      return latin1(bytes, 0, bytes.length);
    } catch (error) {
      throw new Error(fileError(error, path), { cause: error });
    }
  };
  const publicFile = `${base}.key`;
  const privateFile = `${base}.private`;
  const { key } = readKeyFiles(text(publicFile), publicFile, text(privateFile), privateFile);
  return { key, publicFile, privateFile };
}
