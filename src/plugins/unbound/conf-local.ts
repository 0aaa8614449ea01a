// The zones and records of an unbound.conf that are answered by themselves. Knows settings and what they make.
import { reverseName } from '../../dns/reverse.ts';
import { parseAddress } from '../../dns/address.ts';
import { Name } from '../../dns/name.ts';
import { record } from '../../dns/rr.ts';
import type { RR } from '../../dns/rr.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { LOCAL_KINDS, LocalZones } from '../../resolver/local-zones.ts';
import type { ConfSetting } from './conf.ts';
import { nameIn, recordOf, wrong } from './conf-said.ts';
import type { Said } from './conf-said.ts';

/** Seconds of an address's name where none are said. */
const TTL = 3600;

/** What `local-zone`, `local-data` and `local-data-ptr` say. Throws ConfError. */
export function localZones(said: Said): LocalZones {
  const zones = said.all('local-zone').map((setting) => {
    const kind = LOCAL_KINDS.find((each) => each === setting.values[1]);
    if (kind === undefined) throw wrong(setting, `a zone and one of ${LOCAL_KINDS.join(', ')}`);
    return { name: nameIn(setting), kind };
  });
  const records = [...said.all('local-data').map(data), ...said.all('local-data-ptr').map(pointer)];
  return new LocalZones(zones, records, !said.yes('unblock-lan-zones', false));
}
function data(setting: ConfSetting): RR {
  const found = recordOf(setting.values[0]!, setting.at);
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
