// One watch of a scripted Kubernetes API: which events a change is for it, and what a test does to their order. Knows events and the
// stream they go to; knows no HTTP.
import type { KubeForm } from './kube-forms.ts';
import type { KubeQuery } from './kube-request.ts';
import { KUBE_KINDS } from './kube-store.ts';
import type { KubeChange, KubeObject } from './kube-store.ts';
import type { KubeStream } from './kube-stream.ts';

/**
 * In which order events go: as they happened; or collected until they are let go, and then mixed: `objects` keeps the order of the
 * events of one object, as the real API always does, `everything` keeps none.
 */
export type KubeOrder = 'kept' | 'objects' | 'everything';

/** Says that the initial events are all there. */
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

interface Held {
  readonly key: string;
  readonly line: string;
}

/** An open watch. */
export class KubeWatch {
  readonly query: KubeQuery;
  readonly stream: KubeStream;
  readonly #form: KubeForm;
  #held: Held[] = [];

  constructor(query: KubeQuery, stream: KubeStream, form: KubeForm) {
    this.query = query;
    this.stream = stream;
    this.#form = form;
  }
  /** Sends an object that is there as ADDED. */
  initial(object: KubeObject): void {
    if (this.query.selects(object)) this.stream.write([this.#form.event('ADDED', object)]);
  }
  /** Sends what a change is for this watch: an object that fits its selectors no longer is DELETED. */
  take(change: KubeChange, order: KubeOrder, times: number): void {
    const event = this.#event(change);
    if (event === undefined) return;
    for (let i = 0; i < times; i++) {
      if (order === 'kept') this.stream.write([event]);
      else this.#held.push({ key: change.key, line: event });
    }
  }
  #event({ resource, before, after, version }: KubeChange): string | undefined {
    if (resource !== this.query.resource) return undefined;
    const was = before !== undefined && this.query.selects(before);
    const is = after !== undefined && this.query.selects(after);
    if (is) return this.#form.event(was ? 'MODIFIED' : 'ADDED', after);
    return was ? this.#form.event('DELETED', atVersion(before, version)) : undefined;
  }
  /** Lets the events go that were collected to be mixed. */
  flush(order: KubeOrder, random: () => number): void {
    const held = this.#held;
    this.#held = [];
    if (held.length > 0) this.stream.write([order === 'kept' ? held.map((each) => each.line).join('') : mixed(held, order, random)]);
  }
  /** Sends how far this watch has come, where that was asked for; with the annotation after initial events. */
  bookmark(version: number, initial = false): void {
    if (!this.query.bookmarks) return;
    const { kind, apiVersion } = KUBE_KINDS[this.query.resource];
    const annotations = initial ? { annotations: { [INITIAL_EVENTS_END]: 'true' } } : {};
    const metadata = { resourceVersion: String(version), creationTimestamp: null, ...annotations };
    this.stream.write([this.#form.event('BOOKMARK', { kind, apiVersion, metadata })]);
  }
  /** Ends it with an event ERROR. */
  fail(status: unknown): void {
    this.stream.write([this.#form.event('ERROR', status)]);
    this.stream.end();
  }
}
/** What is deleted comes as it was last, with the version of its deletion. */
function atVersion(object: KubeObject, version: number): KubeObject {
  const metadata = object['metadata'];
  return typeof metadata === 'object' ? { ...object, metadata: { ...metadata, resourceVersion: String(version) } } : object;
}

function mixed(held: readonly Held[], order: KubeOrder, random: () => number): string {
  const places = held.map((_, i) => i);
  for (let i = places.length - 1; i > 0; i--) {
    const k = Math.floor(random() * (i + 1));
    [places[i], places[k]] = [places[k]!, places[i]!];
  }
  const shuffled = places.map((place) => held[place]!);
  if (order === 'everything') return shuffled.map((each) => each.line).join('');
  const next = new Map<string, number>();
  return shuffled.map(({ key }) => {
    const all = held.filter((each) => each.key === key);
    const at = next.get(key) ?? 0;
    next.set(key, at + 1);
    return all[at]!.line;
  }).join('');
}
