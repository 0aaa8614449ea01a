// *prometheus* enables Prometheus metrics. Knows the block whose queries it counts and where they are shown.
import { definePlugin } from '../../kernel/plugin.ts';
import type { Part } from '../../kernel/plugin.ts';
import { upon } from '../../kernel/outcome.ts';
import { readPrometheus } from './config.ts';
import { Counter } from './count.ts';

export default definePlugin({
  name: 'prometheus',
  parse: readPrometheus,
  create(_config, site) {
    let counter: Counter;
    const part: Part = {
      start(run) {
        const chain = site.handlers;
        counter = new Counter(run, site, chain[chain.findIndex((each) => each.part === part) + 1]?.name ?? '');
      },
      handle: (query, next) => upon(next(query), counter.after, query),
    };
    return part;
  },
});
