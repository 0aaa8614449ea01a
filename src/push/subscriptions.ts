// Subscriptions as numbers: who watches what, in arrays. Knows lists of numbers; knows nothing of answers or connections.

/** None. */
export const NONE = -1;
/** Of a subscription: its state has to be told; its stream wants answers; nothing was told of it yet; its client has the answer. */
export const DIRTY = 1, ANSWERS = 2, NEW = 4, SAME = 8;
const FIRST = 64;
/** Numbers of subscriptions at most, and how often one is used again before its ids repeat. */
const MOST = 1 << 24, GENERATIONS = 1 << 16;

/** The columns. A subscription is in two lists, that of its topic and that of its stream, and in one of those that wait to be told. */
export class Subscriptions {
  topic = new Int32Array(FIRST);
  stream = new Int32Array(FIRST);
  flags = new Uint8Array(FIRST);
  nextOfTopic = new Int32Array(FIRST);
  nextOfStream = new Int32Array(FIRST);
  nextDirty = new Int32Array(FIRST);
  #beforeOfTopic = new Int32Array(FIRST);
  #beforeOfStream = new Int32Array(FIRST);
  #generation = new Uint16Array(FIRST);
  #free = NONE;
  #used = 0;
  /** How many there are. */
  count = 0;

  /** A number for a new one, in no list yet; NONE where there are as many as there can be. */
  take(topic: number, stream: number, flags: number): number {
    let at = this.#free;
    if (at !== NONE) this.#free = this.nextOfTopic[at]!;
    else {
      if (this.#used === MOST) return NONE;
      if (this.#used === this.topic.length) this.#grow();
      at = this.#used++;
    }
    this.topic[at] = topic;
    this.stream[at] = stream;
    this.flags[at] = flags;
    this.#generation[at] = (this.#generation[at]! + 1) % GENERATIONS || 1;
    this.count++;
    return at;
  }
  /** Puts it before the first of its topic, and of its stream. */
  linkTopic(at: number, first: number): void {
    this.nextOfTopic[at] = first;
    this.#beforeOfTopic[at] = NONE;
    if (first !== NONE) this.#beforeOfTopic[first] = at;
  }
  linkStream(at: number, first: number): void {
    this.nextOfStream[at] = first;
    this.#beforeOfStream[at] = NONE;
    if (first !== NONE) this.#beforeOfStream[first] = at;
  }
  /** Takes it out of a list; what is the first of that now. */
  unlinkTopic(at: number, first: number): number {
    return unlink(at, first, this.nextOfTopic, this.#beforeOfTopic);
  }
  unlinkStream(at: number, first: number): number {
    return unlink(at, first, this.nextOfStream, this.#beforeOfStream);
  }
  /** It is in no list any more, and its number can be used again. */
  give(at: number): void {
    this.stream[at] = NONE;
    this.nextOfTopic[at] = this.#free;
    this.#free = at;
    this.count--;
  }
  /** What its client calls it: never that of one that has ended a short while ago. */
  id(at: number): number {
    return this.#generation[at]! * MOST + at;
  }
  /** The subscription of a stream that its client calls so; NONE where it has none. */
  find(id: number, stream: number): number {
    const at = id % MOST;
    return Number.isSafeInteger(id) && id >= 0 && at < this.#used && this.stream[at] === stream && this.id(at) === id ? at : NONE;
  }
  #grow(): void {
    const size = Math.min(MOST, this.topic.length * 2);
    const longer = (column: Int32Array): Int32Array<ArrayBuffer> => {
      const other = new Int32Array(size);
      other.set(column);
      return other;
    };
    this.topic = longer(this.topic);
    this.stream = longer(this.stream);
    this.nextOfTopic = longer(this.nextOfTopic);
    this.nextOfStream = longer(this.nextOfStream);
    this.nextDirty = longer(this.nextDirty);
    this.#beforeOfTopic = longer(this.#beforeOfTopic);
    this.#beforeOfStream = longer(this.#beforeOfStream);
    const flags = new Uint8Array(size);
    flags.set(this.flags);
    this.flags = flags;
    const generation = new Uint16Array(size);
    generation.set(this.#generation);
    this.#generation = generation;
  }
}

function unlink(at: number, first: number, next: Int32Array, before: Int32Array): number {
  const behind = next[at]!;
  const ahead = before[at]!;
  if (behind !== NONE) before[behind] = ahead;
  if (ahead === NONE) return behind;
  next[ahead] = behind;
  return first;
}
