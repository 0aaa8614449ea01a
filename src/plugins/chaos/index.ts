// *chaos* allows for responding to TXT queries in the CH class. Knows a version, authors and the name of the machine.
import { rr } from '../../dns/rr.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { TXT } from '../../dns/types.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import { COREDNS_VERSION } from '../../kernel/version.ts';
import { AnyClass } from '../../kernel/site/site.ts';

/** CHAOS-2: a character string has at most 255 bytes. */
const trim = (text: string) => text.slice(0, 255);

/** Fisher-Yates. */
function shuffled<T>(values: readonly T[]): T[] {
  const all = [...values];
  for (let i = all.length - 1; i > 0; i--) {
    const k = Math.floor(Math.random() * (i + 1));
    [all[i], all[k]] = [all[k]!, all[i]!];
  }
  return all;
}

export default definePlugin({
  name: 'chaos',
  parse([line], { machine }) {
    const args = line.rest();
    line.properties({});
    return {
      version: trim(args[0] ?? `CoreDNS-${COREDNS_VERSION}`),
      authors: args.length > 1 ? [...new Set(args.slice(1))].map(trim) : ['The CoreDNS Authors', 'The coredns-ts Authors'],
      hostname: trim(machine.hostname()),
    };
  },
  create({ version, authors, hostname }, site) {
    site.put(AnyClass, true);
    /** CHAOS-1. */
    const texts = (name: string): readonly string[] | undefined => {
      if (name === 'version.bind.' || name === 'version.server.') return [version];
      if (name === 'hostname.bind.' || name === 'id.server.') return [hostname];
      return name === 'authors.bind.' ? shuffled(authors) : undefined;
    };
    return {
      handle(query, next) {
        if (query.class !== CLASS.CH || query.type !== TYPE.TXT) return next(query);
        const found = texts(query.name.text.toLowerCase());
        if (found === undefined) return next(query);
        return query.reply({ answer: found.map((text) => rr(query.name, TXT, 0, { texts: [text] }, CLASS.CH)) });
      },
    };
  },
});
