// What the thread of a file of keys is told and what it says, as values that can be sent between threads. Knows no file.
import type { KeyEvent, Transaction, Trouble } from './key-value.ts';

/** A lease whose id was chosen. */
export interface Granted {
  readonly id: bigint;
  readonly seconds: number;
}
/** Something to be done and kept. */
export type Write =
  | { readonly what: 'transaction'; readonly transaction: Omit<Transaction, 'grant'>; readonly grant?: Granted }
  | Granted & { readonly what: 'grant' }
  | { readonly what: 'revoke'; readonly ids: readonly bigint[] };
/** Something to be looked up. */
export type Read =
  | { readonly what: 'get'; readonly key: string }
  | { readonly what: 'list'; readonly from: string; readonly end: string }
  | { readonly what: 'past'; readonly from: string; readonly end: string; readonly revision: bigint }
  | { readonly what: 'history'; readonly from: string; readonly end: string; readonly revision: bigint };

/** A key and its value as they are sent. */
export interface SentPair {
  readonly key: string;
  readonly value: Uint8Array;
  readonly revision: bigint;
  readonly lease: bigint;
}
/** An event as it is sent. */
export interface SentEvent extends Pick<KeyEvent, 'key' | 'revision'> {
  readonly pair: SentPair | undefined;
}
/** What became of an order. */
export type Result =
  | { readonly revision: bigint; readonly done: boolean; readonly found: readonly SentPair[]; readonly events: readonly SentEvent[] }
  | { readonly trouble: Trouble; readonly text: string };

/** What is sent together: writes are kept by one sync, and looked at before what is read. */
export interface Batch {
  readonly writes: readonly Write[];
  readonly reads: readonly Read[];
}
/** The answer, each in the order in which it was asked. */
export interface Answers {
  readonly writes: readonly Result[];
  readonly reads: readonly Result[];
}
/** What there is when it opens. */
export interface Opened {
  readonly revision: bigint;
  /** What tells it from any other one. */
  readonly source: bigint;
  readonly leases: readonly (readonly [id: bigint, seconds: number])[];
}
