// Which questions are under way, so that one is asked once for all who want to know it. Knows bytes of requests; knows nothing of
// upstreams.
import type { Query } from '../../kernel/query/query.ts';
import type { Hash } from '../../store/hash.ts';
import { sameRequest } from '../../upstream/question.ts';
import type { Exchange } from './exchange.ts';

/** A power of two: lists of exchanges whose hashes end alike. */
const LISTS = 1024;

/** Exchanges by the hash of their question. */
export class UnderWay {
  readonly #first = new Array<Exchange | undefined>(LISTS).fill(undefined);
  readonly #hash: Hash;
  /** After `find`: how many exchanges have the same question, but flags, options or transport of their own. */
  alike = 0;

  /** `hash` is that of the store: the key of a query has been hashed with it already where a cache looked for it. */
  constructor(hash: Hash) {
    this.#hash = hash;
  }

  /** The exchange that sends the very same request, but for its id and the case of its letters, over the same transport. */
  find(query: Query): Exchange | undefined {
    const hash = query.key.hashBy(this.#hash);
    this.alike = 0;
    for (let each = this.#first[hash & (LISTS - 1)]; each !== undefined; each = each.following) {
      if (each.hash !== hash) continue;
      if (each.query.stream === query.stream && sameRequest(each.query, query)) return each;
      this.alike++;
    }
    return undefined;
  }
  /** Adds one, with the query that it asks for all. */
  add(exchange: Exchange, query: Query): void {
    const hash = query.key.hashBy(this.#hash);
    exchange.query = query;
    exchange.hash = hash;
    exchange.following = this.#first[hash & (LISTS - 1)];
    this.#first[hash & (LISTS - 1)] = exchange;
  }
  /** Takes one away. */
  remove(exchange: Exchange): void {
    const list = exchange.hash & (LISTS - 1);
    const { following } = exchange;
    exchange.following = undefined;
    let each = this.#first[list];
    if (each === exchange) this.#first[list] = following;
    else {
      while (each!.following !== exchange) each = each!.following;
      each!.following = following;
    }
  }
}
