// The response policy zones of an unbound.conf, as `rpz` says them. Knows settings; opens no file.
import { inPrefix } from '../../dns/address.ts';
import type { CIDR } from '../../dns/address.ts';
import { Name } from '../../dns/name.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Policy, RpzZone } from '../../policy/rpz-zone.ts';
import type { Conf, ConfClause, ConfSetting } from './conf.ts';
import { nameIn, networks, wrong, yesIn } from './conf-said.ts';
import type { Said } from './conf-said.ts';
import { ConfError } from './conf-words.ts';

const POLICIES: ReadonlyMap<string, Exclude<Policy, object>> = new Map<string, Exclude<Policy, object>>([
  ['nxdomain', 'nxdomain'], ['nodata', 'nodata'], ['passthru', 'passthru'], ['drop', 'drop'], ['disabled', 'disabled'],
]);

/** Clients that have a tag. */
interface Tagged {
  readonly network: CIDR;
  readonly tags: readonly string[];
}

/** Those of a file, in their order. Throws ConfError. */
export function rpzZones({ clauses }: Conf, said: Said): RpzZone[] {
  const tagged = said.all('access-control-tag').map((setting): Tagged => {
    const [network] = networks([setting]);
    return { network: network!, tags: words(setting.values[1]!) };
  });
  return clauses.filter(({ kind }) => kind === 'rpz').map((clause) => rpzZone(clause, tagged));
}
function rpzZone({ settings, at }: ConfClause, tagged: readonly Tagged[]): RpzZone {
  const last = (name: string): ConfSetting | undefined => settings.findLast((each) => each.name === name);
  const name = last('name');
  if (name === undefined) throw new ConfError(at, 'rpz lacks its name');
  const zone = nameIn(name);
  const path = last('zonefile')?.values[0] ?? '';
  if (path === '') throw new ConfError(at, `rpz ${zone.text} has no zonefile`);
  const tags = settings.filter((each) => each.name === 'tags').flatMap(({ values }) => words(values[0]!));
  return {
    zone: zone.folded, path, policy: policyOf(last('rpz-action-override'), last('rpz-cname-override')),
    name: last('rpz-log-name')?.values[0] ?? zone.text, log: yesIn(last('rpz-log'), false),
    signals: yesIn(last('rpz-signal-nxdomain-ra'), false), isFor: tags.length === 0 ? undefined : (query) => isTagged(query, tagged, tags),
  };
}
function policyOf(override: ConfSetting | undefined, cname: ConfSetting | undefined): Policy {
  if (override === undefined) return 'given';
  const [word = ''] = override.values;
  if (word === 'cname') {
    const target = Name.maybe(cname?.values[0] ?? '');
    if (cname === undefined || target === undefined) throw new ConfError(override.at, 'rpz-action-override cname needs rpz-cname-override');
    return { cname: target };
  }
  return POLICIES.get(word) ?? fail(override);
}
function fail(setting: ConfSetting): never {
  throw wrong(setting, `one of ${[...POLICIES.keys(), 'cname'].join(', ')}`);
}
/** The nearest network of the client says its tags. */
function isTagged({ bytes, clientAt, clientLength }: Query, tagged: readonly Tagged[], tags: readonly string[]): boolean {
  const client = bytes.subarray(clientAt, clientAt + clientLength);
  const nearest = tagged.filter(({ network: { network, bits } }) => inPrefix(client, network, bits))
    .reduce<Tagged | undefined>((best, each) => (best === undefined || each.network.bits > best.network.bits ? each : best), undefined);
  return nearest?.tags.some((tag) => tags.includes(tag)) === true;
}
const words = (text: string): string[] => text.trim().split(/\s+/).filter((word) => word !== '');
