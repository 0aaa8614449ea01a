// An answer that an upstream pushes, and how it answers a question here. Knows one message and its age; knows nothing of streams.
import { HEADER, Records, setU16, setU32, skipName, u16, u32 } from '../dns/packet.ts';
import { TYPE } from '../dns/type-name.ts';
import { Walked, relay, rewritten } from '../kernel/query/relay.ts';
import type { Message } from '../kernel/query/message.ts';
import type { Query } from '../kernel/query/query.ts';
import { Key } from '../store/key.ts';

/** Seconds that records of an answer show whose TTL has ended (RFC 8767 section 4), and that a failure without records counts for. */
const STALE_TTL = 30, NO_TTL = 5;
const walked = new Walked();
const records = new Records();

/** One question and what is known of its answer. */
export class KnownAnswer {
  /** Another one of the same hash. */
  next: KnownAnswer | undefined = undefined;
  readonly key: Key;
  readonly flavour: number;
  /** The question as it is watched, and its name as it stands in there. */
  readonly question: Uint8Array;
  /** What its stream calls it; 0 where none does. */
  id = 0;
  /** The stream that watches it has said that this is the answer. */
  confirmed = false;
  /** What the answer is known by; undefined while there is none. */
  token: Uint8Array | undefined = undefined;
  /** Milliseconds of the clock when somebody asked last. */
  askedAt = 0;
  /** Seconds. */
  ttl = 0;
  #words = new Int32Array(0);
  #length = 0;
  #plain = 0;
  #optAt = 0;
  #extended = 0;

  constructor(query: Query, flavour: number) {
    const { key } = query;
    this.key = new Key(key.words.slice(key.at, key.at + (key.length >> 2))).reset(key.length);
    this.flavour = flavour;
    this.question = questionOf(query);
  }

  /** Takes the pushed message; false where it cannot be read, or answers something else. */
  take(message: Uint8Array): boolean {
    const { question } = this;
    const end = skipName(question, HEADER, question.length) + 4;
    if (message.length < end || (message[2]! & 0x80) === 0 || !sameQuestion(message, question, end)) return false;
    const told = walked.read(message, 0, message.length, end).plain === 0 ? rewritten(message, 0, message.length) : message;
    if (typeof told === 'string' || walked.read(told, 0, told.length, end).plain === 0) return false;
    this.#words = new Int32Array((told.length + 3) >> 2);
    new Uint8Array(this.#words.buffer).set(told);
    this.#length = told.length;
    this.#plain = walked.plain;
    this.#optAt = walked.optAt;
    this.#extended = walked.extended;
    records.read(told, 0, told.length, end);
    this.ttl = records.leastTtl === 0xffffffff ? NO_TTL : records.leastTtl;
    return true;
  }
  /** The answer as the reply; `seconds` have gone off its TTLs, all of them and more: it is stale. */
  reply(query: Query, seconds: number): Message {
    walked.plain = this.#plain;
    walked.optAt = this.#optAt;
    walked.extended = this.#extended;
    const message = relay(query, this.#words, 0, this.#length, walked);
    if (seconds > 0) this.#age(message, seconds);
    return message;
  }
  #age({ bytes, at, length }: Message, seconds: number): void {
    if (!records.read(bytes, at, length, skipName(bytes, at + HEADER, at + length) + 4 - at)) return;
    for (let i = 0; i < records.count; i++) {
      const place = records.fixedAt[i]!;
      if (u16(bytes, place) === TYPE.OPT) continue;
      const left = u32(bytes, place + 4) - seconds;
      setU32(bytes, place + 4, seconds >= this.ttl ? STALE_TTL : Math.max(1, left));
    }
  }
}

/** The question as it is watched: flags of the client, the name as it stands, DO. */
function questionOf({ bytes, at, questionEnd, wantsDnssec }: Query): Uint8Array {
  const question = new Uint8Array(questionEnd + 11);
  question.set(bytes.subarray(at, at + questionEnd));
  setU16(question, 0, 0);
  setU16(question, 2, u16(question, 2) & 0x0110);
  for (let i = 4; i < HEADER; i++) question[i] = 0;
  question[5] = question[11] = 1;
  question[questionEnd + 2] = TYPE.OPT;
  setU16(question, questionEnd + 3, 65535);
  if (wantsDnssec) question[questionEnd + 7] = 0x80;
  return question;
}
/** Whether the message repeats the question, in whatever letters. */
function sameQuestion(message: Uint8Array, question: Uint8Array, end: number): boolean {
  if (u16(message, 4) !== 1) return false;
  for (let i = HEADER; i < end; i++) {
    const [one, other] = [message[i]!, question[i]!];
    if (one !== other && !((one ^ other) === 32 && (one | 32) >= 97 && (one | 32) <= 122 && i < end - 4)) return false;
  }
  return true;
}
