// The webhook protocol of external-dns: which zones there are, the sets of records in them, and changes of them. Knows its media type and
// forms; sets are directory.ts's.
import type { Name } from '../../dns/name.ts';
import { Problem } from '../../http/problem.ts';
import { labelsOf } from '../../skydns/message.ts';
import type { Asked, Operation } from './api.ts';
import type { Directory } from './directory.ts';
import { setIn } from './places.ts';
import type { Places } from './places.ts';
import { readKeptSet, setType } from './record-sets.ts';
import { faultOf } from './schema.ts';
import type { Schema } from './schema.ts';

/** What its messages are. */
const MEDIA = 'application/external.dns.webhook+json;version=1';
/** Seconds of a set of which external-dns does not say. */
const TTL = 300;
/** Types that it knows and sets can have. */
const TYPES: ReadonlySet<string> = new Set(['A', 'AAAA', 'CNAME', 'TXT', 'SRV', 'MX', 'PTR', 'NAPTR']);
/** Of those, types whose data ends in a name that it has without a dot at its end. */
const NAMED: ReadonlySet<string> = new Set(['CNAME', 'MX', 'PTR', 'SRV']);

/** One set, as external-dns has it. */
interface Endpoint {
  readonly dnsName: string;
  readonly targets: readonly string[];
  readonly recordType: string;
  readonly recordTTL?: number;
}
interface Changes {
  readonly create?: readonly Endpoint[] | null;
  readonly updateOld?: readonly Endpoint[] | null;
  readonly updateNew?: readonly Endpoint[] | null;
  readonly delete?: readonly Endpoint[] | null;
}

const ENDPOINT: Schema = {
  type: 'object', required: ['dnsName', 'targets', 'recordType'],
  properties: {
    dnsName: { type: 'string', maxLength: 255 }, recordType: { type: 'string' },
    recordTTL: { type: 'integer', minimum: 0, maximum: 2_147_483_647 },
    targets: { type: 'array', maxItems: 100, items: { type: 'string', maxLength: 4096, pattern: '^[^\\r\\n]+$' } },
  },
};
const ENDPOINTS: Schema = { type: 'array', maxItems: 10_000, items: ENDPOINT };
/** Go says null for what is empty. */
const CHANGES: Schema = { type: 'object', properties: {} };

/** The operations on a directory that has these zones. */
export function externalDnsOn(directory: Directory, zones: readonly Name[], { setAt }: Pick<Places, 'setAt'>): readonly Operation[] {
  /** The way to a set; undefined where it cannot be one of these zones. */
  const placeOf = ({ dnsName, recordType }: Endpoint) => {
    const name = `${dnsName.toLowerCase().replace(/\.$/, '')}.`;
    const [zone] = zones.filter(({ text }) => name === text || name.endsWith(`.${text}`)).sort((a, b) => b.text.length - a.text.length);
    if (zone === undefined || !TYPES.has(recordType) || setType(recordType) === undefined) return undefined;
    return { zone: zone.text, name: name === zone.text ? '@' : name.slice(0, -zone.text.length - 1), type: recordType };
  };
  const apply = async ({ may, who }: Asked, field: string, each: Endpoint, isThere: boolean): Promise<void> => {
    const at = placeOf(each);
    if (at === undefined) throw new Problem(400, 'Not of these zones', { field, detail: `${each.dnsName} ${each.recordType}` });
    const { name, type, key } = setAt({ at, may }, 'operate');
    if (!isThere && await directory.set(key) === undefined) return;
    const records = each.targets.map((target) => dataOf(type, target));
    await directory.putSet(key, undefined, who, () =>
      (isThere ? setIn(name, type, { ttl: each.recordTTL || TTL, records }, `${field}.targets`) : undefined));
  };
  return [
    {
      method: 'GET', path: '/', id: 'externalDns', summary: 'The zones, as external-dns asks for them', media: MEDIA,
      replies: { 200: { type: 'object', required: ['include'], properties: { include: { type: 'array', items: { type: 'string' } } } } },
      run: () => ({ status: 200, body: { include: zones.map(({ text }) => text.slice(0, -1)) } }),
    },
    {
      method: 'GET', path: '/records', id: 'externalDnsRecords', summary: 'All sets of records, as external-dns has them', media: MEDIA,
      replies: { 200: ENDPOINTS },
      async run({ mayStill }) {
        await directory.listed();
        return { status: 200, body: endpointsOf(directory).filter(({ dnsName }) => mayStill('read', dnsName)) };
      },
    },
    {
      method: 'POST', path: '/records', id: 'externalDnsChanges', summary: 'Changes sets of records', media: MEDIA, request: CHANGES,
      replies: { 204: undefined },
      async run(asked) {
        const changes = asked.body as Changes;
        // What goes makes room first: an alias for addresses, and the other way around.
        for (const [member, isThere] of [['delete', false], ['updateNew', true], ['create', true]] as const) {
          for (const [i, each] of endpointsIn(changes[member], member).entries()) await apply(asked, `${member}.${i}`, each, isThere);
        }
        return { status: 204 };
      },
    },
    {
      method: 'POST', path: '/adjustendpoints', id: 'externalDnsAdjust', summary: 'What of these could be registered', media: MEDIA,
      request: ENDPOINTS, replies: { 200: ENDPOINTS },
      run: ({ body }) => ({ status: 200, body: (body as readonly Endpoint[]).filter((each) => isPossible(placeOf(each))) }),
    },
  ];
}
/** Whether a set can have that place: no wildcard is registered. */
const isPossible = (place: { readonly name: string } | undefined): boolean => place !== undefined && !/[^a-z0-9._@-]/.test(place.name);
/** Reads endpoints. Throws Problem. */
function endpointsIn(list: unknown, field: string): readonly Endpoint[] {
  if (list === undefined || list === null) return [];
  const fault = faultOf(list, ENDPOINTS, field);
  if (fault !== undefined) throw new Problem(400, 'Malformed request', { field: fault.field, detail: fault.wrong, cure: fault.cure });
  return list as readonly Endpoint[];
}
function endpointsOf({ parts: { names, path } }: Directory): readonly Endpoint[] {
  return (names.index?.keys() ?? []).flatMap(({ key, service }) => {
    const kept = readKeptSet(service?.coredns);
    if (kept === undefined || !TYPES.has(kept.set.type)) return [];
    const { type, ttl, records } = kept.set;
    const targets = records.map((data) => (NAMED.has(type) && type !== 'SRV' ? data.replace(/\.$/, '') : data));
    return { dnsName: labelsOf(path, key).slice(1).join('.'), targets, recordType: type, recordTTL: ttl };
  });
}
/** The data of a record as zone files have it. */
function dataOf(type: string, target: string): string {
  if (type === 'TXT') return target.startsWith('"') ? target : `"${target.replace(/["\\]/g, '\\$&')}"`;
  return NAMED.has(type) && !target.endsWith('.') ? `${target}.` : target;
}
