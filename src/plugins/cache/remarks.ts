// What the cache remarks about a question, for whoever explains its answer. Knows numbers; the texts are made when they are read.
import type { Remark } from '../../kernel/query/notes.ts';

/** An answer is kept: seconds that are left, and that it is kept for in all. */
export const HELD: Remark = (left, ttl) => `kept answer: ${left} s of ${ttl} s left`;
/** Nothing is kept. */
export const MISSED: Remark = () => 'no entry';
/** What is kept has expired so many seconds ago; `asks` first, or answers first. */
export const EXPIRED: Remark = (ago, asks) => `no entry: expired ${ago} s ago${asks === 1 ? ', serve_stale asks first' : ''}`;
/** An expired entry answers. */
export const STALE: Remark = (ttl) => `served although it has expired, with a ttl of ${ttl} s`;
/** It is asked for again before it expires. */
export const PREFETCHED: Remark = (hits) => `asked for ${hits} times, so it is asked for anew`;
/** What came is kept for so many seconds, among the denials or the answers. */
export const KEPT: Remark = (ttl, denial) => `kept ${ttl} s (${denial === 1 ? 'denial' : 'success'})`;
/** What came is not kept. */
export const NOT_KEPT: Remark = () => 'not kept';
/** Somebody asks the same already. */
export const JOINED: Remark = () => 'somebody asks the same already: waits for that answer';
