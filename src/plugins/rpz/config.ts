// The lines of *rpz* as data. Knows words; opens nothing.
import { isAbsolute, join } from 'node:path';
import type { Directive } from '../../corefile/directive.ts';
import { parseAddress, parseCIDR } from '../../dns/address.ts';
import type { CIDR } from '../../dns/address.ts';
import { liesInPrefix } from '../../dns/address.ts';
import { Name } from '../../dns/name.ts';
import type { Lines, ParseContext } from '../../kernel/site/plugin.ts';
import type { Policy, RpzZone } from '../../policy/rpz-zone.ts';
import { quoted } from '../../wording/quote.ts';

const POLICIES: readonly string[] = ['given', 'disabled', 'passthru', 'drop', 'nxdomain', 'nodata', 'tcp-only'];

/** Reads the lines of a block: its zones in their order. */
export const readZones = (lines: Lines, context: ParseContext): readonly RpzZone[] => lines.map((line) => readZone(line, context));

function readZone(line: Directive, { root }: ParseContext): RpzZone {
  const text = line.arg();
  const zone = Name.maybe(text)?.folded ?? line.fail(`not a name: ${text}`);
  line.end();
  let path = '';
  let policy: Policy = 'given';
  let log = false;
  let clients: CIDR[] | undefined;
  line.properties({
    file(property) {
      const word = property.only();
      path = root === undefined || isAbsolute(word) ? word : join(root, word);
      property.mentions({ what: 'file', path }, property.argsAt[0]);
    },
    policy(property) {
      const [word = '', target, ...rest] = property.words(1);
      if (word === 'cname') {
        const name = target === undefined || rest.length > 0 ? undefined : Name.maybe(target);
        policy = { cname: name ?? property.fail('policy cname needs a name', 'policy cname walled.example') };
        return;
      }
      if (!POLICIES.includes(word) || target !== undefined) {
        property.fail(`unknown policy ${quoted([word, ...property.args.slice(1)].join(' '))}`, `one of ${POLICIES.join(', ')}, cname NAME`);
      }
      policy = word as Exclude<Policy, object>;
    },
    clients(property) {
      clients = [...clients ?? [], ...property.words(1).map((word) => networkOf(property, word))];
    },
    log(property) {
      property.end();
      log = true;
    },
  }, '"');
  if (path === '') line.fail(`rpz ${zone.text} has no file`, 'name its master file: file FILE');
  const networks = clients;
  return {
    zone, name: zone.text, path, policy, log, signals: false,
    isFor: networks === undefined ? undefined : ({ bytes, clientAt, clientLength }) =>
      networks.some(({ network, bits }) => liesInPrefix(bytes, clientAt, clientLength, network, bits)),
  };
}
function networkOf(line: Directive, text: string): CIDR {
  const octets = parseAddress(text);
  return parseCIDR(octets === undefined ? text : `${text}/${octets.length * 8}`)
    ?? line.fail(`illegal CIDR notation ${quoted(text)}`, 'a network such as 192.0.2.0/24, or an address');
}
