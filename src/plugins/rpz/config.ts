// The lines of *rpz* as data. Knows words; opens nothing.
import { isAbsolute, join } from 'node:path';
import type { Directive } from '../../corefile/directive.ts';
import { parseAddress, parseCIDR, parseZonedAddress } from '../../dns/address.ts';
import type { CIDR } from '../../dns/address.ts';
import { liesInPrefix } from '../../dns/address.ts';
import { splitHostPort } from '../../dns/host-port.ts';
import { Name } from '../../dns/name.ts';
import type { Lines, ParseContext } from '../../kernel/site/plugin.ts';
import type { Feed } from './feeds.ts';
import type { Policy, RpzZone } from '../../policy/rpz-zone.ts';
import type { Primary } from '../../authority/pulling/settings.ts';
import { primaryAt } from '../../resolver/open-whole-zones.ts';
import { quoted } from '../../wording/quote.ts';

const POLICIES: readonly string[] = ['given', 'disabled', 'passthru', 'drop', 'nxdomain', 'nodata', 'tcp-only'];

/** A line: its zone, and where that comes from. */
export interface RpzLine extends RpzZone {
  readonly feed: Feed | undefined;
}

/** Reads the lines of a block: its zones in their order. */
export const readZones = (lines: Lines, context: ParseContext): readonly RpzLine[] => lines.map((line) => readZone(line, context));

function readZone(line: Directive, { root }: ParseContext): RpzLine {
  const text = line.arg();
  const zone = Name.maybe(text)?.folded ?? line.fail(`not a name: ${text}`);
  line.end();
  let path = '';
  let policy: Policy = 'given';
  let log = false;
  let reportsOnly = false;
  let key: string | undefined;
  const primaries: Primary[] = [];
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
    from(property) {
      primaries.push(...property.words(1).map((word) => primaryIn(property, word)));
    },
    key(property) {
      const word = property.only();
      key = Name.maybe(word)?.folded.text ?? property.fail(`not a name: ${word}`);
    },
    report_only(property) {
      property.end();
      reportsOnly = true;
    },
    log(property) {
      property.end();
      log = true;
    },
  }, '"');
  if (path === '') {
    const what = primaries.length === 0 ? 'name its master file' : 'name the one that it is kept in';
    line.fail(`rpz ${zone.text} has no file`, `${what}: file FILE`);
  }
  if (key !== undefined && primaries.length === 0) line.fail(`rpz ${zone.text} has a key, and nobody to ask with it`, 'from ADDRESS...');
  const isFed = primaries.length > 0;
  const networks = clients;
  return {
    zone, name: zone.text, path, policy, log, signals: false, reportsOnly, isFed,
    feed: isFed ? { zone, path, primaries, key } : undefined,
    isFor: networks === undefined ? undefined : ({ bytes, clientAt, clientLength }) =>
      networks.some(({ network, bits }) => liesInPrefix(bytes, clientAt, clientLength, network, bits)),
  };
}
function networkOf(line: Directive, text: string): CIDR {
  const octets = parseAddress(text);
  return parseCIDR(octets === undefined ? text : `${text}/${octets.length * 8}`)
    ?? line.fail(`illegal CIDR notation ${quoted(text)}`, 'a network such as 192.0.2.0/24, or an address');
}
function primaryIn(line: Directive, text: string): Primary {
  if (parseZonedAddress(text) !== undefined) return primaryAt({ address: text, port: 53 });
  const { host, port } = line.attempt(() => splitHostPort(text), () => line.fail(`not an address: ${text}`));
  const isPort = /^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) <= 65535;
  if (parseZonedAddress(host) === undefined || !isPort) line.fail(`not an address: ${text}`);
  return primaryAt({ address: host, port: Number(port) });
}
