// The services of a Nomad cluster, as its API has them. Knows the API's paths and JSON; knows no question. Main's.
import { parseAddress } from '../../dns/address.ts';
import { Name } from '../../dns/name.ts';
import { ChangingZone } from '../../authority/changes.ts';
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
}
/** A question for a service, as a thread asks main. */
export interface Wanted {
  readonly service: string;
  readonly namespace: string;
  /** The wire name by which it is asked for. */
  readonly name: string;
}
/** What main answers. */
export interface Found {
  readonly instances: readonly Instance[];
  /** Why they may be old. */
  readonly trouble: string | undefined;
}
/** What the cluster is asked with. */
export interface Cluster {
  readonly zone: Name;
  readonly places: readonly ApiPlace[];
  readonly filter: string;
  readonly token: string;
}

/** Milliseconds between two tries to find a server, at first and at most. */
const FIRST = 1000, LONGEST = 30_000;
/** What a blocking query may take above its wait: the server adds up to a sixteenth. */
const GRACE = 10_000;

/** Services, asked for and watched. */
export class Services implements Closable {
  readonly #cluster: Cluster;
  readonly #clock: Clock;
  readonly #endpoints: Endpoints;
  readonly #watched: Watched<readonly Instance[]>;
  readonly #end = new AbortController();
  /** Whether a server has answered. */
  isReady = false;

  constructor({ clock, store }: Pick<Run, 'clock' | 'store'>, cluster: Cluster) {
    const changing = new ChangingZone(store, cluster.zone);
    this.#cluster = cluster;
    this.#clock = clock;
    this.#endpoints = new Endpoints(cluster.places, clock);
    this.#watched = new Watched<readonly Instance[]>({
      clock,
      load: (key, block, signal) => this.#load(key, block, signal),
      isSame: (one, other) => JSON.stringify(one) === JSON.stringify(other),
      isWatched: (instances) => instances.length > 0,
      changed: (names) => changing.changed(names === undefined ? undefined : [...names].map((name) => Name.wire(name))),
    });
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
    return { instances: value, trouble };
  }
  close(): void {
    this.#end.abort();
    this.#watched.close();
  }

  get #headers(): readonly (readonly [string, string])[] {
    const { token } = this.#cluster;
    return token === '' ? [] : [['X-Nomad-Token', token]];
  }
  async #load(key: string, block: Block | undefined, signal: AbortSignal): Promise<Fetched<readonly Instance[]>> {
    const [service, namespace] = JSON.parse(key) as [string, string];
    const words = new URLSearchParams(this.#cluster.filter === '' ? {} : { filter: this.#cluster.filter });
    if (block !== undefined) words.set('index', String(block.index));
    words.set('namespace', namespace);
    if (block !== undefined) words.set('wait', `${Math.ceil(block.wait / 1000)}s`);
    const request = { target: `/v1/service/${encodeURIComponent(service)}?${words}`, headers: this.#headers };
    const reply = await this.#endpoints.ask(
      block === undefined ? request : { ...request, patience: block.wait * (1 + 1 / 16) + GRACE }, signal);
    const said = jsonOf(reply, 'Nomad');
    const index = reply.headers.get('x-nomad-index');
    return { value: (Array.isArray(said) ? said : []).flatMap(instanceOf),
      index: index !== undefined && /^\d{1,15}$/.test(index) ? Number(index) : undefined };
  }
}

/** One registration of the API's list, which may be anything. */
function instanceOf(said: unknown): Instance | [] {
  if (typeof said !== 'object' || said === null) return [];
  const { Address: address, Port: port, Tags: tags } = said as { [field: string]: unknown };
  if (typeof address !== 'string') return [];
  const number = typeof port === 'number' && Number.isInteger(port) && port >= 0 && port <= 65535 ? port : 0;
  return {
    address: parseAddress(address), port: number,
    tags: Array.isArray(tags) ? tags.flatMap((tag: unknown) => (typeof tag === 'string' ? tag : [])) : [],
  };
}
