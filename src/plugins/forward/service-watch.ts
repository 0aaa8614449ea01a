// The endpoints of one Service as upstreams, watched on the main thread: what its EndpointSlices say is ready now, and what they said last
// while there is nothing, or nobody to ask. Knows slices; knows no queries.
import { parseAddress, printAddress, unmap } from '../../dns/address.ts';
import { PORT } from '../../dns/port.ts';
import type { Log } from '../../kernel/seen/log.ts';
import type { Closable } from '../../kernel/shared.ts';
import type { Api } from '../../kube-api/open-api.ts';
import type { ApiObject, Sink } from '../../kube-api/sink.ts';
import type { UpstreamAddress } from '../../upstream/address.ts';
import { serviceText } from './service-name.ts';
import type { ServiceEntry } from './service-name.ts';

const PATH = '/apis/discovery.k8s.io/v1/endpointslices', LABEL = 'kubernetes.io/service-name';

/** One port of a slice. */
interface Port {
  readonly name: string;
  readonly port: number;
}
/** What is read of a slice. */
interface Slice {
  readonly addresses: readonly string[];
  readonly ports: readonly Port[];
}

/** Who asks the endpoints of the Service. */
export interface Asker {
  /** They are others than before. */
  readonly changed: () => void;
  readonly log: Log;
}

/** One Service, for all lines and loads that ask it. */
export class ServiceWatch implements Closable, Sink {
  /** Those that are asked: in an order that does not depend on when they came. Empty until the Service had some. */
  addresses: readonly UpstreamAddress[] = [];
  /** Why nothing new is known; undefined where what is known is as the Service is. */
  stale: string | undefined = undefined;
  /** Resolves when the API has told of it. */
  readonly whole: Promise<void>;
  #isWhole = () => {};
  readonly #entry: ServiceEntry;
  readonly #stop = new AbortController();
  readonly #askers = new Set<Asker>();
  #slices = new Map<string, Slice>();
  /** Those of a list that is under way. */
  #listed: Map<string, Slice> | undefined;

  constructor(entry: ServiceEntry, open: (signal: AbortSignal) => Api) {
    this.#entry = entry;
    this.whole = new Promise((resolve) => {
      this.#isWhole = resolve;
    });
    const { namespace, name } = entry.service;
    open(this.#stop.signal).watch({ path: PATH, namespace, labelSelector: `${LABEL}=${name}` }, this);
  }
  /** Tells of changes until the signal aborts. */
  tell(asker: Asker, signal: { addEventListener(type: 'abort', call: () => void, options: { once: true }): void }): void {
    this.#askers.add(asker);
    signal.addEventListener('abort', () => this.#askers.delete(asker), { once: true });
  }

  begin(): void {
    this.#listed = new Map();
  }
  put(object: ApiObject): void {
    (this.#listed ?? this.#slices).set(String(object.metadata?.['name']), readSlice(object));
    if (this.#listed === undefined) this.#take();
  }
  remove(object: ApiObject): void {
    (this.#listed ?? this.#slices).delete(String(object.metadata?.['name']));
    if (this.#listed === undefined) this.#take();
  }
  synced(): void {
    this.#slices = this.#listed ?? this.#slices;
    this.#listed = undefined;
    this.#take();
    this.#isWhole();
  }
  #take(): void {
    const found = addressesOf([...this.#slices.values()], this.#entry.service.port);
    if (typeof found === 'string') return this.#lack(found);
    if (this.stale !== undefined && this.addresses.length > 0) this.#say('info', 'has endpoints again');
    this.stale = undefined;
    const isSame = found.length === this.addresses.length && found.every(({ address, port }, i) =>
      address === this.addresses[i]!.address && port === this.addresses[i]!.port);
    if (isSame) return;
    this.addresses = found;
    for (const { changed } of this.#askers) changed();
  }
  /** What was known is kept: an empty Service is one that is being changed, or was taken away by mistake. */
  #lack(why: string): void {
    if (why === this.stale) return;
    this.stale = why;
    const kept = this.addresses.length === 0 ? '' : '; those that it had last are asked further';
    this.#say('warning', `${why}${kept}`);
  }
  #say(how: 'info' | 'warning', what: string): void {
    // What is said before anybody asks is said by whoever waits for it.
    for (const { log } of this.#askers) log[how](`${serviceText(this.#entry)} ${what}`);
  }
  close(): void {
    this.#stop.abort();
  }
}

/** The upstreams that slices name, by address; a text where there is none that could be asked. */
function addressesOf(slices: readonly Slice[], wanted: string): readonly UpstreamAddress[] | string {
  const found = new Map<string, UpstreamAddress>();
  let unsure: string | undefined;
  for (const { addresses, ports } of slices) {
    if (addresses.length === 0) continue;
    const port = portOf(ports, wanted);
    if (typeof port === 'string') unsure = port;
    else for (const address of addresses) found.set(`${address} ${port}`, { scheme: 'dns', address, port: String(port), zone: undefined });
  }
  if (found.size === 0) return unsure ?? 'has no ready endpoint';
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, address]) => address);
}
/** At which port endpoints are asked; a text where that cannot be said. */
function portOf(ports: readonly Port[], wanted: string): number | string {
  if (/^\d+$/.test(wanted)) return Number(wanted);
  const named = ports.filter(({ name }) => name === (wanted || 'dns'));
  if (wanted !== '' && named.length === 0) return `has no port ${wanted}`;
  const numbers = new Set((named.length > 0 ? named : ports).map(({ port }) => port));
  if (numbers.size === 1) return [...numbers][0]!;
  return numbers.size === 0 ? PORT.dns : `has ports ${ports.map(({ name }) => name).join(', ')}: say which one, as NAMESPACE/NAME:PORT`;
}

type Fields = { readonly [field: string]: unknown };
const fields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? value as Fields : {});
const list = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.map(fields) : []);
/** What counts of a slice: ready endpoints (an absent condition means ready) with an address of either family. */
function readSlice(object: ApiObject): Slice {
  const ready = list(object['endpoints']).filter(({ conditions }) => fields(conditions)['ready'] !== false);
  const stated = ready.flatMap(({ addresses }) => (Array.isArray(addresses) ? addresses as readonly unknown[] : []));
  const parsed = stated.flatMap((each) => (typeof each === 'string' ? parseAddress(each) ?? [] : []));
  const addresses = parsed.map((each) => printAddress(unmap(each)));
  const ports = list(object['ports']).flatMap(({ name, port }): Port[] =>
    (typeof port === 'number' && port > 0 && port < 65536 ? [{ name: String(name ?? ''), port }] : []));
  return { addresses, ports };
}
