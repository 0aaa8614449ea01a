// The zones that an unbound.conf has whole, as `auth-zone` says them. Knows settings; opens no file.
import { parseZonedAddress } from '../../dns/address.ts';
import { Name } from '../../dns/name.ts';
import type { ServerAddress } from '../../resolver/settings.ts';
import type { WholeZone, WholeZonePrimaries } from '../../resolver/whole-zone.ts';
import type { Conf, ConfClause, ConfSetting } from './conf.ts';
import { nameIn, networks, wrong, yesIn } from './conf-said.ts';
import { ConfError } from './conf-words.ts';

/** Those of a file; `permissive`: a wrong digest does not matter. Throws ConfError. */
export const authZones = ({ clauses }: Conf, permissive: boolean): WholeZone[] =>
  clauses.filter(({ kind }) => kind === 'auth-zone').map((clause) => authZone(clause, permissive));

function authZone({ settings, at }: ConfClause, permissive: boolean): WholeZone {
  const last = (name: string) => settings.findLast((each) => each.name === name);
  const name = last('name');
  if (name === undefined) throw new ConfError(at, 'auth-zone lacks its name');
  const zone = nameIn(name);
  const file = last('zonefile')?.values[0] || undefined;
  const primaries = primariesIn(settings);
  if (file === undefined && primaries === undefined) throw new ConfError(at, `auth-zone ${zone.text} has no zonefile and no primary`);
  const digest = permissive || !yesIn(last('zonemd-check'), false) ? 'ignore'
    : yesIn(last('zonemd-reject-absence'), false) ? 'require' : 'check';
  return { zone, file, primaries, downstream: yesIn(last('for-downstream'), true), upstream: yesIn(last('for-upstream'), true),
    fallback: yesIn(last('fallback-enabled'), false), digest };
}
/** Who has a zone, and who may say that it has changed; undefined where nobody is named. Throws ConfError. */
export function primariesIn(settings: readonly ConfSetting[]): WholeZonePrimaries | undefined {
  const named = settings.filter(({ name }) => name === 'primary' || name === 'master');
  if (named.length === 0) return undefined;
  const servers = named.map(serverIn);
  const notify = settings.filter(({ name }) => name === 'allow-notify');
  const isName = (setting: ConfSetting): boolean => !/^[\d.:/]+$|:/.test(setting.values[0]!);
  return {
    addresses: servers.filter((each) => 'address' in each), names: servers.filter((each) => 'name' in each),
    notify: { networks: networks(notify.filter((each) => !isName(each))), keys: [], names: notify.filter(isName).map(nameIn) },
  };
}
/** `192.0.2.1`, or a name, and `@` with a port. */
function serverIn(setting: ConfSetting): ServerAddress | WholeZonePrimaries['names'][number] {
  const [text = ''] = setting.values;
  if (text.includes('#')) throw new ConfError(setting.at, `${setting.name}: zones are not had over TLS here: use *secondary*`);
  const [, address = '', port = '53'] = /^([^@]+)(?:@(\d{1,5}))?$/.exec(text) ?? [];
  const isAddress = parseZonedAddress(address) !== undefined;
  const name = isAddress || address === '' ? undefined : Name.maybe(address);
  if (Number(port) > 65535 || (!isAddress && name === undefined)) throw wrong(setting, 'an address or a name, or one with @PORT');
  return name === undefined ? { address, port: Number(port) } : { name, port: Number(port) };
}
