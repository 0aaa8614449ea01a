// Looks at each question of a block on its way back, and leaves word of it in the thread's records. Knows outcomes; knows no reader.
import { elapsed } from '../../kernel/query/elapsed.ts';
import { upon } from '../../kernel/query/outcome.ts';
import type { Outcome } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import { RecentWriter } from '../../kernel/seen/recent.ts';
import type { SeenQuestion } from '../../kernel/seen/recent.ts';
import type { Part, Run } from '../../kernel/site/plugin.ts';

/** A part of every block of a server with *admin*. */
export function looking(): Part {
  let writer: RecentWriter | undefined;
  let run: Run;
  const seen = { bytes: new Uint8Array(0), nameAt: 0, nameLength: 0, clientAt: 0, clientLength: 0, type: 0 };
  const look = (outcome: Outcome, query: Query): Outcome => {
    // Its name is folded from now on.
    void query.key;
    const { bytes, keyAt, nameLength, clientAt, clientLength, journey } = query;
    const at: { -readonly [key in keyof SeenQuestion]: SeenQuestion[key] } = seen;
    at.bytes = bytes;
    at.nameAt = keyAt;
    at.nameLength = nameLength;
    at.clientAt = clientAt;
    at.clientLength = clientLength;
    at.type = query.type;
    const rcode = outcome.kind === 'drop' ? -1 : outcome.kind === 'stream' ? 0 : outcome.rcode;
    const microseconds = Math.round(elapsed(query, run.clock) * 1000);
    writer?.write(at, rcode, journey.trail.last, query.stream, run.clock.wall(), microseconds);
    return outcome;
  };
  return {
    rehearsal: 'looks on',
    start(load) {
      run = load;
      writer = new RecentWriter(load.store.memory, load.thread);
    },
    // What this server asks itself is no client's.
    handle: (query, next) => (query.depth > 0 ? next(query) : upon(next(query), look, query)),
  };
}
