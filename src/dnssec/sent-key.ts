// Keys that sign as they are sent from one thread to another. Knows keys; knows nothing of threads.
import { Name } from '../dns/name.ts';
import { SigningKey } from './signing-key.ts';
import type { PrivateParts } from './signing-key.ts';

/** A key as it is sent. */
export interface SentKey {
  readonly owner: string;
  readonly ttl: number;
  readonly data: Uint8Array;
  readonly parts: PrivateParts;
}

/** A key, to be sent. */
export const sent = (key: SigningKey): SentKey => ({ owner: key.owner.raw, ttl: key.ttl, data: key.data, parts: key.privateParts() });
/** A key that was sent. */
export const received = ({ owner, ttl, data, parts }: SentKey): SigningKey => new SigningKey(Name.wire(owner), ttl, data, parts);
