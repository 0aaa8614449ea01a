// *connections* bounds how many connections a client may have, how many handshakes are under way, and what happens near the limit. Knows
// words; the bounds are the transports'.
import { once } from '../../corefile/directive.ts';
import type { Directive } from '../../corefile/directive.ts';
import { ConnectionSetting, DEFAULT_CONNECTIONS } from '../../kernel/query/connection-setting.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';

/** Bits of the addresses of both families. */
const BITS4 = 32, BITS6 = 128;

/** A number that stands where `what` is told. */
function number(property: Directive, text: string, what: string, least: number, most: number): number {
  const told = (): never => property.fail(`${property.word}: ${what} must be in range [${least}, ${most}]: ${text}`);
  const value = property.number(text, told);
  return value < least || value > most ? told() : value;
}

export default definePlugin({
  name: 'connections',
  parse(lines) {
    const line = once(lines);
    line.end();
    let rules = DEFAULT_CONNECTIONS;
    line.properties({
      per_client(property) {
        const [most = '', bits4 = '24', bits6 = '56'] = property.words(1, 3);
        rules = {
          ...rules, perClient: number(property, most, 'the number', 1, 1_000_000),
          bits4: number(property, bits4, 'bits of IPv4', 1, BITS4), bits6: number(property, bits6, 'bits of IPv6', 1, BITS6),
        };
      },
      handshakes(property) {
        rules = { ...rules, handshakes: number(property, property.only(), 'the number', 1, 1_000_000) };
      },
      overload(property) {
        rules = { ...rules, overload: number(property, property.only().replace(/%$/, ''), 'the percentage', 1, 100) / 100 };
      },
    });
    return { at: line.at, rules };
  },
  create(said, site) {
    site.put(ConnectionSetting, said);
    return {};
  },
});
