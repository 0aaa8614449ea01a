// One question that somebody watches, and what was answered last. Knows an answer and its age; knows neither who watches nor how it is
// asked.
import type { Name } from '../dns/name.ts';
import { HEADER, Records, setU32, skipName, u16, u32 } from '../dns/packet.ts';
import { TYPE } from '../dns/type-name.ts';
import type { PushClient } from './evaluation.ts';
import type { WatchedQuestion } from './question.ts';
import { NONE } from './subscriptions.ts';

/** What whoever watches is told. */
export interface PushedAnswer {
  readonly name: Name;
  /** The message, with id 0. */
  readonly message: Uint8Array;
  /** What it is known by (`readAnswer`). */
  readonly digest: Uint8Array;
}

const records = new Records();

/** A question. */
export class Topic {
  /** Its place among all: where its stamp lies. */
  readonly index: number;
  readonly question: WatchedQuestion;
  /** Under what it is found. */
  readonly key: string;
  /** As whom it is asked: one of those who watch. */
  client: PushClient;
  /** The subscriptions: the first of them, and how many there are. */
  first = NONE;
  count = 0;
  /** Some of them were told nothing yet. */
  hasNew = false;
  /** The chain looked at the client: nobody else may share it. */
  looked = false;
  digest: Uint8Array | undefined = undefined;
  /** The second in which it is looked at whatever happens; -1 for none. */
  due = -1;
  /** It waits to be asked; it is being asked; and when that was asked for. */
  queued = false;
  asking = false;
  since = 0;
  /** How often it failed, one after the other. */
  failures = 0;
  #message: Uint8Array | undefined = undefined;
  #answeredAt = 0;
  #owned = false;

  constructor(index: number, question: WatchedQuestion, key: string, client: PushClient) {
    this.index = index;
    this.question = question;
    this.key = key;
    this.client = client;
  }

  /** Keeps an answer. TTLs of one that is not `owned` by a source here run. */
  keep(message: Uint8Array, digest: Uint8Array, owned: boolean, now: number): void {
    this.#message = message;
    this.digest = digest;
    this.#owned = owned;
    this.#answeredAt = now;
  }
  /** What there is to be told; undefined where nothing is known yet. */
  state(now: number): PushedAnswer | undefined {
    if (this.#message === undefined || this.digest === undefined) return undefined;
    const message = this.#owned ? this.#message : aged(this.#message, now - this.#answeredAt);
    return { name: this.question.name, message, digest: this.digest };
  }
}

/** The message after so many milliseconds. */
function aged(message: Uint8Array, milliseconds: number): Uint8Array {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds <= 0) return message;
  const copy = message.slice();
  if (!records.read(copy, 0, copy.length, skipName(copy, HEADER, copy.length) + 4)) return message;
  for (let i = 0; i < records.count; i++) {
    const at = records.fixedAt[i]!;
    if (u16(copy, at) !== TYPE.OPT) setU32(copy, at + 4, Math.max(0, u32(copy, at + 4) - seconds));
  }
  return copy;
}
