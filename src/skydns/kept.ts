// What is kept of a key: the message that is under it, or why it is none. Knows messages; knows no index.
import type { Pair } from '../key-value/key-value.ts';
import { readService } from './message.ts';
import type { Service } from './message.ts';

/** What is kept of a key. */
export interface Kept {
  readonly key: string;
  /** undefined: what is there is no message, for the reason in `wrong`. */
  readonly service: Service | undefined;
  readonly wrong: string;
  /** The id of its lease, 0 for none; and the revision of its last change. */
  readonly lease: bigint;
  readonly revision: bigint;
}
/** What became of a key: what is kept of it now, undefined for nothing. */
export interface KeyChange {
  readonly key: string;
  readonly kept: Kept | undefined;
}

/** Reads what a store has under a key. */
export function keptOf({ key, value, lease, revision }: Pair): Kept {
  try {
    return { key, service: readService(key, value), wrong: '', lease, revision };
  } catch (error) {
    return { key, service: undefined, wrong: (error as Error).message, lease, revision };
  }
}
