// What goes wrong at a scripted Kubernetes API, switched by a test, for one resource or for all. Knows open streams and watches; knows
// no HTTP and starts nothing by itself.
import { expired, refuse } from './kube-request.ts';
import type { KubeQuery } from './kube-request.ts';
import { KUBE_KINDS } from './kube-store.ts';
import type { KubeResource } from './kube-store.ts';
import type { KubeCut, KubeStream } from './kube-stream.ts';
import type { KubeOrder, KubeWatch } from './kube-watch.ts';

/** A collection, or all of them. */
export type KubeScope = KubeResource | '*';
/** How requests are refused. */
export interface KubeFailure {
  /** The status code. */
  readonly status: number;
  /** Seconds of Retry-After. */
  readonly retryAfter?: number;
  /** How many requests are refused; without it, all until `mend`. */
  readonly times?: number;
  /** Only lists, or only watches. */
  readonly of?: 'list' | 'watch';
}

interface Switches {
  failures: { readonly failure: KubeFailure; left: number }[];
  forbidden: boolean;
  stalled: boolean;
  held: boolean;
  copies: number;
  order: KubeOrder;
}
const WELL = (): Switches => ({ failures: [], forbidden: false, stalled: false, held: false, copies: 1, order: 'kept' });

/** The switches, and the streams that are open. */
export class KubeFaults {
  readonly #switches = new Map<KubeResource, Switches>();
  readonly #random: () => number;
  readonly #compact: () => number;
  /** Every answer under way. */
  readonly streams = new Set<KubeStream>();
  /** Every open watch. */
  readonly watches = new Set<KubeWatch>();

  /** `compact` makes the store forget its history and tells its version. */
  constructor(seed: number, compact: () => number) {
    this.#random = randomOf(seed);
    this.#compact = compact;
    for (const resource of Object.keys(KUBE_KINDS)) this.#switches.set(resource as KubeResource, WELL());
  }
  /** The switches of one resource. */
  of(resource: KubeResource): Readonly<Switches> {
    return this.#switches.get(resource)!;
  }
  /** Requests are refused with a status. */
  fail(scope: KubeScope, failure: KubeFailure): void {
    this.#each(scope, ({ failures }) => failures.push({ failure, left: failure.times ?? Number.POSITIVE_INFINITY }));
  }
  /** 403 from now on; open watches stay, as with the real API. */
  forbid(scope: KubeScope): void {
    this.#each(scope, (switches) => (switches.forbidden = true));
  }
  allow(scope: KubeScope): void {
    this.#each(scope, (switches) => (switches.forbidden = false));
  }
  /** Lists are answered chunk by chunk, an object each, as `feed` says. */
  hold(scope: KubeScope): void {
    this.#each(scope, (switches) => (switches.held = true));
  }
  /** Lets so many chunks of each held list go; all of them, and of later lists too, where no number is given. */
  feed(scope: KubeScope, chunks?: number): void {
    if (chunks === undefined) this.#each(scope, (switches) => (switches.held = false));
    for (const stream of this.#streams(scope)) stream.feed(chunks ?? Number.POSITIVE_INFINITY);
  }
  /** Open connections and new ones are taken, and nothing is sent on them. */
  stall(scope: KubeScope): void {
    this.#each(scope, (switches) => (switches.stalled = true));
    for (const stream of this.#streams(scope)) stream.stall();
  }
  /** What was stalled goes on, with what was kept back. */
  resume(scope: KubeScope): void {
    this.#each(scope, (switches) => (switches.stalled = false));
    for (const stream of this.#streams(scope)) stream.resume();
  }
  /** Every event is sent so many times. */
  duplicate(scope: KubeScope, copies = 2): void {
    this.#each(scope, (switches) => (switches.copies = copies));
  }
  /** Events are collected until `flush`, and then mixed. */
  reorder(scope: KubeScope, order: KubeOrder): void {
    this.flush(scope);
    this.#each(scope, (switches) => (switches.order = order));
  }
  /** Lets the collected events go, in one piece. */
  flush(scope: KubeScope): void {
    for (const watch of this.#watches(scope)) watch.flush(this.of(watch.query.resource).order, this.#random);
  }
  /** Ends a watch whose time is over, with a bookmark. */
  expire(watch: KubeWatch, version: number): void {
    watch.flush(this.of(watch.query.resource).order, this.#random);
    watch.bookmark(version);
    watch.stream.end();
  }
  /** Ends what is under way, lists and watches. */
  cut(scope: KubeScope, how: KubeCut = 'clean'): void {
    for (const stream of this.#streams(scope)) stream.cut(how);
  }
  /** The history is forgotten, and every watch told so with 410 inside its stream. */
  gone(scope: KubeScope): void {
    const version = this.#compact();
    for (const watch of this.#watches(scope)) watch.fail(expired(version - 1, version).status);
  }
  /** Everything is well again. Watches that were cut stay cut. */
  mend(): void {
    this.flush('*');
    for (const resource of this.#switches.keys()) this.#switches.set(resource, WELL());
    this.feed('*');
    this.resume('*');
  }

  /** Throws KubeRefusal where a request is to be refused. */
  check({ resource, watch }: KubeQuery): void {
    const { forbidden, failures } = this.of(resource);
    const group = KUBE_KINDS[resource].group.startsWith('/apis/') ? KUBE_KINDS[resource].group.split('/')[2] : '';
    const where = `"${resource}" in API group "${group}" at the cluster scope`;
    if (forbidden) throw refuse(403, `${resource} is forbidden: User "test" cannot ${watch ? 'watch' : 'list'} resource ${where}`);
    const found = failures.find(({ failure, left }) => left > 0 && (failure.of ?? 'both') !== (watch ? 'list' : 'watch'));
    if (found === undefined) return;
    found.left--;
    throw refuse(found.failure.status, `the test says ${found.failure.status}`, found.failure.retryAfter);
  }

  #each(scope: KubeScope, act: (switches: Switches) => void): void {
    for (const [resource, switches] of this.#switches) if (scope === '*' || scope === resource) act(switches);
  }
  #streams(scope: KubeScope): KubeStream[] {
    return [...this.streams].filter(({ resource }) => scope === '*' || scope === resource);
  }
  #watches(scope: KubeScope): KubeWatch[] {
    return [...this.watches].filter(({ query }) => scope === '*' || scope === query.resource);
  }
}

/** Numbers from 0 to 1, always the same ones for a seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
