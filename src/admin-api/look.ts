// Looks at each question of a block on its way back, and leaves word of it in what the thread keeps. Knows outcomes; knows no reader.
import { RCODE, rcodeName } from '../dns/rcode.ts';
import { elapsed } from '../kernel/query/elapsed.ts';
import type { Journey } from '../kernel/query/journey.ts';
import { upon } from '../kernel/query/outcome.ts';
import type { Outcome } from '../kernel/query/outcome.ts';
import { toldAt, toldLength } from '../kernel/query/peer.ts';
import type { Query } from '../kernel/query/query.ts';
import { hopName, hopOf } from '../kernel/query/trail.ts';
import { KINDS } from '../kernel/seen/latency.ts';
import type { SeenOutcome } from '../kernel/seen/recent.ts';
import { Seen } from '../kernel/seen/seen.ts';
import type { Privacy } from '../kernel/seen/seen.ts';
import type { Part, Run } from '../kernel/site/plugin.ts';
import { Slot } from '../kernel/slot.ts';
import { KeptAnswers } from '../kernel/site/site.ts';
import type { Site } from '../kernel/site/site.ts';
import { leastOf } from './levels.ts';

/** Milliseconds after which the time of day is read again. */
const DRIFT = 1000;
const [CACHE, OWN, UPSTREAM] = KINDS.map((_, i) => i) as [number, number, number];

/** A line by which the server is looked at. */
export interface LookedAt {
  readonly word: string;
  readonly privacy: Privacy;
  /** The folder in which Corefiles that served outlive the process. */
  readonly state: string | undefined;
}
/** Those of all blocks. */
export const LookedAt = new Slot<LookedAt>('lines by which the server is looked at');
const linesOf = (sites: readonly Site[]): readonly LookedAt[] => sites.flatMap((site) => site.all(LookedAt));

/** The part that a word has in every block: one looks on for all words, the first's. */
export function lookingFor(word: string, site: Site, sites: readonly Site[]): Part | undefined {
  const words = linesOf(sites).map((line) => line.word);
  return words.length > 0 && words.every((each) => each === word)
    ? looking(site, () => strictest(linesOf(sites))) : undefined;
}
/** Throws Error where another block has a line of the word too: it is for the whole process. */
export function onceAProcess(word: string, site: Site, sites: readonly Site[]): void {
  const first = sites.find((each) => each.all(LookedAt).some((line) => line.word === word));
  if (first !== site) throw new Error('one block has it: it is for the whole process');
}
/** Of what lines say of privacy that which tells least. */
function strictest(lines: readonly LookedAt[]): Privacy {
  const all = lines.map(({ privacy }) => privacy);
  const cut = all.flatMap(({ clients }) => (typeof clients === 'object' ? [clients] : []));
  const least = { v4: Math.min(...cut.map(({ v4 }) => v4)), v6: Math.min(...cut.map(({ v6 }) => v6)) };
  const isHidden = all.some(({ clients }) => clients === 'hide');
  return { names: all.every(({ names }) => names), clients: isHidden ? 'hide' : cut.length === 0 ? 'show' : least };
}

/** A part of every block of a server that is looked at. */
function looking(site: Site, privacy: () => Privacy): Part {
  let seen: Seen;
  let run: Run;
  /** The parts that keep answers. */
  let keepers: readonly number[] = [];
  /** What the time of day is ahead of the clock that only grows, and when that was seen. */
  let ahead = 0, at = -DRIFT;
  const said: { -readonly [key in keyof SeenOutcome]: SeenOutcome[key] } = {
    rcode: 0, extended: -1, trail: { lastHop: -1, tail: () => 0 }, isStream: false, microseconds: 0, at: 0,
  };
  const look = (outcome: Outcome, query: Query): Outcome => {
    // Its name is folded from now on. What keeps answers has made its hash.
    const hashed = query.key.hashedBy(run.store.memory.hash);
    const { journey } = query;
    const took = elapsed(query, run.clock);
    if (journey.finished - at >= DRIFT) {
      at = journey.finished;
      ahead = run.clock.wall() - at;
    }
    const rcode = outcome.kind === 'drop' ? -1 : outcome.kind === 'stream' ? 0 : outcome.rcode;
    said.rcode = rcode;
    said.extended = journey.extendedError?.code ?? -1;
    said.trail = journey.trail;
    said.isStream = query.stream;
    said.microseconds = Math.round(took * 1000);
    said.at = ahead + journey.finished;
    const isFailing = rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN;
    const kind = journey.lookups > 0 ? UPSTREAM : keepers.includes(journey.trail.lastHop) ? CACHE : OWN;
    const fails = isFailing && kind === UPSTREAM ? failureOf(journey, rcode) : '';
    seen.see(query, said, toldAt(query) >> 2, toldLength(query), kind, isFailing, fails, hashed);
    return outcome;
  };
  return {
    rehearsal: 'looks on',
    start(load) {
      run = load;
      seen = new Seen(load.store.memory, load.thread, hopName, privacy());
      keepers = site.all(KeptAnswers).map(({ by }) => hopOf(by));
      obey(load);
    },
    // What this server asks itself is no client's.
    handle: (query, next) => (query.depth > 0 ? next(query) : upon(next(query), look, query)),
  };
}
/** The thread's log says what is wanted of it, while a load is served. */
function obey({ log: { lines }, store, signal }: Run): void {
  const least = leastOf(store);
  lines.least = least;
  signal.addEventListener('abort', () => {
    if (lines.least === least) lines.least = undefined;
  }, { once: true });
}
/** Who was asked last, and how that went. */
const failureOf = ({ asked, trail, extendedError }: Journey, rcode: number): string =>
  `${asked === '' ? trail.last : asked}: ${extendedError?.text ?? (rcode < 0 ? 'no reply' : rcodeName(rcode))}`;
