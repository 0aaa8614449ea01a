// What a store of keys does for a registry: ranges, transactions, leases, and a watch from a revision. As etcd's API has it
// (etcdserverpb); knows no store. Keys and the ends of ranges are octets, one character each.
import type { Closable } from '../kernel/shared.ts';

/** A key and what is under it. */
export interface Pair {
  readonly key: string;
  readonly value: Buffer;
  /** The revision of its last change, and the id of its lease; 0 for none. */
  readonly revision: bigint;
  readonly lease: bigint;
}
/** What was there at one revision of the whole. */
export interface Listed {
  readonly revision: bigint;
  readonly found: readonly Pair[];
}
/** The key was changed last at this revision; 0: it is not there. With an end: no key from it on to before that was changed after it. */
export interface Comparison {
  readonly key: string;
  readonly end?: string;
  readonly revision: bigint;
}
/** What a transaction does: no key may stand in two of them. */
export type Operation =
  | { readonly put: string; readonly value: Uint8Array; readonly lease: bigint }
  | { readonly delete: string };
/** What is put with the lease that is granted with it has this one. */
export const withLease = (operation: Operation, lease: bigint): Operation =>
  ('put' in operation && operation.lease === GRANTED ? { ...operation, lease } : operation);
/** All comparisons hold, and then all is done at one revision; or nothing is. */
export interface Transaction {
  readonly if: readonly Comparison[];
  readonly operations: readonly Operation[];
  /** Seconds of a lease that is granted with it, which operations have whose lease is GRANTED; where it is not done there is none. */
  readonly grant?: number;
}
/** The lease that is granted with a transaction. */
export const GRANTED = -1n;
/** What became of one; where it was not done, what is at the keys that were compared. */
export interface Outcome extends Listed {
  readonly done: boolean;
  /** The id of the lease that was granted with it; 0 for none. */
  readonly lease: bigint;
}
/** One key that is another now, or is gone. */
export interface KeyEvent {
  readonly key: string;
  /** When that came about. */
  readonly revision: bigint;
  readonly pair: Pair | undefined;
}
/** Who watches. */
export interface Watcher {
  /** All that one revision changed, in order of revisions. */
  changed(revision: bigint, events: readonly KeyEvent[]): void;
  /** Nothing more comes: the revision is no longer kept (`compacted`), or for another reason. */
  over(why: string): void;
}
/** What is left of a lease in whole seconds, less than 0 where it is gone, and for how many it was granted. */
export interface LeaseLeft {
  readonly left: number;
  readonly granted: number;
}

/** Why something was not done. */
export type Trouble =
  /** Nobody answers: a write may have been done all the same. */
  | 'unavailable'
  /** There is no room for it; nothing of it was done. */
  | 'full'
  /** The store takes nothing any more, since what it wrote cannot be believed. */
  | 'broken'
  /** There is no such lease. */
  | 'lease'
  /** It is a copy of another store's, which takes nothing itself. */
  | 'copy';
/** Something was not done. */
export class KeyValueError extends Error {
  readonly trouble: Trouble;
  constructor(trouble: Trouble, text: string) {
    super(text);
    this.trouble = trouble;
  }
}

/** The reason where what is asked for was before what is kept. */
export const COMPACTED = 'compacted';

/** A store. All of it rejects with KeyValueError. */
export interface KeyValue extends Closable {
  /** What tells this store from any other one, in hexadecimal: revisions of two stores say nothing of each other. */
  source(): Promise<string>;
  /** A key, as it is after all that was acknowledged. */
  get(key: string): Promise<Pair | undefined>;
  /** All keys from one on to before another one, at one revision. */
  list(from: string, end: string): Promise<Listed>;
  /** The same as it was at a revision; rejects, with the text COMPACTED, where that is not known any more. Some stores have no past. */
  past?(from: string, end: string, revision: bigint): Promise<Listed>;
  transaction(transaction: Transaction): Promise<Outcome>;
  /** A lease of so many seconds: its id. */
  grant(seconds: number): Promise<bigint>;
  /** Begins the TTLs of leases anew: the seconds of each that is there. Touches no disk. */
  renew(ids: readonly bigint[]): Promise<ReadonlyMap<bigint, number>>;
  /** Ends a lease, and takes away its keys; false where it was not there. */
  revoke(id: bigint): Promise<boolean>;
  lease(id: bigint): Promise<LeaseLeft>;
  /** What changes from a revision on. The function ends it. */
  watch(from: string, end: string, revision: bigint, watcher: Watcher): () => void;
}
