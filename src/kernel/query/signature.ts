// Who signed a request, as somebody who has the keys tells the server before any part changes its bytes. Knows no algorithm and no key.
import { Slot } from '../slot.ts';
import type { Query } from './query.ts';

/** What a signature is worth (RFC 8945). */
export interface Signature {
  /** 0 where it is true; else the error of its record. */
  readonly error: number;
  /** The key's name, lower-case, with the last dot. */
  readonly key: string;
  /** The octets that tell this request from every other one that the key signed. */
  readonly mac: Uint8Array;
  /** The last second at which it is accepted, since 1970. */
  readonly until: number;
}

/** Knows keys: put into `SignatureChecks` of its block, it is asked about signed requests to every block of the server. */
export interface SignatureCheck {
  /** What the record at `query.signedAt` is worth; undefined where its key is none of those that are known here. */
  check(query: Query): Signature | undefined;
}

/** Where `tsig` puts itself. */
export const SignatureChecks = new Slot<SignatureCheck>('signature checks');

/** Asks one after the other; the first that finds it true, else the first that knows the key. */
export function checked(query: Query, checks: readonly SignatureCheck[]): Signature | undefined {
  let found: Signature | undefined;
  for (const each of checks) {
    const signature = each.check(query);
    if (signature?.error === 0) return signature;
    found ??= signature;
  }
  return found;
}
