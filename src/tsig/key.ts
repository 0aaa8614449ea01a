// A shared secret under its name (RFC 8945 section 2), and several of them. Knows no message.
import { createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { latin1Bytes } from '../dns/latin1.ts';
import type { Name } from '../dns/name.ts';
import { same } from './algorithm.ts';
import type { Binding } from './algorithm.ts';

/** One key. */
export interface Key {
  /** Lower-case. */
  readonly name: Name;
  /** The name on the wire. */
  readonly wire: Uint8Array;
  /** Undefined where what was written is no secret: then nothing is ever signed with it rightly. */
  readonly secret: KeyObject | undefined;
  /** The one algorithm that it is used with; where undefined, each that a request names. */
  readonly bound: Binding | undefined;
  /** What we sign our own requests with. */
  readonly own: Binding;
}

/** A key; its secret is read into what signs here, once. */
export function keyOf(name: Name, secret: Uint8Array | undefined, own: Binding, bound?: Binding): Key {
  const lower = name.key;
  return {
    name, wire: latin1Bytes(lower), own, bound,
    secret: secret === undefined || secret.length === 0 ? undefined : createSecretKey(secret),
  };
}

/** The key whose name is this, octet for octet: as in CoreDNS, letters on the wire have to be those of the key, which are lower-case. */
export const keyNamed = (keys: readonly Key[], wire: Uint8Array): Key | undefined => keys.find((key) => same(key.wire, wire));
