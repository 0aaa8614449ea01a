// Sessions of browsers: a cookie that a page cannot read, for a token that was shown once. Knows cookies and hashes; a token itself is
// never kept. Where the server has a folder for what outlives it, sessions are there too.
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeWhole } from '../../admin-api/corefile-file.ts';
import type { Exchange } from '../../http/exchange.ts';
import type { Clock } from '../../kernel/clock.ts';
import { cryptography } from '../../secure/node.ts';

/** Milliseconds that a session lasts, and sessions at the same time: for one more the oldest ends. */
const LASTS = 12 * 3600_000, MOST = 256;

/** What the cookie is called, and whether it goes over TLS alone. */
export interface Cookie {
  /** Distinguishes servers of one machine: a browser sends a cookie to all ports of an address. */
  readonly name: string;
  readonly isSecure: boolean;
}
/** A file for them, and who hears once why it is not to be read or written. */
export interface SessionFile {
  readonly path: string;
  readonly complain: (text: string) => void;
}
interface Session {
  /** SHA-256 of the token. */
  readonly token: Buffer;
  /** Milliseconds since 1970. */
  readonly until: number;
}
const sha256 = (text: string): Buffer => cryptography().createHash('sha256').update(text).digest();

/** Those of a process at one address. */
export class Sessions {
  readonly #clock: Clock;
  readonly #name: string;
  readonly #attributes: string;
  /** By the hash of the cookie's value, so that nothing is compared letter by letter. */
  readonly #sessions = new Map<string, Session>();

  readonly #file: SessionFile | undefined;

  constructor(clock: Clock, { name, isSecure }: Cookie, file?: SessionFile) {
    this.#clock = clock;
    this.#file = file;
    // With the prefix a browser takes it over TLS from this very host alone (RFC 6265bis section 4.1.3.2).
    this.#name = `${isSecure ? '__Host-' : ''}coredns-ts${name === '' ? '' : `-${name}`}`;
    this.#attributes = `; Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
    this.#read();
  }
  close(): void {
    this.#sessions.clear();
  }
  /** Begins one; the value of Set-Cookie. */
  begin(token: string): string {
    const value = cryptography().randomBytes(32).toString('base64url');
    this.#sessions.set(keyOf(value), { token: sha256(token), until: this.#clock.wall() + LASTS });
    for (const [oldest] of this.#sessions) if (this.#sessions.size > MOST) this.#sessions.delete(oldest);
    this.#write();
    return `${this.#name}=${value}; Max-Age=${LASTS / 1000}${this.#attributes}`;
  }
  /** The hash of the token with which the session of a request began; undefined where it has none. */
  tokenOf(exchange: Exchange): Buffer | undefined {
    const key = this.#keyOf(exchange);
    const session = key === undefined ? undefined : this.#sessions.get(key);
    if (session === undefined) return undefined;
    if (session.until > this.#clock.wall()) return session.token;
    this.#sessions.delete(key!);
    return undefined;
  }
  /** Ends the session of a request; the value of Set-Cookie. */
  end(exchange: Exchange): string {
    const key = this.#keyOf(exchange);
    if (key !== undefined && this.#sessions.delete(key)) this.#write();
    return `${this.#name}=; Max-Age=0${this.#attributes}`;
  }
  #read(): void {
    if (this.#file === undefined) return;
    try {
      for (const [key, session] of readSessions(readFileSync(this.#file.path, 'utf8'))) this.#sessions.set(key, session);
    } catch (error) {
      // Whoever had one shows the token again.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#file.complain(`sessions are not read: ${(error as Error).message}`);
    }
  }
  #write(): void {
    if (this.#file === undefined) return;
    const rows = [...this.#sessions].map(([key, { token, until }]) => [key, token.toString('hex'), until]);
    try {
      mkdirSync(dirname(this.#file.path), { recursive: true, mode: 0o700 });
      writeWhole(this.#file.path, JSON.stringify(rows));
    } catch (error) {
      this.#file.complain(`sessions are not kept: ${(error as Error).message}`);
    }
  }
  #keyOf(exchange: Exchange): string | undefined {
    const cookies = (exchange.field('cookie') ?? '').split(/; ?/);
    const found = cookies.find((each) => each.startsWith(`${this.#name}=`));
    return found === undefined ? undefined : keyOf(found.slice(this.#name.length + 1));
  }
}
/** Sessions as their file has them, the newest of too many. Throws Error where it is damaged. */
export function readSessions(text: string): ReadonlyMap<string, Session> {
  const rows: unknown = JSON.parse(text);
  const isRow = (row: unknown): row is readonly [key: string, token: string, until: number] => Array.isArray(row) && row.length === 3
    && [row[0], row[1]].every((hash) => typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash)) && Number.isSafeInteger(row[2]);
  if (!Array.isArray(rows) || !rows.every(isRow)) throw new Error('it is damaged');
  return new Map(rows.slice(-MOST).map(([key, token, until]) => [key, { token: Buffer.from(token, 'hex'), until }]));
}
const keyOf = (value: string): string => sha256(value).toString('hex');
