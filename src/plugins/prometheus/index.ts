// *prometheus* enables Prometheus metrics. Knows the block whose queries it counts and where the numbers are shown.
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Part } from '../../kernel/site/plugin.ts';
import { upon } from '../../kernel/query/outcome.ts';
import type { Site } from '../../kernel/site/site.ts';
import { readPrometheus } from './config.ts';
import { Counter } from './count.ts';
import { FAMILIES, Secured, openEndpoint, tellPlugins } from './endpoint.ts';

const NAME = 'prometheus';
const counted = (site: Site) => site.handlers.some(({ name }) => name === NAME);

export default definePlugin({
  name: NAME,
  metrics: FAMILIES,
  showsMetrics: true,
  parse: readPrometheus,
  create(config, site) {
    let counter: Counter;
    site.put(Secured, config);
    const part: Part = {
      rehearsal: 'looks on',
      control: (run) => openEndpoint(run, config),
      start(run) {
        const chain = site.handlers;
        counter = new Counter(run, site, chain[chain.findIndex((each) => each.part === part) + 1]?.name ?? '');
      },
      /** The first block of a load speaks for all of them. */
      started(run) {
        const sites = run.sites.filter(counted);
        if (sites[0] === site) tellPlugins(run, sites);
      },
      handle: (query, next) => upon(next(query), counter.after, query),
    };
    return part;
  },
});
