// The questions that are watched: found by what is asked, walked by number. Knows topics; asks nothing.
import type { PushClient } from './evaluation.ts';
import type { WatchedQuestion } from './question.ts';
import { Topic } from './topic.ts';

const FIRST = 64;

/** All of a thread. */
export class Topics {
  readonly #byKey = new Map<string, Topic>();
  readonly #all: (Topic | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #words: number;
  /** Of what the answer of each is made, `words` for each (store/changes.ts). */
  stamps: Int32Array;

  constructor(words: number) {
    this.#words = words;
    this.stamps = new Int32Array(FIRST * words);
  }
  /** Places; some may be empty. */
  get size(): number {
    return this.#all.length;
  }
  at(index: number): Topic | undefined {
    return this.#all[index];
  }
  has(topic: Topic): boolean {
    return this.#all[topic.index] === topic;
  }
  stampOf({ index }: Topic): number {
    return index * this.#words;
  }

  /** The topic of a question for a client, and whether it is new. One is shared where the chain did not look at who asks. */
  find(question: WatchedQuestion, client: PushClient, stream: number): { readonly topic: Topic; readonly isNew: boolean } {
    const shared = `${client.service.index} ${client.transport} ${question.key}`;
    const known = this.#byKey.get(shared);
    if (known !== undefined && (!known.looked || known.client === client)) return { topic: known, isNew: false };
    const key = known === undefined ? shared : `${stream} ${shared}`;
    const own = known === undefined ? undefined : this.#byKey.get(key);
    if (own !== undefined) return { topic: own, isNew: false };
    const index = this.#free.pop() ?? this.#all.length;
    const topic = new Topic(index, question, key, client);
    topic.looked = known !== undefined;
    this.#all[index] = topic;
    this.#byKey.set(key, topic);
    if (this.stamps.length < this.#all.length * this.#words) {
      const longer = new Int32Array(this.stamps.length * 2);
      longer.set(this.stamps);
      this.stamps = longer;
    }
    return { topic, isNew: true };
  }
  /** Nobody watches it any more. */
  remove(topic: Topic): void {
    this.#byKey.delete(topic.key);
    this.#all[topic.index] = undefined;
    this.#free.push(topic.index);
  }
}
