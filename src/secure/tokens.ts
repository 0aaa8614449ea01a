// Tokens of an API: a file with who may do what below which name, and the hash of each token, so that whoever reads it has none. Knows the
// file's text and hashes; is handed the contents and the cryptography.
import type * as nodeCrypto from 'node:crypto';

/** What one may do; who may do one may do those before it. */
export const ROLES = ['read', 'operate', 'admin'] as const;
/** One of them. */
export type Role = (typeof ROLES)[number];
/** One line of the file. */
export interface Grant {
  /** What it is called in records of who did what. */
  readonly holder: string;
  readonly role: Role;
  /** The labels of a name, in lower case from the right; none for all names. */
  readonly subtree: readonly string[];
}
/** Cryptography as Node has it. */
type Cryptography = Pick<typeof nodeCrypto, 'createHash' | 'timingSafeEqual'>;

/** A line that cannot be read. */
export class TokensError extends Error {
  readonly line: number;
  constructor(line: number, text: string) {
    super(text);
    this.line = line;
  }
}
/** 256 bits in hexadecimal or Base64 for URLs. */
const TOKEN = /^(?:[0-9A-Fa-f]{64}|[A-Za-z0-9_-]{43}=?)$/;
/** Bytes of a file, and lines of one, at most. */
const MOST_BYTES = 1 << 20, MOST_LINES = 10_000;

/** The labels of a name from the right, in lower case. */
export const labelsFromRight = (name: string): readonly string[] =>
  name.toLowerCase().split('.').filter((label) => label !== '').toReversed();

/** The tokens of one file. */
export class Tokens {
  readonly #cryptography: Cryptography;
  readonly #grants: readonly (Grant & { readonly hash: Buffer })[];

  /**
   * Each line is `HOLDER ROLE SUBTREE HASH`: a word, a role, a name (`.` for all) and the SHA-256 of the token in hexadecimal. Throws
   * TokensError.
   */
  constructor(text: string, cryptography: Cryptography) {
    this.#cryptography = cryptography;
    if (text.length > MOST_BYTES) throw new TokensError(1, 'the file is too long');
    const lines = text.split(/\r?\n/);
    if (lines.length > MOST_LINES) throw new TokensError(MOST_LINES, 'the file has too many lines');
    this.#grants = lines.flatMap((line, i) => {
      const words = line.replace(/(^|\s)#.*$/, '').trim().split(/\s+/);
      return words[0] === '' ? [] : [readGrant(words, i + 1)];
    });
  }
  get size(): number {
    return this.#grants.length;
  }
  /** What this token may do: one grant a line of it. Every line is compared, each in the same time. */
  of(token: string): readonly Grant[] {
    if (!TOKEN.test(token)) return [];
    return this.held(this.#cryptography.createHash('sha256').update(token).digest());
  }
  /** The same of a token by its SHA-256. */
  held(hash: Buffer): readonly Grant[] {
    return this.#grants.filter((grant) => this.#cryptography.timingSafeEqual(grant.hash, hash));
  }
}
function readGrant(words: readonly string[], line: number): Grant & { readonly hash: Buffer } {
  const [holder = '', role = '', subtree = '', hash = '', ...more] = words;
  if (hash === '' || more.length > 0) throw new TokensError(line, 'a line is HOLDER ROLE SUBTREE HASH');
  if (!(ROLES as readonly string[]).includes(role)) throw new TokensError(line, `the role is one of ${ROLES.join(', ')}, not '${role}'`);
  if (!/^[0-9A-Fa-f]{64}$/.test(hash)) throw new TokensError(line, 'the hash is the SHA-256 of the token, 64 hexadecimal digits');
  return { holder, role: role as Role, subtree: labelsFromRight(subtree), hash: Buffer.from(hash, 'hex') };
}

/** Whether somebody with these may do what the role says with a name. */
export function mayDo(grants: readonly Grant[], role: Role, name: string): boolean {
  const labels = labelsFromRight(name);
  return grants.some((grant) => ROLES.indexOf(grant.role) >= ROLES.indexOf(role) && grant.subtree.every((label, i) => labels[i] === label));
}
/** The token of a request's `Authorization` field (RFC 6750 section 2.1); undefined where it is none. */
export const bearerOf = (field: string | undefined): string | undefined => /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i.exec(field ?? '')?.[1];
