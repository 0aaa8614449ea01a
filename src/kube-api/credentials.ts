// What shows the API who we are: a token, a password, or what a command says, read again as it changes. Knows how long each is good for;
// knows no HTTP.
import type { Clock } from '../kernel/clock.ts';
import { fileError } from '../wording/errno.ts';
import { quoted } from '../wording/quote.ts';
import { ApiError } from './api-error.ts';
import { fileContent } from './file-content.ts';

/** What one request shows. */
export interface Credential {
  /** The value of the Authorization header. */
  readonly authorization?: string;
  /** PEM of a client certificate and its key that come with it (exec credentials). */
  readonly certificate?: string;
  readonly key?: string;
}

/** Where credentials come from. */
export interface CredentialSource {
  /** What to show now. Rejects with ApiError `credentials`. */
  get(): Promise<Credential>;
  /** The API said 401 to this one: the next `get` reads it again, however young it is. */
  refused(credential: Credential): void;
}

/** Always the same; nothing at all for one who has no name. */
export function fixedCredential(credential: Credential): CredentialSource {
  return { get: async () => credential, refused: () => {} };
}

/** `Authorization: Bearer`. */
export const bearer = (token: string): Credential => ({ authorization: `Bearer ${token}` });
/** `Authorization: Basic`. */
export const basic = (name: string, password: string): Credential =>
  ({ authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` });

/** Milliseconds for which a token from a file is used before the file is read again. */
const TOKEN_AGE = 60_000;

/**
 * A token in a file that somebody else rotates. It is read again once a minute and at once after a 401; where the file cannot be read or
 * is empty, the token before is used on.
 */
export class TokenFile implements CredentialSource {
  readonly #path: string;
  readonly #clock: Clock;
  #known: Credential | undefined;
  #readAt = -Infinity;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }
  async get(): Promise<Credential> {
    if (this.#known !== undefined && this.#clock.monotonic() - this.#readAt < TOKEN_AGE) return this.#known;
    const at = this.#clock.monotonic();
    try {
      const token = (await fileContent(this.#path)).toString().trim();
      if (token === '') throw new Error(`read empty token from file ${quoted(this.#path)}`);
      if (this.#known?.authorization !== `Bearer ${token}`) this.#known = bearer(token);
      this.#readAt = at;
    } catch (error) {
      if (this.#known === undefined) throw new ApiError('credentials', fileError(error, this.#path));
    }
    return this.#known!;
  }
  refused(credential: Credential): void {
    if (credential === this.#known) this.#readAt = -Infinity;
  }
}
