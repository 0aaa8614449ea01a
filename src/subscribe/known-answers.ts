// The answers that are watched, by their questions. Knows which questions can be watched; knows nothing of streams.
import { OPTION } from '../dns/edns-options.ts';
import { u16 } from '../dns/packet.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import type { Query } from '../kernel/query/query.ts';
import type { Hash } from '../store/hash.ts';
import { KnownAnswer } from './known-answer.ts';

/** All of one subscriber. */
export class KnownAnswers {
  readonly #hash: Hash;
  readonly #byHash = new Map<number, KnownAnswer>();
  readonly #all = new Set<KnownAnswer>();

  constructor(hash: Hash) {
    this.#hash = hash;
  }
  get size(): number {
    return this.#all.size;
  }
  [Symbol.iterator](): IterableIterator<KnownAnswer> {
    return this.#all.values();
  }

  find(query: Query): KnownAnswer | undefined {
    const flavour = flavourOf(query);
    let found = this.#byHash.get(query.key.hashBy(this.#hash));
    while (found !== undefined && (found.flavour !== flavour || !found.key.equals(query.key))) found = found.next;
    return found;
  }
  add(query: Query): KnownAnswer {
    const known = new KnownAnswer(query, flavourOf(query));
    const hash = known.key.hashBy(this.#hash);
    known.next = this.#byHash.get(hash);
    this.#byHash.set(hash, known);
    this.#all.add(known);
    return known;
  }
  remove(known: KnownAnswer): void {
    if (!this.#all.delete(known)) return;
    const hash = known.key.hashBy(this.#hash);
    const first = this.#byHash.get(hash);
    if (first === known) {
      if (known.next === undefined) this.#byHash.delete(hash);
      else this.#byHash.set(hash, known.next);
      return;
    }
    for (let each = first; each !== undefined; each = each.next) {
      if (each.next !== known) continue;
      each.next = known.next;
      return;
    }
  }
}

/** RD, DO and CD: what makes answers to the same question differ. */
const flavourOf = (query: Query): number => query.flavour | ((query.bytes[query.at + 2]! & 1) << 2);

/** Whether its answer can be watched: a plain question, that says nothing of who asks. */
export function canBeWatched(query: Query): boolean {
  const { type } = query;
  if (query.opcode !== 0 || query.class !== CLASS.IN || query.signedAt !== 0) return false;
  if (type === TYPE.AXFR || type === TYPE.IXFR || type === TYPE.ANY || type === TYPE.OPT || type === 0) return false;
  if (query.optAt === 0) return true;
  const { bytes } = query;
  const from = query.at + query.optAt + 11;
  for (let option = from, end = from + u16(bytes, from - 2); option + 4 <= end; option += 4 + u16(bytes, option + 2)) {
    if (u16(bytes, option) === OPTION.ECS) return false;
  }
  return true;
}
