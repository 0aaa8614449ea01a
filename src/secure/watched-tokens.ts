// The tokens of a file that is read again: what cannot be read leaves those before it. Knows a text; opens nothing and knows no clock.
import type * as nodeCrypto from 'node:crypto';
import { Tokens } from './tokens.ts';

/** What tokens are watched with. */
interface WatchedTokensParts {
  readonly path: string;
  readonly read: (path: string) => Promise<string>;
  readonly cryptography: typeof nodeCrypto;
  /** Hears why a file is not taken over, once a reason. */
  readonly refused: (reason: string) => void;
}
/** The tokens that count now, and a look at the file. */
interface WatchedTokens {
  readonly tokens: () => Tokens;
  readonly look: () => Promise<void>;
}

/** Reads them for the first time. Rejects with a text for people where they cannot be read. */
export async function watchedTokens({ path, read, cryptography, refused }: WatchedTokensParts): Promise<WatchedTokens> {
  let text = await read(path);
  let tokens = new Tokens(text, cryptography);
  let said = '';
  return {
    tokens: () => tokens,
    look: async () => {
      try {
        const now = await read(path);
        if (now !== text) tokens = new Tokens(now, cryptography);
        text = now;
        said = '';
      } catch (error) {
        const why = (error as Error).message;
        if (why !== said) refused(`${path} is not taken over, and the tokens before it stay: ${why}`);
        said = why;
      }
    },
  };
}
