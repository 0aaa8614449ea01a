// *themis* is a policy engine for *firewall* that asks decision points of Themis over gRPC (ecosystem 5.3). Knows how one is put
// together; what is asked is engine.ts's.
import { counter } from '../../kernel/seen/metrics.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import { ShownRules } from '../../kernel/site/shown.ts';
import type { Part } from '../../kernel/site/plugin.ts';
import { PolicyEngines } from '../../policy/engine.ts';
import { Keeper, RESULTS } from '../../policy/keeper.ts';
import { readThemis } from './config.ts';
import type { ThemisLine } from './config.ts';
import { FAILED, ThemisEngine } from './engine.ts';
import { DecisionPoint } from './point.ts';

const FAMILIES = {
  requests: counter('coredns_themis_decisions_total', 'Counter of questions to decision points, by how they went.', ['engine', 'result']),
};

function partOf({ name, endpoints, cache, timeout, onError }: ThemisLine, engine: ThemisEngine): Part {
  return {
    start({ clock, log, metrics, signal }) {
      const family = metrics.family(FAMILIES.requests);
      const cells = new Map(RESULTS.map((result) => [result, family.cell([name, result])]));
      const points = endpoints.map(({ host, port, text }) => new DecisionPoint(host, port, text, clock));
      // Questions of this load may still be under way.
      const close = (): void => points.forEach((point) => point.close());
      signal.addEventListener('abort', () => clock.after(timeout, close), { once: true });
      const said = log.prefix('themis');
      engine.start(points, new Keeper({
        what: name, cache, fallback: onError === undefined ? undefined : { value: FAILED, word: onError }, clock, log: said,
        count: (result) => {
          metrics.values[cells.get(result)!]!++;
        },
      }), clock, said);
    },
  };
}

export default definePlugin({
  name: 'themis',
  metrics: FAMILIES,
  parse: (lines) => readThemis(lines),
  create: (lines, site) => lines.map((line) => {
    const engine = new ThemisEngine(line);
    site.put(PolicyEngines, engine);
    const of = line.endpoints.map(({ text }) => text).join(' ');
    site.put(ShownRules, {
      by: 'themis', rules: (counted) => [{ what: `${line.name} ${of}`, hits: counted(FAMILIES.requests, { engine: line.name }) }],
    });
    return partOf(line, engine);
  }),
});
