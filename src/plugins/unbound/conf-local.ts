// The zones and records of an unbound.conf that are answered by themselves. Knows settings and what they make.
import { reverseName } from '../../dns/reverse.ts';
import { parseAddress } from '../../dns/address.ts';
import type { CIDR } from '../../dns/address.ts';
import { Name } from '../../dns/name.ts';
import { record } from '../../dns/rr.ts';
import type { RR } from '../../dns/rr.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { LocalViews } from '../../resolver/local-views.ts';
import type { LocalView } from '../../resolver/local-views.ts';
import { LOCAL_KINDS, LocalZones } from '../../resolver/local-zones.ts';
import type { LocalKind } from '../../resolver/local-zones.ts';
import type { Conf, ConfClause, ConfSetting } from './conf.ts';
import { Said, nameIn, networks, recordOf, wrong } from './conf-said.ts';
import { ConfError } from './conf-words.ts';

/** Seconds of an address's name where none are said. */
const TTL = 3600;

/** What `local-zone`, `local-data` and their kin say, and the clauses `view`. Throws ConfError. */
export function localViews(conf: Conf): LocalViews {
  const said = Said.server(conf);
  const tags = said.all('define-tag').flatMap((setting) => words(setting));
  const views = new Map(conf.clauses.filter(({ kind }) => kind === 'view').map(view));
  return new LocalViews(localZones(said, tags), {
    views: said.all('access-control-view').map((setting) => ({ network: networkOf(setting), view: viewOf(setting, views) })),
    tags: said.all('access-control-tag').map((setting) =>
      ({ network: networkOf(setting), tags: tagsOf(setting, words(setting, 1), tags) })),
    actions: said.all('access-control-tag-action').map((setting) =>
      ({ network: networkOf(setting), tag: tagOf(setting, tags), kind: kindOf(setting, 2) })),
    data: said.all('access-control-tag-data').map((setting) =>
      ({ network: networkOf(setting), tag: tagOf(setting, tags), record: data(setting, `. ${setting.values[2]}`) })),
  });
}
function localZones(said: Said, tags: readonly string[], defaults = !said.yes('unblock-lan-zones', false)): LocalZones {
  const tagged = said.all('local-zone-tag').map((setting) => ({ name: nameIn(setting), tags: tagsOf(setting, words(setting, 1), tags) }));
  const overridden = said.all('local-zone-override').map((setting) =>
    ({ name: nameIn(setting), network: networkOf(setting, 1), kind: kindOf(setting, 2) }));
  const zones = said.all('local-zone').map((setting) => {
    const name = nameIn(setting);
    const isIts = (each: { readonly name: Name }): boolean => each.name.equals(name);
    return { name, kind: kindOf(setting, 1), tags: tagged.filter(isIts).flatMap((each) => each.tags), overrides: overridden.filter(isIts) };
  });
  const records = [...said.all('local-data').map((setting) => data(setting)), ...said.all('local-data-ptr').map(pointer)];
  return new LocalZones(zones, records, defaults);
}
function view({ settings, at }: ConfClause): [string, LocalView] {
  const said = new Said(settings);
  const name = said.last('name');
  if (name === undefined) throw new ConfError(at, 'view lacks its name');
  const first = said.yes('view-first', false);
  const isEmpty = ['local-zone', 'local-data', 'local-data-ptr'].every((each) => said.last(each) === undefined);
  return [name.values[0]!, { zones: isEmpty ? undefined : localZones(said, [], !first), first }];
}
function viewOf(setting: ConfSetting, views: ReadonlyMap<string, LocalView>): LocalView {
  const found = views.get(setting.values[1]!);
  if (found === undefined) throw wrong(setting, 'a network and the name of a view');
  return found;
}
const words = ({ values }: ConfSetting, at = 0): string[] => values[at]!.split(/\s+/).filter((each) => each !== '');
const networkOf = ({ values, ...setting }: ConfSetting, at = 0): CIDR => networks([{ ...setting, values: [values[at]!] }])[0]!;
function kindOf(setting: ConfSetting, at: number): LocalKind {
  const kind = LOCAL_KINDS.find((each) => each === setting.values[at]);
  if (kind === undefined) throw wrong(setting, `${at === 1 ? 'a zone' : '...'} and one of ${LOCAL_KINDS.join(', ')}`);
  return kind;
}
function tagsOf(setting: ConfSetting, named: readonly string[], tags: readonly string[]): readonly string[] {
  if (named.some((tag) => !tags.includes(tag))) throw wrong(setting, 'of tags that a define-tag before names');
  // In the order in which they were defined: the first one decides.
  return tags.filter((tag) => named.includes(tag));
}
const tagOf = (setting: ConfSetting, tags: readonly string[]): string => tagsOf(setting, [setting.values[1]!], tags)[0]!;
function data(setting: ConfSetting, text = setting.values[0]!): RR {
  const found = recordOf(text, setting.at);
  if (found === undefined || found.rdata.length === 0) throw wrong(setting, 'a record');
  return found;
}
/** `192.0.2.3 name`, with seconds between them or without. */
function pointer(setting: ConfSetting): RR {
  const [address = '', ...rest] = setting.values[0]!.trim().split(/\s+/);
  const octets = parseAddress(address);
  const target = Name.maybe(rest.at(-1) ?? '');
  const ttl = rest.length > 1 ? Number(rest[0]) : TTL;
  if (octets === undefined || target === undefined || !Number.isInteger(ttl)) {
    throw wrong(setting, 'an address, perhaps seconds, and a name');
  }
  return record(reverseName(octets), TYPE.PTR, CLASS.IN, ttl, target.octets);
}
