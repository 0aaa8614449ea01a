// Looks at each question of a block on its way back, and leaves word of it in the thread's records. Knows outcomes; knows no reader.
import { elapsed } from '../kernel/query/elapsed.ts';
import { upon } from '../kernel/query/outcome.ts';
import type { Outcome } from '../kernel/query/outcome.ts';
import { toldAt, toldLength } from '../kernel/query/peer.ts';
import type { Query } from '../kernel/query/query.ts';
import { hopName } from '../kernel/query/trail.ts';
import { RecentWriter } from '../kernel/seen/recent.ts';
import type { Part, Run } from '../kernel/site/plugin.ts';

/** A part of every block of a server that is looked at. */
export function looking(): Part {
  let writer: RecentWriter | undefined;
  let run: Run;
  const look = (outcome: Outcome, query: Query): Outcome => {
    // Its name is folded from now on.
    void query.key;
    const { journey } = query;
    writer?.write(query, {
      rcode: outcome.kind === 'drop' ? -1 : outcome.kind === 'stream' ? 0 : outcome.rcode, extended: journey.extendedError?.code ?? -1,
      trail: journey.trail, isStream: query.stream, microseconds: Math.round(elapsed(query, run.clock) * 1000), at: run.clock.wall(),
    }, toldAt(query) >> 2, toldLength(query));
    return outcome;
  };
  return {
    rehearsal: 'looks on',
    start(load) {
      run = load;
      writer = new RecentWriter(load.store.memory, load.thread, hopName);
    },
    // What this server asks itself is no client's.
    handle: (query, next) => (query.depth > 0 ? next(query) : upon(next(query), look, query)),
  };
}
