// The services of a Nomad cluster, as its API has them. Knows the API's paths and JSON; knows no question. Main's.
import { parseAddress } from '../../dns/address.ts';
import { Name } from '../../dns/name.ts';
import { ChangingZone } from '../../authority/changes.ts';
import { tellSource } from '../../authority/source-numbers.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Closable } from '../../kernel/shared.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import { jsonOf } from '../../web-api/api-request.ts';
import type { ApiPlace } from '../../web-api/api-request.ts';
import { Endpoints } from '../../web-api/endpoints.ts';
import { Watched } from '../../web-api/watched.ts';
import type { Block, Fetched } from '../../web-api/watched.ts';
import { pause } from '../../kube-api/pause.ts';

/** One registration. Can be sent between threads. */
export interface Instance {
  /** 4 or 16 octets; undefined where what is registered is no address. */
  readonly address: Uint8Array | undefined;
  readonly port: number;
  readonly tags: readonly string[];
  /** The allocation that it is of; '' where none is said. */
  readonly allocation: string;
}
/** Instances, and whether a check of each fails, so that none is left out. */
interface Instances {
  readonly instances: readonly Instance[];
  readonly allFail: boolean;
}
/** A question for a service, as a thread asks main. */
export interface Wanted {
  readonly service: string;
  readonly namespace: string;
  /** The wire name by which it is asked for. */
  readonly name: string;
}
/** What main answers. */
export interface Found extends Instances {
  /** Why they may be old. */
  readonly trouble: string | undefined;
}
/** What the cluster is asked with. */
export interface Cluster {
  readonly zone: Name;
  readonly places: readonly ApiPlace[];
  readonly filter: string;
  /** Whether checks are looked at. */
  readonly healthy: boolean;
  readonly token: string;
}

/** Milliseconds between two tries to find a server, at first and at most. */
const FIRST = 1000, LONGEST = 30_000;
/** What a blocking query may take above its wait: the server adds up to a sixteenth. */
const GRACE = 10_000;
/** The longest wait where checks are looked at: that a check fails is no change of the service. Checks that are asked for at once. */
const CHECKS_EVERY = 10_000, AT_ONCE = 8;

/** Services, asked for and watched. */
export class Services implements Closable {
  readonly #cluster: Cluster;
  readonly #clock: Clock;
  readonly #endpoints: Endpoints;
  readonly #watched: Watched<Instances>;
  readonly #end = new AbortController();
  /** Whether a server has answered. */
  isReady = false;

  constructor(run: Pick<Run, 'clock' | 'store' | 'metrics'>, cluster: Cluster) {
    const { clock, store } = run;
    const changing = new ChangingZone(store, cluster.zone);
    this.#cluster = cluster;
    this.#clock = clock;
    this.#endpoints = new Endpoints(cluster.places, clock);
    this.#watched = new Watched<Instances>({
      clock,
      load: (key, block, signal) => this.#load(key, block, signal),
      isSame: (one, other) => JSON.stringify(one) === JSON.stringify(other),
      isWatched: ({ instances }) => instances.length > 0,
      changed: (names) => changing.changed(names === undefined ? undefined : [...names].map((name) => Name.wire(name))),
    });
    const state = () => ({ revision: undefined, since: this.behind?.since });
    tellSource(run, 'nomad', cluster.zone.text, state, this.#end.signal);
  }

  /** Why some of what is known may be old, and since when. */
  get behind(): Watched<Instances>['behind'] {
    return this.#watched.behind;
  }
  /** Looks for a server until one is there. */
  async begin(): Promise<void> {
    const { signal } = this.#end;
    for (let wait = FIRST; !signal.aborted; wait = Math.min(LONGEST, wait * 2)) {
      try {
        const { status } = await this.#endpoints.ask({ target: '/v1/agent/self', headers: this.#headers }, signal);
        this.isReady = status === 200;
      } catch {
        // Who asks for a service meanwhile hears why there is none.
      }
      if (this.isReady) return;
      await pause(this.#clock, wait * (0.5 + Math.random() / 2), signal);
    }
  }
  /** What is registered. Rejects where no server says. */
  async find({ service, namespace, name }: Wanted): Promise<Found> {
    const { value, trouble } = await this.#watched.ask(JSON.stringify([service, namespace]), name);
    return { ...value, trouble };
  }
  close(): void {
    this.#end.abort();
    this.#watched.close();
  }

  get #headers(): readonly (readonly [string, string])[] {
    const { token } = this.#cluster;
    return token === '' ? [] : [['X-Nomad-Token', token]];
  }
  async #load(key: string, block: Block | undefined, signal: AbortSignal): Promise<Fetched<Instances>> {
    const [service, namespace] = JSON.parse(key) as [string, string];
    const words = new URLSearchParams(this.#cluster.filter === '' ? {} : { filter: this.#cluster.filter });
    if (block !== undefined) words.set('index', String(block.index));
    words.set('namespace', namespace);
    const wait = this.#cluster.healthy ? Math.min(block?.wait ?? 0, CHECKS_EVERY) : block?.wait ?? 0;
    if (block !== undefined) words.set('wait', `${Math.ceil(wait / 1000)}s`);
    const request = { target: `/v1/service/${encodeURIComponent(service)}?${words}`, headers: this.#headers };
    const reply = await this.#endpoints.ask(
      block === undefined ? request : { ...request, patience: wait * (1 + 1 / 16) + GRACE }, signal);
    const said = jsonOf(reply, 'Nomad');
    const index = reply.headers.get('x-nomad-index');
    const instances = (Array.isArray(said) ? said : []).flatMap(instanceOf);
    return {
      value: this.#cluster.healthy ? await this.#healthy(service, namespace, instances, signal) : { instances, allFail: false },
      index: index !== undefined && /^\d{1,15}$/.test(index) ? Number(index) : undefined,
    };
  }
  /** Without those whose allocation has a check of the service that fails; all of them where that would leave none. */
  async #healthy(service: string, namespace: string, instances: readonly Instance[], signal: AbortSignal): Promise<Instances> {
    const waiting = [...new Set(instances.map(({ allocation }) => allocation))].filter((each) => each !== '');
    const failing = new Set<string>();
    const look = async (): Promise<void> => {
      for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
        if (await this.#fails(id, service, namespace, signal)) failing.add(id);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, look));
    const good = instances.filter(({ allocation }) => !failing.has(allocation));
    return good.length > 0 ? { instances: good, allFail: false } : { instances, allFail: instances.length > 0 };
  }
  /** What nobody says of an allocation is no failure of it: its node may be away for a moment. */
  async #fails(id: string, service: string, namespace: string, signal: AbortSignal): Promise<boolean> {
    const target = `/v1/client/allocation/${encodeURIComponent(id)}/checks?${new URLSearchParams({ namespace })}`;
    try {
      const said = jsonOf(await this.#endpoints.ask({ target, headers: this.#headers }, signal), 'Nomad');
      return Object.values(said ?? {}).some((check: unknown) => {
        const { Service: of, Status: status } = (check ?? {}) as { readonly [field: string]: unknown };
        return of === service && status === 'failure';
      });
    } catch {
      return false;
    }
  }
}

/** One registration of the API's list, which may be anything. */
function instanceOf(said: unknown): Instance | [] {
  if (typeof said !== 'object' || said === null) return [];
  const { Address: address, Port: port, Tags: tags, AllocID: allocation } = said as { [field: string]: unknown };
  if (typeof address !== 'string') return [];
  const number = typeof port === 'number' && Number.isInteger(port) && port >= 0 && port <= 65535 ? port : 0;
  return {
    address: parseAddress(address), port: number, allocation: typeof allocation === 'string' ? allocation : '',
    tags: Array.isArray(tags) ? tags.flatMap((tag: unknown) => (typeof tag === 'string' ? tag : [])) : [],
  };
}
