// One Kubernetes API: collections that are watched, each into a sink, until the signal aborts. Knows what others want to know of them,
// their state and what is logged; knows nothing of DNS.
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/seen/log.ts';
import type { Metrics } from '../kernel/seen/metrics.ts';
import type { ApiConfig } from './api-config.ts';
import { type ApiError, asApiError } from './api-error.ts';
import { Backoff, type Trouble } from './backoff.ts';
import { Collection } from './collection.ts';
import { type Abilities, Reflector } from './reflector.ts';
import { Requests } from './requests.ts';
import type { Resource, Sink } from './sink.ts';

/** What an API needs of its process. */
export interface ApiSurroundings {
  readonly clock: Clock;
  /** With the plugin's prefix. */
  readonly log: Log;
  readonly metrics: Metrics;
  /** What the API is called in metrics, where there are several. */
  readonly label?: readonly string[] | undefined;
  /** Ends every watch and request. */
  readonly signal: AbortSignal;
  /** 0 to 1, for jitter: Math.random where it is not given. */
  readonly random?: () => number;
}

/** A collection that is being watched. */
export interface Watch {
  readonly resource: Resource;
  /** Whether a whole list was handed over, some time. */
  readonly synced: boolean;
  /**
   * Milliseconds since 1970 of the moment when the API was last heard of this collection (where never: when the watch began); undefined
   * while it is in touch. A failure counts at once, silence after 15 s.
   */
  readonly staleSince: number | undefined;
  /** Milliseconds since anything came of this collection (where never: since the watch began). */
  readonly silentFor: number;
  /** What went wrong last, as it was logged; undefined while all is well. */
  readonly lastError: string | undefined;
  /** Has it listed anew: what a watch missed comes, what is gone goes. What is under way ends; false where that is a list. */
  relist(): boolean;
}

/** Milliseconds of silence after which the API is no longer in touch: its watches are opened again before. */
const OUT_OF_TOUCH = 15_000;
/** Milliseconds in touch after which failures before are forgotten. */
const WELL = 1000;

/** All that is asked of one API shares limits, credentials and back-off. */
export class KubeApi {
  readonly #requests: Requests;
  readonly #backoff: Backoff;
  readonly #abilities: Abilities = { initialEvents: true };
  readonly #surroundings: ApiSurroundings;
  readonly #random: () => number;
  readonly #watches: Watched[] = [];

  constructor(config: ApiConfig, surroundings: ApiSurroundings) {
    const { clock, metrics, label, log, random = Math.random } = surroundings;
    this.#requests = new Requests(config, clock, metrics, label);
    this.#backoff = new Backoff(clock, random);
    this.#surroundings = surroundings;
    this.#random = random;
    surroundings.signal.addEventListener('abort', () => this.#requests.close(), { once: true });
    for (const warning of config.warnings) log.warning(warning);
  }
  /** Lists and watches from now on. Nothing is thrown: what goes wrong is logged, seen in the Watch, and tried again. */
  watch(resource: Resource, sink: Sink): Watch {
    const watched = new Watched(resource, this.#surroundings);
    this.#watches.push(watched);
    const reflector = new Reflector({
      requests: this.#requests, collection: new Collection(resource), sink, clock: this.#surroundings.clock, random: this.#random,
      abilities: this.#abilities,
      heard: () => {
        if (watched.heard()) this.#backoff.succeeded();
      },
      synced: () => watched.whole(),
    });
    void this.#run(reflector, watched);
    return watched;
  }
  /** Every collection that is watched. */
  get watches(): readonly Watch[] {
    return this.#watches;
  }

  async #run(reflector: Reflector, watched: Watched): Promise<void> {
    const { signal } = this.#surroundings;
    let anew = new AbortController(), step = AbortSignal.any([signal, anew.signal]), waits = false;
    watched.anew = () => {
      const listsAgain = reflector.forget() || waits;
      if (listsAgain) anew.abort();
      return listsAgain;
    };
    while (!signal.aborted) {
      try {
        await reflector.step(step);
      } catch (error) {
        if (signal.aborted) return;
        const failure = asApiError(error);
        if (!step.aborted) {
          waits = true;
          await this.#backoff.wait(failure, watched.failed(failure), step);
          waits = false;
        }
      }
      if (!step.aborted || signal.aborted) continue;
      anew = new AbortController();
      step = AbortSignal.any([signal, anew.signal]);
    }
  }
}

class Watched implements Watch {
  readonly resource: Resource;
  readonly #collection: Collection;
  readonly #clock: Clock;
  readonly #log: Log;
  #synced = false;
  /** Monotonic and wall time. */
  #heardAt: number;
  #heardOn: number;
  #inTouch = false;
  /** Monotonic time at which it came in touch. */
  #touchedAt = 0;
  #trouble: Trouble | undefined;
  #said: string | undefined;
  /** Ends what is under way and begins with a list. */
  anew = (): boolean => false;

  constructor(resource: Resource, { clock, log }: ApiSurroundings) {
    this.resource = resource;
    this.#collection = new Collection(resource);
    this.#clock = clock;
    this.#log = log;
    this.#heardAt = clock.monotonic();
    this.#heardOn = clock.wall();
  }
  get synced(): boolean {
    return this.#synced;
  }
  get staleSince(): number | undefined {
    return this.#inTouch && this.#clock.monotonic() - this.#heardAt < OUT_OF_TOUCH ? undefined : this.#heardOn;
  }
  get silentFor(): number {
    return this.#clock.monotonic() - this.#heardAt;
  }
  get lastError(): string | undefined {
    return this.#said;
  }

  relist(): boolean {
    return this.anew();
  }
  whole(): void {
    this.#synced = true;
  }
  /** The API talks. True where it did not before. */
  heard(): boolean {
    this.#heardAt = this.#clock.monotonic();
    this.#heardOn = this.#clock.wall();
    if (this.#inTouch) return false;
    this.#inTouch = true;
    this.#touchedAt = this.#heardAt;
    if (this.#said !== undefined) this.#log.info(`Watching ${this.#collection.name} again`);
    this.#said = undefined;
    return true;
  }
  /** Counts the failure, and logs it where it is another one than before. */
  failed(error: ApiError): Trouble {
    const now = this.#clock.monotonic();
    // A watch that was well for a moment has made good what was before; one that ends as soon as it begins has not.
    const lived = this.#inTouch && now - this.#touchedAt >= WELL;
    const { failures, since } = (lived ? undefined : this.#trouble) ?? { failures: 0, since: now };
    this.#trouble = { failures: failures + 1, since };
    this.#inTouch = false;
    const text = this.#text(error);
    if (text !== this.#said) this.#log.error(text);
    this.#said = text;
    return this.#trouble;
  }
  #text(error: ApiError): string {
    const { name, group } = this.#collection;
    const text = `Failed to watch ${name}: ${error.message}`;
    const status = error.refusal?.status;
    const of = group === '' ? `resource ${name}` : `resource ${name} in apiGroup ${group}`;
    if (status === 403) return `${text} (grant its user the verbs list and watch on ${of}${this.#scope()})`;
    if (status === 404) return `${text} (the API has no ${of}: is its CustomResourceDefinition installed?)`;
    return text;
  }
  #scope(): string {
    const { namespace } = this.resource;
    return namespace === undefined ? ' by a ClusterRole' : ` by a Role in namespace ${namespace}`;
  }
}
