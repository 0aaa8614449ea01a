// One server block as it is served: zones, slots and the chain of its parts. Knows no plugin by name.
import type { Position } from '../../corefile/error.ts';
import type { Name } from '../../dns/name.ts';
import { Metadata } from '../query/metadata.ts';
import type { Provider } from '../query/metadata.ts';
import type { FollowedHandler, Handler, Part, Run } from './plugin.ts';
import type { Query } from '../query/query.ts';
import type { Reading } from '../../store/reading.ts';
import { Slot, Slots } from '../slot.ts';
import { digest } from './digest.ts';
import type { Endpoint } from '../query/transport.ts';

/** A part under the name of its plugin. */
export interface NamedPart {
  readonly name: string;
  readonly part: Part;
  /** Where its line stands; undefined of a part that the block has because of lines of others. */
  readonly at?: Position | undefined;
}

/** Decides whether a block takes a query (SRV-11). `name` is the `view` label of metrics. */
export interface View {
  readonly name: string;
  accepts(query: Query): boolean;
}
/** Where `view` puts its filter. */
export const ViewFilter = new Slot<View>('view');
/** Put there by `metadata`: for which names labels are collected (META-1). */
export const MetadataZones = new Slot<readonly Name[]>('metadata zones');
/** Put there by plugins that answer other classes than IN (SRV-6). */
export const AnyClass = new Slot<true>('any class');
/** EDNS option codes that come back in replies to requests that have them (EDNS-7, REW-9). */
export const EchoedOption = new Slot<number>('echoed option');
/** Put there by plugins that take another opcode than QUERY and NOTIFY: other blocks say that it is not implemented (SRV-21). */
export const AdmittedOpcode = new Slot<number>('admitted opcode');
/** Zones of which `cache` keeps nothing (CACHE-24): whoever changed one asks at once whether it is so. */
export const Uncached = new Slot<Name>('uncached zone');
/** An answer that a part keeps. */
export interface KeptAnswer {
  /** Folded. */
  readonly name: Name;
  readonly type: number;
  readonly rcode: number;
  /** Seconds: for how long in all, and how many are left; 0 or less of one that has expired. */
  readonly ttl: number;
  readonly left: number;
  readonly hits: number;
}
/** Where whoever looks at kept answers is: the number of a cache, of a part of it, and of a place there. */
export type KeptPlace = readonly [cache: number, shard: number, place: number];
/** Some of them, and where to go on. */
export interface KeptSlice {
  readonly answers: readonly KeptAnswer[];
  readonly next: KeptPlace;
}
/** Put there by what keeps answers, under the name of its word: shows them on main, some in each turn, from a place on. */
export const KeptAnswers = new Slot<{ readonly by: string; slices(from?: KeptPlace): AsyncIterable<KeptSlice> }>('kept answers');
/** Another server that a part asks. */
export interface ShownUpstream {
  /** Its address. */
  readonly to: string;
  readonly isDown: boolean;
  /** Until when it is left alone, in seconds since 1970; 0 where it is not. */
  readonly drained: number;
  /** What a question usually needs, in milliseconds; undefined where that is not known. */
  readonly usual: number | undefined;
}
/** Put there by what asks others, under the name of its word: shows them on main, and leaves one alone until a time, 0 is not any more. */
export const Upstreams = new Slot<{
  readonly by: string;
  upstreams(): readonly ShownUpstream[];
  drain(to: string, until: number): boolean;
}>('upstreams');
/** Put there by `on certrenew`: what is done once another certificate is served with. Read by who renews certificates. */
export const Renewed = new Slot<(run: Run) => Promise<void>>('certificate renewed');
/** Put there by `debug`: a panic ends the process (DBG-1). */
export const Debug = new Slot<true>('debug');
/** Put there by `errors { stacktrace }` (EL-4). */
export const Stacktrace = new Slot<boolean>('stacktrace');
/** Put there by `cancel`: milliseconds after a query came in which nobody else is asked any more (CANCEL-1). Read by what asks others. */
export const Deadline = new Slot<number>('deadline');
/** Put there by `root`: the directory that relative paths are of. */
export const Root = new Slot<string>('root');

const NOBODY: ReadonlyMap<string, Provider> = new Map();

/** One server block. All of its keys share it (PARSE-13). */
export class Site extends Slots {
  /** The zones of the keys, lower-case, in the order of the Corefile. */
  readonly zones: readonly Name[];
  /** Where it listens; full when parts start. */
  endpoints: readonly Endpoint[] = [];
  /** The parts in the order of the chain; full when parts start. */
  parts: readonly NamedPart[] = [];
  /** The chain; undefined where no part handles queries: then everything is refused (SRV-9). */
  handler: Handler | undefined = undefined;
  /** The same for a question that somebody follows from the first part on; there when parts are. */
  walked!: FollowedHandler;
  /** What its thread reads shared memory in; there when parts start. */
  reading!: Reading;
  /** The view's name, '' without one. */
  view = '';
  /** Label providers of its parts; undefined where `metadata` is not configured. */
  providers: ReadonlyMap<string, Provider> | undefined = undefined;
  /** A digest of the words of the block, imports and all, and of the files that its options were read from: the same, the same meaning. */
  get fingerprint(): string {
    return digest(this.written);
  }
  /** What that is of. */
  written = '';
  /** The position of the block in the configuration. */
  readonly index: number;

  constructor(zones: readonly Name[], index: number) {
    super();
    this.zones = zones;
    this.index = index;
  }

  /** `root` joined with a relative path of an option. */
  path(path: string): string {
    const root = this.last(Root);
    return root === undefined || path.startsWith('/') ? path : `${root.replace(/\/+$/, '')}/${path}`;
  }
  /** The names of the parts that handle queries, in order. */
  get handlers(): readonly NamedPart[] {
    return this.parts.filter(({ part }) => part.handle !== undefined);
  }
  /** Gives the query a place for labels where the block has `metadata`; providers are asked for names in its zones alone (META-1). */
  collect(query: Query): void {
    const { journey } = query;
    if (this.providers === undefined && journey.metadata === undefined) return;
    const { name } = query;
    const inside = this.providers !== undefined && this.all(MetadataZones).some((zones) => zones.some((zone) => name.isUnder(zone)));
    const providers = inside ? this.providers! : NOBODY;
    journey.metadata = journey.metadata === undefined ? new Metadata(providers) : journey.metadata.with(providers);
  }
}
