// The last questions of each thread, for whoever looks what is going on: a thread writes a record, main reads them. Knows bytes and
// numbers; knows nothing of queries or of who looks.
//
// A record is 32 words: its number, 0 while it is being written; type and rcode; microseconds; transport, lengths and whether the name was
// cut; when, in seconds and milliseconds; the client; who answered; the name. A reader that is lapped finds another number and lets it go.
import { latin1, writeLatin1 } from '../../dns/latin1.ts';
import { MOST_THREADS } from '../../store/layout.ts';
import type { Memory } from '../../store/memory.ts';
import { claim } from '../../store/names.ts';

/** Records of a thread, and words of one. */
const RECORDS = 4096, WORDS = 32;
/** Words of a record, and bytes of the client, of who answered, and of the name. */
const NUMBER = 0, KINDS = 1, TOOK = 2, LENGTHS = 3, SECONDS = 4, MILLISECONDS = 5, CLIENT = 24, AUTHOR = 40, NAME = 52;
const AUTHOR_ROOM = 12, NAME_ROOM = 76;
/** Words before the records: how many were written. */
const HEAD = 32;
/** What stands for the rcode where nothing was said. */
const SILENCE = 0xffff;

/** A question and what became of it, as it is written. The name is folded and in wire form at `bytes[nameAt]`. */
export interface SeenQuestion {
  readonly bytes: Uint8Array;
  readonly nameAt: number;
  readonly nameLength: number;
  readonly clientAt: number;
  readonly clientLength: number;
  readonly type: number;
}
/** One that is read. */
export interface RecentQuestion {
  readonly thread: number;
  readonly number: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** 4 or 16 bytes. */
  readonly client: Uint8Array;
  /** In wire form; of a cut one the labels that ended it. */
  readonly name: Uint8Array;
  readonly isCut: boolean;
  readonly type: number;
  /** -1 where nothing was said. */
  readonly rcode: number;
  readonly isStream: boolean;
  /** The plugin that was entered last. */
  readonly author: string;
  readonly microseconds: number;
}

/** Where the records of a thread are. */
function placeOf(memory: Memory, thread: number): number {
  const places = claim(memory, 'recent questions', MOST_THREADS);
  return Atomics.load(memory.words, places + thread);
}

/** Writes those of one thread. */
export class RecentWriter {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #at: number;

  /** Throws RangeError where the shared memory is full. */
  constructor(memory: Memory, thread: number) {
    const places = claim(memory, 'recent questions', MOST_THREADS);
    this.#at = claim(memory, `recent questions ${thread}`, HEAD + RECORDS * WORDS);
    Atomics.store(memory.refresh(), places + thread, this.#at);
    this.#words = memory.words;
    this.#bytes = new Uint8Array(this.#words.buffer);
  }

  /** One more; `rcode` -1 says that nothing was said. */
  write(seen: SeenQuestion, rcode: number, author: string, isStream: boolean, now: number, microseconds: number): void {
    const words = this.#words;
    // Each block has a writer, and they share the thread's records.
    const number = (words[this.#at]! + 1) | 0;
    const at = this.#at + HEAD + (number & (RECORDS - 1)) * WORDS;
    words[at + NUMBER] = 0;
    const { nameLength, clientLength } = seen;
    const cut = nameLength > NAME_ROOM ? this.#cutAt(seen) : 0;
    words[at + KINDS] = seen.type | ((rcode & SILENCE) << 16);
    words[at + TOOK] = microseconds > 0x7fffffff ? 0x7fffffff : microseconds;
    const marks = (isStream ? 1 << 24 : 0) | (cut > 0 ? 1 << 25 : 0);
    words[at + LENGTHS] = (nameLength - cut) | (clientLength << 8) | (author.length << 16) | marks;
    words[at + SECONDS] = Math.floor(now / 1000);
    words[at + MILLISECONDS] = now % 1000;
    const to = at << 2;
    const bytes = this.#bytes;
    for (let i = 0; i < clientLength; i++) bytes[to + CLIENT + i] = seen.bytes[seen.clientAt + i]!;
    writeLatin1(author.length > AUTHOR_ROOM ? author.slice(0, AUTHOR_ROOM) : author, bytes, to + AUTHOR);
    for (let i = cut; i < nameLength; i++) bytes[to + NAME + i - cut] = seen.bytes[seen.nameAt + i]!;
    Atomics.store(words, at + NUMBER, number);
    Atomics.store(words, this.#at, number);
  }
  /** Where the labels begin that there is room for, those at the end. */
  #cutAt({ bytes, nameAt, nameLength }: SeenQuestion): number {
    let cut = 0;
    while (nameLength - cut > NAME_ROOM) cut += bytes[nameAt + cut]! + 1;
    return cut;
  }
}

/** Reads those of all threads, on main. */
export class RecentReader {
  readonly #memory: Memory;
  constructor(memory: Memory) {
    this.#memory = memory;
  }
  /** How many each thread has written, by its number; threads that wrote none are not there. */
  get written(): ReadonlyMap<number, number> {
    const found = new Map<number, number>();
    for (let thread = 0; thread < MOST_THREADS; thread++) {
      const place = placeOf(this.#memory, thread);
      if (place !== 0) found.set(thread, this.#memory.refresh()[place]!);
    }
    return found;
  }
  /** Those of a thread behind this number, the oldest first, as far as they are still there; of more than `most` the last ones. */
  after(thread: number, number: number, most = RECORDS): readonly RecentQuestion[] {
    const place = placeOf(this.#memory, thread);
    const words = this.#memory.refresh();
    const last = place === 0 ? 0 : Atomics.load(words, place);
    const found: RecentQuestion[] = [];
    for (let each = Math.max(number + 1, last - Math.min(most, RECORDS) + 1, 1); each <= last; each++) {
      const record = this.#read(words, thread, place, each);
      if (record !== undefined) found.push(record);
    }
    return found;
  }
  #read(words: Int32Array, thread: number, place: number, number: number): RecentQuestion | undefined {
    const at = place + HEAD + (number & (RECORDS - 1)) * WORDS;
    if (Atomics.load(words, at + NUMBER) !== number) return undefined;
    const copy = words.slice(at, at + WORDS);
    if (Atomics.load(words, at + NUMBER) !== number) return undefined;
    const bytes = new Uint8Array(copy.buffer);
    const lengths = copy[LENGTHS]!;
    const [nameLength, clientLength, authorLength] = [lengths & 255, (lengths >> 8) & 255, Math.min((lengths >> 16) & 255, AUTHOR_ROOM)];
    const rcode = copy[KINDS]! >>> 16;
    return {
      thread, number, at: copy[SECONDS]! * 1000 + copy[MILLISECONDS]!, client: bytes.subarray(CLIENT, CLIENT + clientLength),
      name: bytes.subarray(NAME, NAME + nameLength), isCut: (lengths & (1 << 25)) !== 0, type: copy[KINDS]! & 0xffff,
      rcode: rcode === SILENCE ? -1 : rcode, isStream: (lengths & (1 << 24)) !== 0,
      author: latin1(bytes, AUTHOR, AUTHOR + authorLength), microseconds: copy[TOOK]!,
    };
  }
}
