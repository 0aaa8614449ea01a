// The keys of session tickets (RFC 5077, RFC 8446 section 4.6.1): the same ones in every thread, and in every replica that has the same
// secret. Knows time and a secret; knows no connection.

/** Milliseconds that a key seals tickets for; for as long again it opens them. */
export const KEPT = 12 * 3600 * 1000;
/** Octets of a key as Node takes it: a name of 16, then what seals and what ciphers. */
const LENGTH = 48;
/** Octets of the name in front of it, which stands in each ticket. */
const NAME = 16;

/** What tells sessions of a scheme and port from those of others, of `scheme://ADDRESS:PORT`: replicas have different addresses. */
export const sessionsOf = (label: string): string => label.replace(/\/\/.*(?=:\d+$)/, '//');

/** The keys of one span of time. */
export interface TicketKeys {
  readonly current: Buffer;
  readonly last: Buffer;
}
/** HKDF of Node's cryptography, with SHA-256. */
export type Derive = (secret: Uint8Array, info: string, length: number) => Buffer;

/** Makes the keys of the time from a secret, so that nobody has to be told of a new one. */
export class Tickets {
  readonly #secret: Uint8Array;
  readonly #derive: Derive;
  readonly #now: () => number;
  #span = -1;
  #keys: TicketKeys | undefined;

  /** Whether replicas have the same secret; otherwise it is this process's own. */
  readonly shared: boolean;

  /** `now` is in milliseconds since 1970, so that replicas change keys at once. */
  constructor(secret: Uint8Array, derive: Derive, now: () => number, shared = false) {
    this.#secret = secret;
    this.shared = shared;
    this.#derive = derive;
    this.#now = now;
  }

  /** The keys now. The same object until they change. */
  get keys(): TicketKeys {
    const span = Math.floor(this.#now() / KEPT);
    if (this.#keys !== undefined && span === this.#span) return this.#keys;
    this.#span = span;
    return (this.#keys = { current: this.#of(span), last: this.#of(span - 1) });
  }
  /** So many octets for another use, which `use` names. */
  derive(use: string, length: number): Buffer {
    return this.#derive(this.#secret, use, length);
  }
  #of(span: number): Buffer {
    return this.#derive(this.#secret, `session tickets ${span}`, LENGTH);
  }
}

/** Octets of the record that a stream begins with, or undefined while that is not known: five in front of it (RFC 8446 section 5.1). */
const recordLength = (bytes: Uint8Array): number | undefined => (bytes.length < 5 ? undefined : 5 + ((bytes[3]! << 8) | bytes[4]!));

/**
 * Whether a client begins with a ticket that this key has sealed; undefined while that cannot be told. A ticket begins with the name of
 * its key (RFC 5077 section 4), 16 octets that stand nowhere else.
 */
export function isSealedBy(hello: Buffer, key: Buffer): boolean | undefined {
  if (hello.includes(key.subarray(0, NAME))) return true;
  if (hello.length > 0 && hello[0] !== 22) return false;
  const length = recordLength(hello);
  return length === undefined || hello.length < length ? undefined : false;
}
