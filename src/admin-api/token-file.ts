// A file of tokens as a Corefile names it: read once to say what is wrong with it, at its line. Knows a line and what reads files.
import type { Directive } from '../corefile/directive.ts';
import { cryptography } from '../secure/node.ts';
import { Tokens, TokensError } from '../secure/tokens.ts';
import { fileError } from '../wording/errno.ts';

/** What reads a file. */
type ReadFile = (path: string) => Uint8Array;

/** The contents of a file. Throws Error that names it. */
export function textOfFile(path: string, readFile: ReadFile): string {
  try {
    return Buffer.from(readFile(path)).toString();
  } catch (error) {
    throw new Error(fileError(error, path), { cause: error });
  }
}
/** Reads the tokens of a file that a property names; `form` says what a line is. Throws CorefileError where it has none, or a wrong one. */
export function readTokenFile(property: Directive, path: string, readFile: ReadFile, form: string): void {
  const text = property.attempt(() => textOfFile(path, readFile));
  try {
    if (new Tokens(text, cryptography()).size === 0) property.fail(`${path} has no token`, form);
  } catch (error) {
    if (!(error instanceof TokensError)) throw error;
    property.fail(`${path}:${error.line}: ${error.message}`, form);
  }
}
