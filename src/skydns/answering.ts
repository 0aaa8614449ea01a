// A question for a zone whose names are keys: what is said of it, and of what cannot be read. Knows replies; where keys come from it is
// handed.
import { INFO_CODE } from '../dns/extended-error.ts';
import type { Name } from '../dns/name.ts';
import { RCODE } from '../dns/rcode.ts';
import type { RR } from '../dns/rr.ts';
import { TYPE } from '../dns/type-name.ts';
import { failure } from '../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../kernel/query/outcome.ts';
import type { Query } from '../kernel/query/query.ts';
import type { Log } from '../kernel/seen/log.ts';
import { covers } from '../kernel/site/fallthrough.ts';
import type { Fallthrough } from '../kernel/site/fallthrough.ts';
import type { Handler, Run } from '../kernel/site/plugin.ts';
import { quoted } from '../wording/quote.ts';
import { Asked, BadMessage } from './answers.ts';
import type { Rules, Sources, Told } from './answers.ts';
import type { Found, Wanted } from './found.ts';
import { Later, Pending } from './later.ts';
import { skydnsSoa } from './zone-soa.ts';

/** What decides the answers of one part. */
export interface AnsweringParts {
  readonly rules: Rules;
  readonly fallthrough: Fallthrough;
  /** What the store is called. */
  readonly store: string;
  /** What is there, where this thread knows; undefined: it has to be asked for. */
  readonly known?: (key: string, reach: Wanted['reach'], isWild: boolean) => Found | undefined;
  /** Rejects where nobody says. */
  readonly ask: (key: string, reach: Wanted['reach'], isWild: boolean) => Promise<Found>;
  /** What is answered beside that or in its place: `told` is what SkyDNS's messages say. Throws Pending, as `later` does. */
  readonly own?: (sources: Sources, name: Name, type: number, told: Told | undefined, later: Later) => Told | undefined;
  /** The SOA of a zone that has versions; undefined, or without this: its serial is the time. Within a reading. */
  readonly soa?: (zone: Name) => RR | undefined;
  /** An answer has a note of what was found. */
  readonly noted?: () => void;
}

/** One part in one thread. */
export class Answering {
  readonly #parts: AnsweringParts;
  readonly #run: Run;
  readonly #log: Log;
  /** The message that was complained of last. */
  #said = '';

  constructor(parts: AnsweringParts, run: Run, log: Log) {
    this.#parts = parts;
    this.#run = run;
    this.#log = log;
  }

  /** What is said of a question in the zone. */
  answer(query: Query, zone: Name, next: Handler): Answer {
    if (query.type === TYPE.AXFR || query.type === TYPE.IXFR) return failure(RCODE.REFUSED);
    return query.type === TYPE.SOA ? query.reply({ aa: true, answer: [this.#soa(zone)] }) : this.#answer(query, zone, next, new Later());
  }
  #answer(query: Query, zone: Name, next: Handler, later: Later): Answer {
    const { rules, fallthrough, known, ask, own, noted } = this.#parts;
    let note: string | undefined;
    const seen: string[] | undefined = query.journey.notes === undefined ? undefined : [];
    const sources: Sources = {
      find: (key, reach, isWild) => {
        const found = known?.(key, reach, isWild) ?? later.get(`${reach} ${key}`, () => ask(key, reach, isWild));
        note ??= found.note;
        seen?.push(seenText(this.#parts.store, key, found));
        return found;
      },
      elsewhere: (name, type) => later.get(`${type} ${name.key}`, () => elsewhere(query, name, type)),
    };
    const asked = new Asked(rules, zone, sources);
    let told: Told | undefined;
    try {
      told = asked.tell(query.name, query.type);
      if (own !== undefined) told = own(sources, query.name, query.type, told, later);
    } catch (error) {
      if (!(error instanceof Pending)) return this.#failed(query, zone, error);
      return error.come.then(() => query.reading.within(() => this.#answer(query, zone, next, later)));
    }
    if (seen !== undefined && seen.length > 0) query.note(() => seen.join('; '));
    if (told === undefined && covers(fallthrough, query.name)) return next(query);
    if (asked.stale !== undefined) query.extendedError = { code: INFO_CODE.STALE_ANSWER, text: asked.stale };
    const { answer, additional } = told ?? { answer: [], additional: [] };
    if (note !== undefined && answer.length > 0) {
      query.extendedError = { code: INFO_CODE.OTHER, text: note };
      noted?.();
    }
    if (answer.length > 0) return query.reply({ aa: true, answer, additional });
    return query.reply({ rcode: told === undefined ? RCODE.NXDOMAIN : RCODE.NOERROR, aa: true, authority: [this.#soa(zone)] });
  }
  /** ETCD-4: a message that is none fails every name above its key, and a store that does not answer all names. */
  #failed(query: Query, zone: Name, error: unknown): Outcome {
    const why = error instanceof Error ? error.message : String(error);
    if (why !== this.#said) this.#log.error(error instanceof BadMessage ? `a message cannot be used: ${why}` : why);
    this.#said = why;
    const text = error instanceof BadMessage ? `a message cannot be used: ${why}` : `${this.#parts.store} does not answer`;
    query.extendedError = { code: error instanceof BadMessage ? INFO_CODE.OTHER : INFO_CODE.NETWORK_ERROR, text };
    return query.reply({ rcode: RCODE.SERVFAIL, aa: true, authority: [this.#soa(zone)] });
  }
  #soa(zone: Name): RR {
    return this.#parts.soa?.(zone) ?? skydnsSoa(zone, Math.floor(this.#run.clock.wall() / 1000));
  }
}

/** What was found under a key, for whoever explains an answer. */
function seenText(store: string, key: string, { services, exists, wrong, stale }: Found): string {
  const there = services.length > 0 ? `${services.length} ${services.length === 1 ? 'message' : 'messages'}`
    : exists ? 'keys below alone' : 'nothing';
  const what = wrong === undefined ? there : 'a message that cannot be used';
  return `${what} of ${store} at ${quoted(key)}${stale === undefined ? '' : `, ${stale}`}`;
}
/** What this server answers to another question of the same client, as records; nothing where it does not. */
function elsewhere(query: Query, name: Name, type: number): readonly RR[] | Promise<readonly RR[]> {
  const recordsOf = (outcome: Outcome): readonly RR[] => (outcome.kind === 'reply' ? outcome.parts().answer : []);
  const answer = query.resolve({ name, type });
  if (!(answer instanceof Promise)) return recordsOf(answer);
  return answer.then((outcome) => query.reading.within(() => recordsOf(outcome)), () => []);
}
