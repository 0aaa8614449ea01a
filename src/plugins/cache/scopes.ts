// Under which prefixes answers are kept for networks, in every thread: where to look for one, and where to put one. Knows keys;
// knows nothing of entries.
import type { ClientSubnet } from '../../dns/edns-options.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Flags } from '../../store/cells.ts';
import { SubnetKey, TOLD, UNASKED, UNTOLD, isSameSubnet } from './subnet.ts';
import type { Keyed } from './subnet.ts';

/** Lengths of prefixes of both families: 0 to 32, 0 to 128. */
const FOUR = 33;
/** How many flags a cache has for them. */
export const SCOPES = FOUR + 129;

/** Where a reply is kept: by which key, and what its entry says of networks. The object is shared: read it before the next is asked for. */
export interface ScopedKey {
  key: Keyed;
  scope: number;
}

/** The prefixes of one cache. */
export class Scopes {
  readonly #seen: Flags;
  readonly #key = new SubnetKey();
  readonly #place: ScopedKey = { key: this.#key, scope: UNASKED };

  /** `seen` are SCOPES flags that all threads share. */
  constructor(seen: Flags) {
    this.#seen = seen;
  }

  /** The keys under which an answer for the network may lie, the longest prefix first. Each is the same object. */
  *keys(query: Query, subnet: ClientSubnet): IterableIterator<Keyed> {
    const { address, source } = subnet;
    yield this.#key.of(query, subnet, source, true);
    const first = address.length === 4 ? 0 : FOUR;
    for (let bits = source; bits > 0; bits--) if (this.#seen.get(first + bits) !== 0) yield this.#key.of(query, subnet, bits, false);
  }

  /**
   * The place of a reply that was `asked` for a network and `told` one, each undefined where there is none; undefined where it cannot be
   * said for whom it holds (RFC 7871 section 7.3.1).
   */
  place(query: Query, asked: ClientSubnet | undefined, told: ClientSubnet | undefined): ScopedKey | undefined {
    if (asked === undefined) return told === undefined || told.scope === 0 ? this.#placed(query, UNASKED) : undefined;
    if (told === undefined) return this.#placed(query, UNTOLD);
    if (!isSameSubnet(asked, told)) return undefined;
    const scope = TOLD + told.scope;
    // Of a network that says nothing, a scope of nothing does not mean everybody.
    if (asked.source === 0) return this.#placed(this.#key.of(query, asked, 0, true), scope);
    if (told.scope === 0) return this.#placed(query, scope);
    if (told.scope > asked.source) return this.#placed(this.#key.of(query, asked, asked.source, true), scope);
    this.#seen.set((asked.address.length === 4 ? 0 : FOUR) + told.scope, 1);
    return this.#placed(this.#key.of(query, asked, told.scope, false), scope);
  }
  #placed(key: Keyed, scope: number): ScopedKey {
    this.#place.key = key;
    this.#place.scope = scope;
    return this.#place;
  }
}
