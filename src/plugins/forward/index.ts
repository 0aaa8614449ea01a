// *forward* facilitates proxying DNS messages to upstream resolvers. Knows that its lines are a chain; the rest is in the files beside it.
import { definePlugin } from '../../kernel/site/plugin.ts';
import { AnyClass } from '../../kernel/site/site.ts';
import { readStanza } from './config.ts';
import { Line } from './line.ts';
import { REQUEST_FAMILIES } from '../../kube-api/request-metrics.ts';
import { FAMILIES as SUBSCRIBED } from '../../subscribe/families.ts';
import { FAMILIES } from './proxy-metrics.ts';

export default definePlugin({
  name: 'forward',
  metrics: { ...FAMILIES, ...SUBSCRIBED, ...REQUEST_FAMILIES },
  parse: (lines, context) => lines.map((line) => readStanza(line, context)),
  create(stanzas, site) {
    site.put(AnyClass, true);
    return stanzas.map((stanza, i) => new Line(stanza, site, i, i < stanzas.length - 1).part());
  },
});
