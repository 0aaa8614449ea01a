// Composes the parts of a site into one handler, once. Knows what a part is; knows no plugin.
import { RCODE } from '../../dns/rcode.ts';
import { failure } from '../query/outcome.ts';
import type { Answer } from '../query/outcome.ts';
import type { Query } from '../query/query.ts';
import { hopOf } from '../query/trail.ts';
import { followedStep } from './follow.ts';
import type { FollowedHandler, Handler, Part } from './plugin.ts';
import type { NamedPart, Site } from './site.ts';

/** A handler that forgot to return something. */
function nothing(name: string): never {
  throw new Error(`plugin/${name}: handle returned undefined: return next(query), query.reply(...), failure(...) or drop`);
}

/**
 * Closures made once: each part holds the handler of what follows it. Whoever is entered is put on the query's trail. The end of the
 * chain is SERVFAIL, and says who asked for more (SRV-15). A part may call its `next` late: then a reading of shared memory is opened here.
 * A part that follows some questions is handed a second chain of what stands behind it.
 */
export function chain(site: Site): Handler | undefined {
  const { parts } = site;
  const handling = parts.filter(({ part }) => part.handle !== undefined);
  if (handling.length === 0) return undefined;
  const exhausted = failure(RCODE.SERVFAIL, new Error(`plugin/${handling.at(-1)!.name}: no next plugin found`));
  const follower = handling.findIndex(({ part }) => part.follows !== undefined);
  let next: Handler = () => exhausted;
  let followed: FollowedHandler = next;
  for (let i = handling.length - 1; i >= 0; i--) {
    const { name, part } = handling[i]!;
    const after = next;
    const hop = hopOf(name);
    part.follows?.(followed);
    next = (query) => {
      query.journey.trail.enter(hop);
      return (site.reading.open ? part.handle!(query, after) : late(site, part, query, after)) ?? nothing(name);
    };
    if (follower >= 0 && i > follower) followed = followedStep(handling[i]!, stepInto(site, name, part), next, followed);
  }
  return next;
}

/**
 * The same parts for a question that somebody follows from the first of them on (`explain`). Made when it is wanted: `instead` says what a
 * part does that is not to do what it usually does.
 */
export function walkedChain(site: Site, instead: (part: NamedPart) => Part['handle'] = ({ part }) => part.handle): FollowedHandler {
  const { handlers } = site;
  const exhausted = failure(RCODE.SERVFAIL, new Error(`plugin/${handlers.at(-1)?.name}: no next plugin found`));
  let next: FollowedHandler = () => exhausted;
  // What goes on after the client has its reply is not followed.
  let alone: Handler = () => exhausted;
  for (const named of handlers.toReversed()) {
    const handle = instead(named)?.bind(named.part);
    const after = alone;
    const real = handle === undefined ? (query: Query, behind: Handler) => behind(query) : stepInto(site, named.name, { handle });
    const step = named.part.rehearsal !== 'looks on' ? real
      : (query: Query, behind: Handler) => (query.journey.followed?.isDry === true ? behind(query) : real(query, behind));
    alone = (query) => step(query, after);
    next = followedStep(named, step, alone, next);
  }
  return next;
}

/** The step into a part, whatever comes next. */
function stepInto(site: Site, name: string, part: Part): (query: Query, next: Handler) => Answer {
  const hop = hopOf(name);
  return (query, next) => {
    query.journey.trail.enter(hop);
    return (site.reading.open ? part.handle!(query, next) : late(site, part, query, next)) ?? nothing(name);
  };
}

/** Apart, so that a hop of an answer that is at hand makes no closure. */
const late = ({ reading }: Site, part: Part, query: Query, next: Handler): Answer => reading.within(() => part.handle!(query, next));
