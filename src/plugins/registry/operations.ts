// What the API of a registry can do, each with its path and forms: what is served, checked and described is this one table. Knows names of
// services and zones; what is done with them is directory.ts's.
import type { Name } from '../../dns/name.ts';
import { Problem } from '../../http/problem.ts';
import { labelsOf } from '../../skydns/message.ts';
import { changesOn } from './following/told-zone.ts';
import { externalDnsOn } from './external-dns.ts';
import { skydnsOn } from './skydns-keys.ts';
import { backupOn } from './backup.ts';
import { describe } from './openapi.ts';
import type { Asked, Operation, Said } from './api.ts';
import type { Audit } from './audit.ts';
import { owned } from './conditions.ts';
import type { Directory } from './directory.ts';
import { INSTANCE, INSTANCE_PATCH, INSTANCE_VIEW, readKept, viewOf } from './instances.ts';
import type { InstanceSpec } from './instances.ts';
import { placesOf, setIn, soundInstance } from './places.ts';
import { RECORD_SET, RECORD_SET_PATCH, RECORD_SET_VIEW, readKeptSet, setView } from './record-sets.ts';
import type { RecordSet, SetSpec } from './record-sets.ts';
import { transactionOn } from './transactions.ts';
import { watchOn } from './watching.ts';
import type { WatchStreams } from './watching.ts';
import type { Schema } from './schema.ts';
import { wholeZonesOn } from './zones/whole-zones.ts';

const INSTANCE_PATH = '/v1/zones/{zone}/services/{service}/instances/{instance}';
const SET_PATH = '/v1/zones/{zone}/records/{name}/{type}';
const SERVICE: Schema = {
  type: 'object', required: ['name', 'instances'], additionalProperties: false,
  properties: { name: { type: 'string' }, instances: { type: 'array', items: INSTANCE_VIEW } },
};
const LEASE_ID: Schema = { type: 'string', pattern: '^[0-9a-f]{1,16}$', description: 'the id of a lease, as it was told' };
const TTL: Schema = { type: 'integer', minimum: 1, maximum: 9_000_000, description: 'seconds without a renewal' };
const LEASES: Schema = {
  anyOf: [
    { type: 'object', required: ['ttl'], properties: { ttl: TTL }, additionalProperties: false },
    {
      type: 'object', required: ['renew'], properties: { renew: { type: 'array', maxItems: 2000, items: LEASE_ID } },
      additionalProperties: false,
    },
  ],
};
/** Milliseconds for which a client may wait at most; how many may at once. */
const LONGEST_WAIT = 300_000, MOST_WAITING = 2000;

/** The operations on a directory that has these zones. */
export function operationsOn(
  directory: Directory, zones: readonly Name[], audit: Audit | undefined, streams: WatchStreams,
): readonly Operation[] {
  let waiting = 0;
  const places = placesOf(directory, zones);
  const { serviceAt, instanceAt, setAt } = places;
  const serve = async ({ query }: Asked): Promise<void> => {
    const served = query.get('served');
    if (served === null) return;
    if (!/^\d{1,18}$/.test(served)) {
      throw new Problem(400, 'Malformed request', { field: 'served', cure: 'it is a revision that was told' });
    }
    await directory.served(BigInt(served));
  };
  const put = async (asked: Asked, spec: Parameters<Directory['put']>[3]): Promise<Said> => {
    const { service, key } = instanceAt(asked, 'operate');
    const sound = (before: Parameters<typeof spec>[0]) => soundInstance(spec(before), directory.parts);
    const { instance, before: last } = await directory.put(key, asked.condition, asked.who, sound);
    return {
      status: last === undefined ? 201 : 200, body: viewOf(instance, service), etag: `"${instance.revision}"`,
      before: last === undefined ? undefined : viewOf(last, service),
    };
  };
  const putSet = async (asked: Asked, spec: (name: Name, type: string, before: RecordSet | undefined) => RecordSet['set'] | undefined) => {
    const { name, type, key } = setAt(asked, 'operate');
    const { set, before } = await directory.putSet(key, asked.condition, asked.who, (last) => spec(name, type, last));
    const was = before === undefined ? undefined : setView(name, before);
    if (set === undefined) return { status: 204, before: was };
    return { status: before === undefined ? 201 : 200, body: setView(name, set), etag: `"${set.revision}"`, before: was };
  };
  const operations: Operation[] = [
    {
      method: 'PUT', path: INSTANCE_PATH, id: 'putInstance', summary: 'Registers an instance, changes it, or renews its lease',
      request: INSTANCE, replies: { 200: INSTANCE_VIEW, 201: INSTANCE_VIEW }, conditional: true,
      run: (asked) => put(asked, () => asked.body as InstanceSpec),
    },
    {
      method: 'PATCH', path: INSTANCE_PATH, id: 'patchInstance', summary: 'Changes some members of an instance',
      request: INSTANCE_PATCH, replies: { 200: INSTANCE_VIEW }, conditional: true,
      run: (asked) => put(asked, (before) => {
        if (before === undefined) throw new Problem(404, 'No such instance');
        return { ...before.instance, ...asked.body as Partial<InstanceSpec> };
      }),
    },
    {
      method: 'GET', path: INSTANCE_PATH, id: 'getInstance', summary: 'What is known of an instance',
      query: { served: 'a revision to wait for' }, replies: { 200: INSTANCE_VIEW },
      async run(asked) {
        const { service, key } = instanceAt(asked, 'read');
        await serve(asked);
        const found = await directory.instance(key);
        if (found === undefined) throw new Problem(404, 'No such instance');
        return { status: 200, body: viewOf(found, service), etag: `"${found.revision}"` };
      },
    },
    {
      method: 'DELETE', path: INSTANCE_PATH, id: 'deleteInstance', summary: 'Takes an instance away', replies: { 204: undefined },
      conditional: true,
      async run(asked) {
        const { service, key } = instanceAt(asked, 'operate');
        return { status: 204, before: viewOf(await directory.remove(key, asked.condition, asked.who), service) };
      },
    },
    {
      method: 'GET', path: '/v1/zones/{zone}/services/{service}', id: 'getService', summary: 'The instances of a service',
      query: { served: 'a revision to wait for', wait: 'how long to wait for another one than If-None-Match has, such as 60s' },
      replies: { 200: SERVICE, 304: undefined },
      async run(asked) {
        const { name, key } = serviceAt(asked, 'read');
        await directory.listed();
        await serve(asked);
        // Along one history no two states have the same: what is added has a higher revision, what is taken away makes fewer.
        const etag = (): string => {
          const all = directory.service(key);
          return `"${all.reduce((most, { revision }) => (revision > most ? revision : most), 0n)}-${all.length}"`;
        };
        const isNew = (): boolean => asked.known !== etag();
        if (!isNew()) {
          if (waiting >= MOST_WAITING) throw new Problem(503, 'Too many wait', { fields: [['Retry-After', '1']] });
          waiting++;
          await directory.until(isNew, waitOf(asked), asked.gone, () => {}).finally(() => waiting--);
          if (!isNew()) return { status: 304, etag: etag() };
        }
        return { status: 200, etag: etag(), body: { name, instances: directory.service(key).map((each) => viewOf(each, name)) } };
      },
    },
    {
      method: 'PUT', path: SET_PATH, id: 'putRecords', summary: 'Makes a set of records what it shall be', request: RECORD_SET,
      replies: { 200: RECORD_SET_VIEW, 201: RECORD_SET_VIEW }, conditional: true,
      run: (asked) => putSet(asked, (name, type) => setIn(name, type, asked.body as SetSpec, 'records')),
    },
    {
      method: 'PATCH', path: SET_PATH, id: 'patchRecords', summary: 'Adds records to a set, and takes some away', request: RECORD_SET_PATCH,
      replies: { 200: RECORD_SET_VIEW, 204: undefined }, conditional: true,
      run: (asked) => putSet(asked, (name, type, before) => {
        const { ttl = before?.set.ttl, add = [], remove = [] } = asked.body as Partial<SetSpec> & SetPatch;
        if (before === undefined || ttl === undefined) throw new Problem(404, 'No such records', { cure: 'PUT makes them' });
        const more = add.length === 0 ? [] : setIn(name, type, { ttl, records: add }, 'add').records;
        const less = new Set(remove.length === 0 ? [] : setIn(name, type, { ttl, records: remove }, 'remove').records);
        const records = [...new Set([...before.set.records, ...more])].filter((each) => !less.has(each));
        return records.length === 0 ? undefined : { type, ttl, records };
      }),
    },
    {
      method: 'GET', path: SET_PATH, id: 'getRecords', summary: 'The records of a name and type',
      query: { served: 'a revision to wait for' }, replies: { 200: RECORD_SET_VIEW },
      async run(asked) {
        const { name, key } = setAt(asked, 'read');
        await serve(asked);
        const found = await directory.wholeSet(key);
        if (found === undefined) throw new Problem(404, 'No such records');
        return { status: 200, body: setView(name, found), etag: `"${found.revision}"` };
      },
    },
    {
      method: 'DELETE', path: SET_PATH, id: 'deleteRecords', summary: 'Takes the records of a name and type away',
      replies: { 204: undefined }, conditional: true,
      run: (asked) => putSet(asked, (_, __, before) => {
        if (before === undefined) throw new Problem(404, 'No such records');
        return undefined;
      }),
    },
    {
      method: 'PUT', path: '/v1/leases/{lease}', id: 'renewLease', summary: 'Begins the time of a lease anew',
      replies: { 200: { type: 'object', required: ['ttl'], properties: { ttl: TTL } } },
      async run(asked) {
        const id = leaseAt(asked);
        const ttl = (await directory.parts.keys.renew([id])).get(id);
        if (ttl === undefined) throw new Problem(404, 'The lease is gone', { cure: 'register again' });
        return { status: 200, body: { ttl } };
      },
    },
    {
      method: 'DELETE', path: '/v1/leases/{lease}', id: 'revokeLease', summary: 'Ends a lease and takes away what has it',
      replies: { 204: undefined },
      async run(asked) {
        const id = leaseAt(asked);
        mayEnd(directory, asked, id);
        if (!await directory.parts.keys.revoke(id)) throw new Problem(404, 'The lease is gone');
        return { status: 204 };
      },
    },
    {
      method: 'POST', path: '/v1/leases', id: 'leases', summary: 'Grants a lease, or renews many', request: LEASES,
      replies: {
        200: { type: 'object', required: ['gone'], properties: { gone: { type: 'array', items: LEASE_ID } } },
        201: { type: 'object', required: ['lease', 'ttl'], properties: { lease: LEASE_ID, ttl: TTL } },
      },
      async run(asked) {
        operates(asked);
        const { ttl, renew = [] } = asked.body as { readonly ttl?: number; readonly renew?: readonly string[] };
        if (ttl !== undefined) return { status: 201, body: { lease: (await directory.grant(ttl)).toString(16), ttl } };
        const left = await directory.parts.keys.renew(renew.map((id) => BigInt(`0x${id}`)));
        return { status: 200, body: { gone: renew.filter((id) => !left.has(BigInt(`0x${id}`))) } };
      },
    },
    transactionOn(directory, { instanceAt, setAt }),
    watchOn(streams),
    changesOn(directory, places),
    ...skydnsOn(directory, places),
    ...wholeZonesOn(directory, zones, places),
    backupOn(directory),
    ...externalDnsOn(directory, zones, places),
    {
      method: 'GET', path: '/v1/audit', id: 'audit', summary: 'Who tried what, the last thousand at most',
      query: { since: 'a time as 2026-01-01T00:00:00Z' },
      replies: { 200: { type: 'object', required: ['attempts'], properties: { attempts: { type: 'array', items: { type: 'object' } } } } },
      async run({ may, query }) {
        may('admin', '.');
        if (audit === undefined) throw new Problem(404, 'No audit', { cure: 'the stanza says where it is kept: audit FILE' });
        return { status: 200, body: { attempts: await audit.since(query.get('since') ?? '') } };
      },
    },
    {
      method: 'GET', path: '/v1/openapi.json', id: 'describe', summary: 'This description', replies: { 200: { type: 'object' } },
      open: true,
      run: () => ({ status: 200, body: description }),
    },
  ];
  const description = describe(operations);
  return operations;
}

/** What is added to a set, and what is taken away. */
interface SetPatch {
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
}
/** Whoever knows an id was told it: which names have the lease only the store knows. Throws Problem. */
function leaseAt(asked: Asked): bigint {
  operates(asked);
  const id = asked.at['lease']!;
  if (!/^[0-9a-f]{1,16}$/.test(id)) throw new Problem(400, 'Malformed request', { field: 'lease', cure: LEASE_ID.description });
  return BigInt(`0x${id}`);
}
/** Throws Problem where something has a lease that whoever asks may not take away: readers of instances know ids of leases too. */
function mayEnd({ parts: { names, path } }: Directory, { may, mayStill, who }: Asked, id: bigint): void {
  if (mayStill('admin', '.')) return;
  for (const { key, lease, service } of names.index?.keys() ?? []) {
    if (lease !== id) continue;
    may('operate', labelsOf(path, key).join('.'));
    const kept = readKept(service?.coredns) ?? readKeptSet(service?.coredns);
    if (kept !== undefined) owned(kept, who);
  }
}
function operates({ who }: Asked): void {
  if (!who.operates) throw new Problem(403, 'Not allowed', { detail: `${who.holder} may read`, cure: 'ask for a token that may operate' });
}
function waitOf({ query }: Asked): number {
  const [, number, unit] = /^(\d{1,6})(ms|s|m)?$/.exec(query.get('wait') ?? '0') ?? [];
  if (number === undefined) throw new Problem(400, 'Malformed request', { field: 'wait', cure: 'it is a time such as 60s' });
  return Math.min(LONGEST_WAIT, Number(number) * (unit === 'ms' ? 1 : unit === 'm' ? 60_000 : 1000));
}
