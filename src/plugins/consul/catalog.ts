// The catalog of a Consul as its API has it: healthy instances of services, nodes, prepared queries. Knows the API's paths and JSON; knows
// no question. Main's.
import { ChangingZone } from '../../authority/changes.ts';
import { tellSource } from '../../authority/source-numbers.ts';
import { parseAddress } from '../../dns/address.ts';
import { Name } from '../../dns/name.ts';
import type { Closable } from '../../kernel/shared.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import { ApiError } from '../../kube-api/api-error.ts';
import { jsonOf } from '../../web-api/api-request.ts';
import type { ApiPlace, ApiReply } from '../../web-api/api-request.ts';
import { Endpoints } from '../../web-api/endpoints.ts';
import { Watched } from '../../web-api/watched.ts';
import type { Block, Fetched, Known } from '../../web-api/watched.ts';

/** What a name leads to. Can be sent between threads. */
export interface Instance {
  readonly node: string;
  readonly datacenter: string;
  /** 4 or 16 octets, or a host's name. */
  readonly address: Uint8Array | string;
  /** Whether that is the instance's own, and not its node's. */
  readonly isOwn: boolean;
  readonly port: number;
  readonly weight: number;
  /** In lower case. */
  readonly tags: readonly string[];
  readonly isPassing: boolean;
  /** Of a node, what is said of it: keys with their values. */
  readonly meta: readonly (readonly [key: string, value: string])[];
}
/** What is under a key of the catalog. */
export interface Entry {
  readonly instances: readonly Instance[];
  /** Seconds, where a prepared query says it. */
  readonly ttl: number | undefined;
}
/** A question for something, as a thread asks main. */
export interface Wanted {
  readonly kind: 'service' | 'node' | 'query';
  readonly what: string;
  /** '' for that of the server that is asked. */
  readonly datacenter: string;
  /** The wire name by which it is asked for. */
  readonly name: string;
}
/** What the catalog is asked with. */
export interface Consul {
  readonly zone: Name;
  readonly places: readonly ApiPlace[];
  readonly token: string;
  readonly near: string;
}
type Said = { readonly [field: string]: unknown };

/** What a blocking query may take above its wait: the server adds up to a sixteenth. */
const GRACE = 10_000;

/** All that is asked of one Consul. */
export class Catalog implements Closable {
  readonly #consul: Consul;
  readonly #endpoints: Endpoints;
  readonly #watched: Watched<Entry>;
  readonly #end = new AbortController();

  constructor(run: Pick<Run, 'clock' | 'store' | 'metrics'>, consul: Consul) {
    const { clock, store } = run;
    const changing = new ChangingZone(store, consul.zone);
    this.#consul = consul;
    this.#endpoints = new Endpoints(consul.places, clock);
    this.#watched = new Watched<Entry>({
      clock,
      load: (key, block, signal) => this.#load(key, block, signal),
      isSame: (one, other) => JSON.stringify(one) === JSON.stringify(other),
      isWatched: ({ instances }) => instances.length > 0,
      changed: (names) => changing.changed(names === undefined ? undefined : [...names].map((name) => Name.wire(name))),
    });
    const state = () => ({ revision: undefined, since: this.behind?.since });
    tellSource(run, 'consul', consul.zone.text, state, this.#end.signal);
  }
  /** Why some of what is known may be old, and since when. */
  get behind(): Watched<Entry>['behind'] {
    return this.#watched.behind;
  }
  /** Rejects where no server says. */
  find({ kind, what, datacenter, name }: Wanted): Promise<Known<Entry>> {
    return this.#watched.ask(JSON.stringify([kind, what, datacenter]), name);
  }
  close(): void {
    this.#end.abort();
    this.#watched.close();
  }

  async #load(key: string, block: Block | undefined, signal: AbortSignal): Promise<Fetched<Entry>> {
    const [kind, what, datacenter] = JSON.parse(key) as [Wanted['kind'], string, string];
    const words = new URLSearchParams();
    if (datacenter !== '') words.set('dc', datacenter);
    if (this.#consul.near !== '' && kind !== 'node') words.set('near', this.#consul.near);
    if (block !== undefined) {
      words.set('index', String(block.index));
      words.set('wait', `${Math.ceil(block.wait / 1000)}s`);
    }
    const name = encodeURIComponent(what), query = words.size === 0 ? '' : `?${words}`;
    const target = kind === 'service' ? `/v1/health/service/${name}${query}` : kind === 'node' ? `/v1/catalog/node/${name}${query}`
      : `/v1/query/${name}/execute${query}`;
    const { token } = this.#consul;
    const headers: readonly (readonly [string, string])[] = token === '' ? [] : [['X-Consul-Token', token]];
    const request = block === undefined ? { target, headers } : { target, headers, patience: block.wait * (1 + 1 / 16) + GRACE };
    const reply = await this.#endpoints.ask(request, signal);
    return { value: entryOf(kind, reply), index: kind === 'query' ? undefined : indexOf(reply) };
  }
}

function indexOf({ headers }: ApiReply): number | undefined {
  const text = headers.get('x-consul-index');
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
/** A reply, which may be anything. */
function entryOf(kind: Wanted['kind'], reply: ApiReply): Entry {
  if (kind === 'query' && reply.status === 404) return { instances: [], ttl: undefined };
  if (reply.status === 500 && /No path to datacenter/.test(reply.body.toString('utf8', 0, 200))) {
    throw new ApiError('status', 'Consul knows no way to the datacenter');
  }
  const said = jsonOf(reply, 'Consul');
  if (kind === 'node') {
    const node = field(said, 'Node');
    const meta = Object.entries(field(node, 'Meta') ?? {}).map(([key, value]) => [key, text(value)] as const);
    return { instances: [node ?? []].flat().flatMap((each) => instanceOf({ Node: each }, meta)), ttl: undefined };
  }
  const list = kind === 'query' ? (said as Said | null)?.['Nodes'] : said;
  const instances = Array.isArray(list) ? list.flatMap((each: unknown) => instanceOf(each as Said, [])) : [];
  return { instances, ttl: kind === 'query' ? ttlOf(text(field(said, 'DNS')?.['TTL'])) : undefined };
}
/** Seconds of a duration such as `1m30s`; undefined where it is none. */
function ttlOf(duration: string): number | undefined {
  const [, hours, minutes, seconds] = /^(?:(\d{1,4})h)?(?:(\d{1,6})m)?(?:(\d{1,8})(?:\.\d+)?s)?$/.exec(duration) ?? [];
  const parts = [hours, minutes, seconds];
  return parts.every((part) => part === undefined) ? undefined : parts.reduce((sum, part) => sum * 60 + Number(part ?? 0), 0);
}
/** An instance; none where a check of it, or of its node, is critical, or it has no address. */
function instanceOf(said: Said, meta: Instance['meta']): Instance | [] {
  const node = field(said, 'Node'), service = field(said, 'Service');
  const checks = (said as Said | null)?.['Checks'];
  const states = (Array.isArray(checks) ? checks : []).map((check: unknown) => text((check as Said | null)?.['Status']));
  const own = text(service?.['Address']), host = own === '' ? text(node?.['Address']) : own;
  if (node === undefined || host === '' || states.some((state) => state === 'critical')) return [];
  const isPassing = states.every((state) => state === 'passing' || state === '');
  const weights = field(service, 'Weights');
  const port = number(service?.['Port']), weight = number(weights?.[isPassing ? 'Passing' : 'Warning'], 1);
  const tags = service?.['Tags'];
  return {
    node: text(node['Node']), datacenter: text(node['Datacenter']).toLowerCase(), address: parseAddress(host) ?? host,
    isOwn: own !== '' && own !== text(node['Address']), port, weight, isPassing, meta,
    tags: (Array.isArray(tags) ? tags : []).flatMap((tag: unknown) => (typeof tag === 'string' ? tag.toLowerCase() : [])),
  };
}
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const number = (value: unknown, usual = 0): number =>
  (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65535 ? value : usual);
function field(said: unknown, name: string): Said | undefined {
  const value = typeof said === 'object' && said !== null ? (said as Said)[name] : undefined;
  return typeof value === 'object' && value !== null ? value as Said : undefined;
}
