// *bind* overrides the host to which the server should bind (BIND-1 to 3). Knows addresses and interface names; opens nothing.
import { parseAddress } from '../../dns/address.ts';
import type { Directive } from '../../corefile/directive.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Machine } from '../../kernel/site/plugin.ts';
import { Bind } from '../../kernel/query/transport.ts';
import { quoted } from '../../wording/quote.ts';

/** Interface names become their addresses. */
function addresses(line: Directive, words: readonly string[], machine: Machine): readonly string[] {
  const interfaces = machine.interfaces();
  return words.flatMap((word) => {
    const found = interfaces.get(word);
    if (found !== undefined) return found;
    if (parseAddress(word) === undefined) line.refuse(`not a valid IP address or interface name: ${quoted(word)}`);
    return [word];
  });
}

export default definePlugin({
  name: 'bind',
  parse(lines, { machine }) {
    const all: string[] = [];
    for (const line of lines) {
      const words = line.rest();
      if (words.length === 0) line.refuse('at least one address or interface name is expected');
      let except: readonly string[] = [];
      line.properties({
        except(property) {
          except = property.rest();
          if (except.length === 0) property.refuse('at least one address or interface must be given to except subdirective');
        },
      }, (property) => property.refuse(`invalid option ${quoted(property.word)}`));
      const without = new Set(addresses(line, except, machine));
      all.push(...addresses(line, words, machine).filter((address) => !without.has(address)));
    }
    return all;
  },
  create(all, site) {
    site.put(Bind, all);
    return {};
  },
});
