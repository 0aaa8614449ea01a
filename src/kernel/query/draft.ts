// How a reply begins: in the place that its query has for it, with the header and the question as they were asked. Knows offsets and flag
// bits; knows nothing of records.
import { HEADER } from '../../dns/packet.ts';
import type { Message } from './message.ts';

/** What is looked at of a question: where its packet lies and where its reply is made. */
export interface Drafting {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly at: number;
  readonly questionEnd: number;
  readonly replyAt: number;
  readonly replyRoom: number;
}

/** Makes `message` an empty reply to the question. Whatever it was before is overwritten. */
export function beginReply(message: Message, query: Drafting, flags: number, rcode: number): Message {
  draft(message, query);
  const { words, bytes, questionEnd } = query;
  const from = query.at >> 2;
  const out = message.at;
  const to = out >> 2;
  for (let i = 0, n = (questionEnd + 3) >> 2; i < n; i++) words[to + i] = words[from + i]!;
  bytes[out + 2] = 0x80 | (bytes[out + 2]! & 0x79) | (flags >> 8);
  bytes[out + 3] = (bytes[out + 3]! & 0x10) | (flags & 0xf0) | rcode;
  if ((bytes[out + 2]! & 0x78) !== 0) {
    // RD and CD are a question's: a reply to a NOTIFY has neither.
    bytes[out + 2] = (bytes[out + 2]! & 0xfe) | ((flags >> 8) & 1);
    bytes[out + 3] = (bytes[out + 3]! & 0xef) | (flags & 0x10);
  }
  words[to + 2] = 0;
  bytes[out + 6] = 0;
  bytes[out + 7] = 0;
  message.length = questionEnd;
  return message;
}

/** Makes `message` a copy of another one, with id, RD and question of this query; `alike` where the question is the same to the letter. */
export function adoptReply(message: Message, query: Drafting, source: Int32Array, from: number, length: number, alike: boolean): Message {
  draft(message, query);
  message.length = 0;
  if (length > query.replyRoom) message.ensure(length);
  const { words, bytes, at } = message;
  const to = at >> 2;
  const n = (length + 3) >> 2;
  if (n <= 64) for (let i = 0; i < n; i++) words[to + i] = source[from + i]!;
  else words.set(source.subarray(from, from + n), to);
  const { bytes: asked, at: askedAt, questionEnd } = query;
  bytes[at] = asked[askedAt]!;
  bytes[at + 1] = asked[askedAt + 1]!;
  bytes[at + 2] = (bytes[at + 2]! & 0xfe) | (asked[askedAt + 2]! & 1);
  if (!alike) for (let i = HEADER; i < questionEnd; i++) bytes[at + i] = asked[askedAt + i]!;
  message.length = length;
  return message;
}

function draft(message: Message, query: Drafting): void {
  message.bytes = query.bytes;
  message.words = query.words;
  message.at = query.replyAt;
  message.room = query.replyRoom;
  message.questionEnd = query.questionEnd;
  message.optAt = 0;
  message.cause = undefined;
  message.plain = 0;
  message.extended = 0;
}
