// *autopath* completes names on the server, as the client's search path would (AP-1 to AP-5). Knows paths and which reply is taken; who
// knows the client's path, and who answers, it is not told.
import { INFO_CODE } from '../../dns/extended-error.ts';
import type { Name } from '../../dns/name.ts';
import { MAX_NAME } from '../../dns/name-wire.ts';
import { RCODE } from '../../dns/rcode.ts';
import { TYPE } from '../../dns/type-name.ts';
import { WireError } from '../../dns/wire-error.ts';
import { PerServer, counter } from '../../kernel/seen/metrics.ts';
import type { Metrics } from '../../kernel/seen/metrics.ts';
import { release, take } from '../../kernel/query/derive.ts';
import { failure, upon } from '../../kernel/query/outcome.ts';
import type { Answer, ExtendedError, Outcome } from '../../kernel/query/outcome.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import type { Query } from '../../kernel/query/query.ts';
import { SearchPaths } from '../../kernel/site/search-path.ts';
import type { SearchPathSource } from '../../kernel/site/search-path.ts';
import type { Site } from '../../kernel/site/site.ts';
import { baseLength, fill } from './candidates.ts';
import { readSettings } from './config.ts';
import type { Settings } from './config.ts';
import { complete } from './complete.ts';

const FAMILIES = { success: counter('coredns_autopath_success_total', 'Counter of requests that did autopath.', ['server']) };

/** One question on its way along a path. */
interface Walk {
  readonly query: Query;
  readonly path: readonly Name[];
  /** Octets of the name before the first element of the path. */
  readonly base: number;
  readonly next: Handler;
  /** What came of the question itself, and the error that goes with it: said where nothing better is found. */
  readonly first: Outcome;
  readonly error: ExtendedError | undefined;
  /** The query that asks for the other names, one after the other. */
  readonly candidate: Query;
  /** The element that is tried. */
  index: number;
}

class Autopath implements Part {
  readonly rehearsal = 'as served';
  readonly #settings: Settings;
  readonly #site: Site;
  #sources: readonly SearchPathSource[] = [];
  #metrics!: Metrics;
  #completed!: PerServer<number>;
  /** Of the path that was chosen last. */
  #base = -1;

  constructor(settings: Settings, site: Site) {
    this.#settings = settings;
    this.#site = site;
  }
  whole(): void {
    const { source } = this.#settings;
    if (this.#knowing().length === 0 && this.#site.handlers.some(({ name }) => name === source)) {
      throw new Error(`${source} does not implement the AutoPather interface`);
    }
  }
  #knowing(): readonly SearchPathSource[] {
    return this.#site.all(SearchPaths).filter(({ name }) => name === this.#settings.source);
  }
  start({ metrics }: Run): void {
    this.#sources = this.#knowing();
    const family = metrics.family(FAMILIES.success);
    this.#metrics = metrics;
    this.#completed = new PerServer(({ label }) => family.cell([label]));
  }

  handle(query: Query, next: Handler): Answer {
    const { zones } = this.#settings;
    if (!zones.everything && zones.match(query.name) === undefined) return next(query);
    // A transfer is of one zone, whatever else there is.
    if (query.type === TYPE.AXFR || query.type === TYPE.IXFR) return next(query);
    const path = this.#choose(query);
    if (path === undefined) return next(query);
    const base = this.#base;
    if (base === 0 && path[0]!.raw.length > 1) return nothingToComplete(query, path[0]!);
    // The first name of the path is the one that was asked for: it is asked as it came.
    const answer = next(query);
    if (answer instanceof Promise) return upon(answer, (outcome) => this.#begin(query, path, base, next, outcome), query);
    return this.#begin(query, path, base, next, answer);
  }

  /** The path that begins with a name above that of the question (AP-2). Several clusters may know the client: the name tells which. */
  #choose(query: Query): readonly Name[] | undefined {
    if (this.#sources.length === 0) return this.#fits(query, this.#settings.path);
    for (const source of this.#sources) {
      const path = this.#fits(query, source.searchPath(query));
      if (path !== undefined) return path;
    }
    return undefined;
  }
  #fits(query: Query, path: readonly Name[] | undefined): readonly Name[] | undefined {
    const first = path?.[0];
    if (first === undefined) return undefined;
    this.#base = baseLength(query, first);
    return this.#base < 0 ? undefined : path;
  }

  #begin(query: Query, path: readonly Name[], base: number, next: Handler, first: Outcome): Answer {
    if (settles(first)) {
      if (first.kind === 'reply') this.#count(query);
      return first;
    }
    if (path.length === 1) return first;
    return this.#walk({ query, path, base, next, first, error: query.extendedError, candidate: take(query, MAX_NAME), index: 1 });
  }
  /** AP-3: one name after the other, at once as long as answers come at once. */
  #walk(walk: Walk): Answer {
    const { query, path, base, next, first, candidate } = walk;
    for (; walk.index < path.length; walk.index++) {
      if (!fill(candidate, query, base, path[walk.index]!)) continue;
      query.extendedError = undefined;
      const answer = next(candidate);
      if (answer instanceof Promise) return upon(answer, (outcome) => this.#look(walk, outcome), query);
      if (settles(answer)) return this.#settle(walk, answer);
    }
    release(candidate);
    query.extendedError = walk.error;
    return first;
  }
  #look(walk: Walk, outcome: Outcome): Answer {
    if (settles(outcome)) return this.#settle(walk, outcome);
    walk.index++;
    return this.#walk(walk);
  }

  #settle({ query, candidate }: Walk, outcome: Outcome): Outcome {
    if (outcome.kind === 'stream') return outcome;
    const answer = outcome.kind === 'reply' ? this.#complete(query, candidate, outcome) : outcome;
    release(candidate);
    return answer;
  }
  #complete(query: Query, candidate: Query, reply: Outcome & { kind: 'reply' }): Outcome {
    try {
      const completed = complete(query, candidate, reply);
      this.#count(query);
      return completed;
    } catch (error) {
      // A reply that cannot be read, or that has no room for one more record.
      if (error instanceof WireError || error instanceof RangeError) return failure(RCODE.SERVFAIL, error);
      throw error;
    }
  }
  #count({ channel }: Query): void {
    this.#metrics.values[this.#completed.of(channel.service)]!++;
  }
}

/** Whether no other name is tried: only NXDOMAIN, and an error that nobody gave a reason for, leave something to look for. */
const settles = (outcome: Outcome): boolean =>
  outcome.kind === 'reply' ? outcome.rcode !== RCODE.NXDOMAIN : outcome.kind !== 'failure' || outcome.cause !== undefined;

/** AP-2: the name is that of the path itself. */
function nothingToComplete(query: Query, first: Name): Outcome {
  query.extendedError = { code: INFO_CODE.OTHER, text: 'the name is the first one of the search path' };
  return failure(RCODE.SERVFAIL, new Error(`trimzone: overshot qname: ${query.name.text}for zone ${first.text}`));
}

export default definePlugin({
  name: 'autopath',
  metrics: FAMILIES,
  parse: readSettings,
  create: (settings, site) => new Autopath(settings, site),
});
