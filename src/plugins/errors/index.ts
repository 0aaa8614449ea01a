// *errors* enables error logging. Knows the cause that an outcome carries; knows no plugin that failed.
import type { Log } from '../../kernel/seen/log.ts';
import { upon } from '../../kernel/query/outcome.ts';
import type { Outcome } from '../../kernel/query/outcome.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import type { Query } from '../../kernel/query/query.ts';
import { Stacktrace } from '../../kernel/site/site.ts';
import { typeName } from '../../dns/type-name.ts';
import { readErrors } from './config.ts';
import { CELLS, Gatherer } from './gather.ts';

/** Rcodes that a plugin returns instead of writing a reply (SRV-13): with one of them, a written reply counts as success. */
const RETURNED = [1, 2, 4, 5];

/** The rcode of the line: what CoreDNS's chain would have returned beside the error. */
function rcodeOf(outcome: Outcome): number {
  if (outcome.kind === 'failure') return outcome.rcode;
  return outcome.kind === 'reply' && !RETURNED.includes(outcome.rcode) ? outcome.rcode : 0;
}

export default definePlugin({
  name: 'errors',
  parse: readErrors,
  create({ stacktrace, consolidations }, site) {
    if (stacktrace) site.put(Stacktrace, true);
    let log: Log;
    let gatherers: readonly Gatherer[] = [];
    const write = (outcome: Outcome, query: Query): void => {
      const { cause } = outcome;
      const text = cause instanceof Error ? cause.message : String(cause);
      const gatherer = gatherers.find((each) => each.matches(text));
      if (gatherer?.take() === true) return;
      const name = (query.journey.toldName || query.name.text).replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
      log[gatherer?.config.level ?? 'error'](`${rcodeOf(outcome)} ${name} ${typeName(query.told.type)}: ${text}`);
    };
    const look = (outcome: Outcome, query: Query): Outcome => {
      if (outcome.cause !== undefined) write(outcome, query);
      return outcome;
    };
    const cells = (run: Run, number: number) => run.space(site).flags(`errors ${number}`, CELLS);
    return {
      rehearsal: 'looks on',
      start(run) {
        log = run.log.prefix('errors');
        gatherers = consolidations.map((each, i) => new Gatherer(each, log, run.clock, run.signal, cells(run, i)));
      },
      handle: (query, next) => upon(next(query), look, query),
    };
  },
});
