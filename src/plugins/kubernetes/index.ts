// *kubernetes* enables reading zone data from a Kubernetes cluster. Knows how stanzas, search paths and transfers meet; the rest of the
// folder knows what they do.
import { ExternalNamesSources } from '../../authority/external-names.ts';
import { Transfers } from '../../authority/transfer.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import { ShownClusters } from '../../kernel/site/shown.ts';
import { SearchPaths } from '../../kernel/site/search-path.ts';
import { REQUEST_FAMILIES } from '../../kube-api/request-metrics.ts';
import { readSettings } from './config.ts';
import { LAST_HEARD } from './cluster/last-heard.ts';
import { LATENCY } from './cluster/latency.ts';
import { Stanza } from './stanza.ts';

/** The word of the plugin that served several clusters before, which stands for this one. */
const ALIAS = 'kubernetai';

export default definePlugin({
  name: 'kubernetes',
  aliases: [ALIAS],
  metrics: { latency: LATENCY, lastHeard: LAST_HEARD, ...REQUEST_FAMILIES },
  parse: readSettings,
  create(settings, site) {
    const stanzas: Stanza[] = [];
    for (const each of settings) stanzas.push(new Stanza(each, site, stanzas, stanzas.length));
    for (const stanza of stanzas) {
      site.put(Transfers, stanza);
      site.put(ExternalNamesSources, stanza);
      site.put(ShownClusters, { by: stanza.name, cluster: () => stanza.cluster(), relist: () => stanza.relist() });
      // Of several clusters the first one whose zones hold the name and that knows the client has the say, whatever its word is.
      for (const name of ['kubernetes', ALIAS]) site.put(SearchPaths, { name, searchPath: (query) => stanza.searchPath(query) });
    }
    return stanzas;
  },
});
