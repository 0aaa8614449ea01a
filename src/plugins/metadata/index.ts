// *metadata* enables a metadata collector: labels of a query, for whoever asks (META-1). Knows zones; knows no label.
import { definePlugin } from '../../kernel/site/plugin.ts';
import { MetadataZones } from '../../kernel/site/site.ts';
import { zonesOf } from '../../kernel/site/zones.ts';

export default definePlugin({
  name: 'metadata',
  parse(lines, { zones }) {
    const [line, again] = lines;
    const scope = zonesOf(line.rest(), zones);
    line.body?.[0]?.wrongArgs();
    again?.wrongArgs();
    return scope;
  },
  create(scope, site) {
    site.put(MetadataZones, scope.names);
    return { handle: (query, next) => next(query) };
  },
});
