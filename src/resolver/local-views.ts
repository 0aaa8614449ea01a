// Local zones that some clients have in place of those of all, or before them. Knows views and which one a client has; what zones say they
// say themselves.
import type { CIDR } from '../dns/address.ts';
import type { Question } from '../dns/parts.ts';
import type { RR } from '../dns/rr.ts';
import type { LocalAnswer, LocalClient, LocalKind, LocalZones } from './local-zones.ts';
import { nearestOf } from './nearest.ts';

/** One view. */
export interface LocalView {
  /** Its own zones; undefined where it has none, and is as good as no view. */
  readonly zones: LocalZones | undefined;
  /** What its zones do not answer those of all may. */
  readonly first: boolean;
}
/** What holds for clients of a network. */
export interface ClientRules {
  readonly views: readonly { readonly network: CIDR; readonly view: LocalView }[];
  readonly tags: readonly { readonly network: CIDR; readonly tags: readonly string[] }[];
  readonly actions: readonly { readonly network: CIDR; readonly tag: string; readonly kind: LocalKind }[];
  readonly data: readonly { readonly network: CIDR; readonly tag: string; readonly record: RR }[];
}

/** Zones of all, and of clients. */
export class LocalViews {
  readonly #zones: LocalZones;
  readonly #rules: ClientRules;
  readonly #areAlike: boolean;

  constructor(zones: LocalZones, rules: ClientRules) {
    this.#zones = zones;
    this.#rules = rules;
    this.#areAlike = rules.tags.length === 0;
  }
  /** Whether there are records of other classes than IN. */
  get hasOtherClasses(): boolean {
    return this.#zones.hasOtherClasses || this.#rules.views.some(({ view }) => view.zones?.hasOtherClasses === true);
  }
  /** What is said to a client; undefined: the world is asked. */
  answer(question: Question, address: Uint8Array): LocalAnswer | undefined {
    const { views } = this.#rules;
    const view = views.length === 0 ? undefined : nearestOf(views, address)?.view;
    if (view?.zones !== undefined) {
      const found = view.zones.answer(question);
      if (found !== undefined || !view.first) return found;
    }
    return this.#zones.answer(question, this.#clientAt(address));
  }
  /** Of several lines of a client those of its smallest network count. */
  #clientAt(address: Uint8Array): LocalClient {
    const { tags, actions, data } = this.#rules;
    if (this.#areAlike) return { address, tags: [], ...NOTHING };
    return { address, tags: ofNearest(tags, address).flatMap((each) => each.tags),
      actions: new Map(ofNearest(actions, address).map(({ tag, kind }) => [tag, kind])),
      data: byTag(ofNearest(data, address)) };
  }
}
const NOTHING = { actions: new Map<string, LocalKind>(), data: new Map<string, readonly RR[]>() };
function ofNearest<T extends { readonly network: CIDR }>(all: readonly T[], address: Uint8Array): T[] {
  const nearest = nearestOf(all, address);
  return nearest === undefined ? [] : all.filter(({ network }) => network.bits === nearest.network.bits
    && Buffer.compare(network.address, nearest.network.address) === 0);
}
function byTag(all: ClientRules['data']): ReadonlyMap<string, readonly RR[]> {
  const records = new Map<string, RR[]>();
  for (const { tag, record } of all) records.set(tag, [...records.get(tag) ?? [], record]);
  return records;
}
