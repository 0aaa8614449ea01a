// Where the paths of the API lead: zones, services, instances and sets of records, and what their names may be. Knows names and who may do
// what with them; does nothing.
import { Name } from '../../dns/name.ts';
import { Problem } from '../../http/problem.ts';
import { quoted } from '../../wording/quote.ts';
import type { Asked } from './api.ts';
import { refusedAddress } from './checks/reachable.ts';
import type { Directory, DirectoryParts } from './directory.ts';
import { addressFault, checkFault } from './instances.ts';
import type { InstanceSpec } from './instances.ts';
import { recordsOf, setKeyOf, setOf, setType } from './record-sets.ts';
import type { RecordSet, SetSpec } from './record-sets.ts';

/** A label of a service or instance: letters, digits and hyphens, or with an underscore in front. */
const LABEL = /^(?:_?[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)$/;
/** Whether something that is registered may have this label in its name. */
export const isLabel = (label: string): boolean => LABEL.test(label) && label !== 'any';
/** Octets of a name as text (RFC 1035 section 2.3.4), less what an address's own label takes. */
const LONGEST = 245;
/** What of a request says where it leads, and whether that is allowed. */
export type Way = Pick<Asked, 'at' | 'may'>;
type Needed = 'read' | 'operate';

/** Finds names and keys in a directory that has these zones. All of it throws Problem. */
export function placesOf(directory: Directory, zones: readonly Name[]) {
  const zoneAt = ({ at }: Pick<Way, 'at'>): Name => {
    const zone = zones.find(({ text }) => text === `${at['zone']!.toLowerCase().replace(/\.$/, '')}.`);
    if (zone !== undefined) return zone;
    throw new Problem(404, 'No such zone', { field: 'zone', cure: `zones here are ${zones.map(({ text }) => text).join(', ')}` });
  };
  /** The service of a request: its name and its key. */
  const serviceAt = ({ at, may }: Way, role: Needed): { readonly name: string; readonly key: string } => {
    const zone = zoneAt({ at });
    const labels = at['service']!.toLowerCase().split('.');
    const name = `${labels.join('.')}.${zone.text}`;
    labelled('service', labels, name);
    may(role, name);
    return { name, key: directory.keyOf([...labels, ...zone.folded.split()]) };
  };
  const instanceAt = (asked: Way, role: Needed): { readonly service: string; readonly key: string } => {
    const { name, key } = serviceAt(asked, role);
    const id = asked.at['instance']!.toLowerCase();
    labelled('instance', [id], `${id}.${name}`);
    return { service: name, key: `${key}/${id}` };
  };
  const setAt = (asked: Way, role: Needed): { readonly name: Name; readonly type: string; readonly key: string } => {
    const zone = zoneAt(asked);
    const text = asked.at['name']!.toLowerCase();
    const labels = text === '@' ? [] : text.split('.');
    const whole = [...labels, zone.text].join('.');
    labelled('name', labels, whole);
    const type = setType(asked.at['type']!);
    if (type === undefined) {
      throw new Problem(400, 'Malformed request', { field: 'type', cure: 'it is a type such as A, TXT, MX or HTTPS' });
    }
    asked.may(role, whole);
    return { name: Name.parse(whole), type, key: setKeyOf(directory.keyOf([...labels, ...zone.folded.split()]), type) };
  };
  /** The key of a message, whose parts are the labels of its name from the right. */
  const keyAt = (asked: Way, role: Needed): { readonly key: string; readonly zone: string } => {
    const zone = zoneAt(asked);
    const labels = asked.at['key']!.toLowerCase().split('/').toReversed();
    const name = `${labels.join('.')}.${zone.text}`;
    labelled('key', labels, name);
    asked.may(role, name);
    const own = zone.folded.split();
    return { key: directory.keyOf([...labels, ...own]), zone: directory.keyOf(own) };
  };
  return { zoneAt, serviceAt, instanceAt, setAt, keyAt };
}
/** Their types. */
export type Places = ReturnType<typeof placesOf>;

/** An instance whose addresses are some, and that can be looked at as it says. Throws Problem. */
export function soundInstance(made: InstanceSpec, { allowed }: Pick<DirectoryParts, 'allowed'>): InstanceSpec {
  const fault = addressFault(made);
  if (fault !== undefined) {
    throw new Problem(400, 'Malformed request', { field: fault.field, detail: fault.wrong, cure: 'each is an address, once' });
  }
  const wrong = checkFault(made);
  if (wrong !== undefined) throw new Problem(400, 'Malformed check', { field: wrong.field, detail: wrong.wrong, cure: wrong.cure });
  const why = made.check === undefined ? undefined : refusedAddress(made.addresses[0]!, allowed());
  if (why !== undefined) {
    throw new Problem(400, 'Not to be checked', {
      field: 'addresses.0', detail: `it is ${why}`, cure: 'leave the check out, or let the stanza say allow_checks NETWORK',
    });
  }
  return made;
}
/** Reads the records of a set. Throws Problem. */
export function setIn(name: Name, type: string, { ttl, records }: SetSpec, field: string): RecordSet['set'] {
  const read = recordsOf(name, { type, ttl, records }, (at, error) => {
    throw new Problem(400, 'Malformed record', {
      field: `${field}.${at}`, detail: error.message, cure: `it is the data of ${type} as zone files have it`,
    });
  });
  const set = setOf(read, { type, ttl });
  if (type === 'CNAME' && set.records.length > 1) throw new Problem(400, 'Malformed request', { field, cure: 'a name has one CNAME' });
  return set;
}
/** Throws Problem where labels or a name cannot be answered. */
function labelled(field: string, labels: readonly string[], name: string): void {
  const wrong = labels.find((label) => !isLabel(label));
  if (wrong !== undefined) {
    throw new Problem(400, 'Malformed name', {
      field, detail: `${quoted(wrong.slice(0, 80))} is no label`, cure: 'labels have letters, digits and hyphens, 63 at most',
    });
  }
  if (name.length > LONGEST) throw new Problem(400, 'Malformed name', { field, cure: `the whole name has at most ${LONGEST} characters` });
}
