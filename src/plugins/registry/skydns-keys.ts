// Messages of SkyDNS as they are, under keys of a zone: for programs that write them, and for what instances and sets do not say. Knows
// paths and forms; what is there it reads and writes itself.
import { Problem } from '../../http/problem.ts';
import type { Pair } from '../../key-value/key-value.ts';
import type { Asked, Operation, Said } from './api.ts';
import { changed, check } from './conditions.ts';
import type { Directory } from './directory.ts';
import type { Places } from './places.ts';
import { readKept } from './instances.ts';
import type { Schema } from './schema.ts';

const NUMBER: Schema = { type: 'integer', minimum: -2_147_483_648, maximum: 2_147_483_647 };
/** The members that SkyDNS knows (ETCD-4). */
const MESSAGE: Schema = {
  type: 'object', additionalProperties: false,
  properties: {
    host: { type: 'string', maxLength: 1000 }, port: NUMBER, priority: NUMBER, weight: NUMBER, text: { type: 'string', maxLength: 4096 },
    mail: { type: 'boolean' }, ttl: { type: 'integer', minimum: 0, maximum: 4_294_967_295 }, targetstrip: NUMBER,
    group: { type: 'string', maxLength: 255 },
  },
};
const VIEW: Schema = {
  type: 'object', required: ['key', 'revision', 'message'],
  properties: { key: { type: 'string' }, revision: { type: 'integer' }, message: { type: 'object' }, lease: { type: 'string' } },
};
const PATH = '/v1/zones/{zone}/skydns/{key}';

/** The operations on a directory. */
export function skydnsOn(directory: Directory, { keyAt }: Pick<Places, 'keyAt'>): readonly Operation[] {
  const { keys } = directory.parts;
  /** What is there, where that is a message and nothing more: what stands below an instance's name is that instance's. Throws Problem. */
  const there = async (key: string, zone: string): Promise<Pair | undefined> => {
    for (let above = key; above.length > zone.length; above = above.slice(0, above.lastIndexOf('/'))) {
      const first = await keys.get(`${above}/1`);
      if (first === undefined || readKept(messageOf(first)['coredns']) === undefined) continue;
      throw new Problem(409, 'An instance', { detail: `${above} is one`, cure: 'change the instance, or use another key' });
    }
    return keys.get(key);
  };
  const write = async (asked: Asked, value: Uint8Array | undefined): Promise<Said> => {
    const { key, zone } = keyAt(asked, 'operate');
    const lease = leaseOf(asked);
    const before = await there(key, zone);
    const known = before === undefined ? undefined : { revision: before.revision, owner: '' };
    check(known, asked.condition);
    if (value === undefined && before === undefined) throw new Problem(404, 'No such message');
    const was = before === undefined ? undefined : viewOf(before);
    if (value !== undefined && before !== undefined && before.lease === lease && before.value.equals(value)) {
      return { status: 200, body: was, etag: `"${before.revision}"` };
    }
    const { done, revision } = await keys.transaction({
      if: [{ key, revision: before?.revision ?? 0n }, { key: `${key}/-cname`, revision: 0n }],
      operations: [value === undefined ? { delete: key } : { put: key, value, lease }],
    });
    if (!done) {
      const now = await keys.get(key);
      throw changed(now === undefined ? undefined : { revision: now.revision, owner: '' });
    }
    await directory.served(revision);
    if (value === undefined) return { status: 204, before: was };
    const after = viewOf({ key, value: Buffer.from(value), revision, lease });
    return { status: before === undefined ? 201 : 200, body: after, etag: `"${revision}"`, before: was };
  };
  return [
    {
      method: 'PUT', path: PATH, id: 'putMessage', summary: 'Writes a message of SkyDNS as it is', request: MESSAGE, conditional: true,
      query: { lease: 'the id of a lease' }, replies: { 200: VIEW, 201: VIEW },
      run: (asked) => write(asked, Buffer.from(JSON.stringify(asked.body))),
    },
    {
      method: 'GET', path: PATH, id: 'getMessage', summary: 'What is under a key', replies: { 200: VIEW },
      async run(asked) {
        const pair = await keys.get(keyAt(asked, 'read').key);
        if (pair === undefined) throw new Problem(404, 'No such message');
        return { status: 200, body: viewOf(pair), etag: `"${pair.revision}"` };
      },
    },
    {
      method: 'DELETE', path: PATH, id: 'deleteMessage', summary: 'Takes a message away', replies: { 204: undefined }, conditional: true,
      run: (asked) => write(asked, undefined),
    },
  ];
}
function messageOf({ value }: Pair): { readonly [member: string]: unknown } {
  try {
    const said: unknown = JSON.parse(value.toString());
    return typeof said === 'object' && said !== null ? said as { readonly [member: string]: unknown } : {};
  } catch {
    return {};
  }
}
const viewOf = (pair: Pair): object => ({
  key: pair.key, revision: Number(pair.revision), message: messageOf(pair), ...pair.lease === 0n ? {} : { lease: pair.lease.toString(16) },
});
function leaseOf({ query }: Asked): bigint {
  const id = query.get('lease');
  if (id === null) return 0n;
  if (!/^[0-9a-f]{1,16}$/.test(id)) throw new Problem(400, 'Malformed request', { field: 'lease', cure: 'it is the id of a lease' });
  return BigInt(`0x${id}`);
}
