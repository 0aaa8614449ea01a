// Which questions are under way, so that one is asked once for all who want to know it. Knows bytes of requests; knows nothing of
// upstreams.
import type { Query } from '../../kernel/query/query.ts';
import { Hash } from '../../store/hash.ts';
import { sameRequest } from '../../upstream/question.ts';
import type { Exchange } from './exchange.ts';

/** Exchanges by the hash of their question. */
export class UnderWay {
  readonly #first = new Map<number, Exchange>();
  readonly #hash = Hash.drawn();
  /** After `find`: how many exchanges have the same question, but flags, options or transport of their own. */
  alike = 0;

  /** The exchange that sends the very same request, but for its id and the case of its letters, over the same transport. */
  find(query: Query): Exchange | undefined {
    this.alike = 0;
    for (let each = this.#first.get(query.key.hashBy(this.#hash)); each !== undefined; each = each.following) {
      if (each.query.stream === query.stream && sameRequest(each.query, query)) return each;
      this.alike++;
    }
    return undefined;
  }
  /** Adds one, with the query that it asks for all. */
  add(exchange: Exchange, query: Query): void {
    exchange.query = query;
    exchange.hash = query.key.hashBy(this.#hash);
    exchange.following = this.#first.get(exchange.hash);
    this.#first.set(exchange.hash, exchange);
  }
  /** Takes one away. */
  remove(exchange: Exchange): void {
    const { hash, following } = exchange;
    exchange.following = undefined;
    let each = this.#first.get(hash);
    if (each === exchange) {
      if (following === undefined) this.#first.delete(hash);
      else this.#first.set(hash, following);
      return;
    }
    while (each !== undefined && each.following !== exchange) each = each.following;
    if (each !== undefined) each.following = following;
  }
}
