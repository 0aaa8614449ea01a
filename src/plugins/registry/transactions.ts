// Several changes at one revision, or none of them: instances and sets of records, where what somebody has seen is still so. Knows what
// changes write; knows no HTTP but its problems.
import { Problem } from '../../http/problem.ts';
import type { Comparison, Operation as Change } from '../../key-value/key-value.ts';
import type { Asked, Operation, Said } from './api.ts';
import type { Directory } from './directory.ts';
import { INSTANCE, operationsOf, stateOf, viewOf } from './instances.ts';
import type { InstanceSpec } from './instances.ts';
import { setIn, soundInstance } from './places.ts';
import type { Places } from './places.ts';
import { RECORD_SET, setOperations, setView } from './record-sets.ts';
import type { SetSpec } from './record-sets.ts';
import { faultOf } from './schema.ts';
import type { Schema } from './schema.ts';

const PATH: Schema = { type: 'string', maxLength: 1000, pattern: '^/v1/zones/', description: 'the path of an instance or of records' };
const CONDITIONS: Schema = {
  type: 'array', maxItems: 64, items: {
    type: 'object', required: ['path', 'revision'], additionalProperties: false,
    properties: { path: PATH, revision: { type: 'integer', minimum: 0, description: 'the revision that was told, 0 for nothing there' } },
  },
};
const CHANGES: Schema = {
  type: 'array', minItems: 1, maxItems: 64, items: {
    anyOf: [
      { type: 'object', required: ['put', 'body'], properties: { put: PATH, body: { type: 'object' } }, additionalProperties: false },
      { type: 'object', required: ['delete'], properties: { delete: PATH }, additionalProperties: false },
    ],
  },
};
/** `if`, `then` and `dryRun`; an object with a member of the second name is taken for a promise. */
const REQUEST: Schema = {
  type: 'object', required: ['then'], additionalProperties: false,
  properties: Object.fromEntries([['if', CONDITIONS], ['then', CHANGES], ['dryRun', { type: 'boolean' }]]),
};
const CHANGED: Schema = {
  type: 'object', required: ['path'], additionalProperties: false,
  properties: { path: PATH, before: { type: 'object' }, after: { type: 'object' } },
};
interface Order {
  readonly put?: string;
  readonly delete?: string;
  readonly body?: unknown;
}
/** What one order comes to. */
interface Plan {
  readonly path: string;
  readonly comparisons: readonly Comparison[];
  readonly changes: readonly Change[];
  readonly before: object | undefined;
  readonly after: (revision: bigint) => object | undefined;
}

/** The operation. */
export function transactionOn(directory: Directory, places: Pick<Places, 'instanceAt' | 'setAt'>): Operation {
  return {
    method: 'POST', path: '/v1/transactions', id: 'transaction', summary: 'Changes several things at one revision, or none',
    request: REQUEST,
    replies: {
      200: {
        type: 'object', required: ['revision', 'changes'],
        properties: { revision: { type: 'integer' }, changes: { type: 'array', items: CHANGED } },
      },
    },
    run: (asked) => run(directory, places, asked),
  };
}
async function run(directory: Directory, places: Pick<Places, 'instanceAt' | 'setAt'>, asked: Asked): Promise<Said> {
  const { if: conditions = [], dryRun = false, ...rest } = asked.body as {
    readonly if?: readonly { readonly path: string; readonly revision: number }[]; readonly dryRun?: boolean;
  };
  const orders = Object.values(rest)[0] as readonly Order[];
  await directory.listed();
  const plans: Plan[] = [];
  for (const [i, order] of orders.entries()) plans.push(await planOf(directory, places, asked, order, i));
  const seen = plans.flatMap(({ changes }) => changes.map((change) => ('put' in change ? change.put : change.delete)));
  if (new Set(seen).size < seen.length) throw new Problem(400, 'Malformed request', { field: 'then', cure: 'each thing is changed once' });
  const failed: number[] = [];
  const comparisons = new Map<string, Comparison>(plans.flatMap((plan) => plan.comparisons).map((each) => [each.key, each]));
  for (const [i, { path, revision }] of conditions.entries()) {
    const { key } = keyAt(places, asked, path, `if.${i}.path`, 'read');
    const now = (await directory.parts.keys.get(key))?.revision ?? 0n;
    if (now !== BigInt(revision)) failed.push(i);
    comparisons.set(key, { key, revision: BigInt(revision) });
  }
  const refuse = (): never => {
    throw new Problem(412, 'Changed in between', { cure: 'read it again, and decide anew', more: { failed } });
  };
  if (failed.length > 0) refuse();
  const tell = (revision: bigint): Said => ({
    status: 200,
    body: { revision: Number(revision), changes: plans.map(({ path, before, after }) => ({ path, before, after: after(revision) })) },
  });
  if (dryRun) return tell(directory.parts.names.revision);
  const { done, revision } = await directory.parts.keys.transaction({
    if: [...comparisons.values()], operations: plans.flatMap(({ changes }) => changes),
  });
  if (!done) refuse();
  await directory.served(revision);
  return tell(revision);
}
async function planOf(
  directory: Directory, places: Pick<Places, 'instanceAt' | 'setAt'>, asked: Asked, order: Order, i: number,
): Promise<Plan> {
  const path = order.put ?? order.delete!;
  const isPut = order.put !== undefined;
  const at = keyAt(places, asked, path, `then.${i}.${isPut ? 'put' : 'delete'}`, 'operate');
  const fault = isPut ? faultOf(order.body, at.name === undefined ? INSTANCE : RECORD_SET, `then.${i}.body`) : undefined;
  if (fault !== undefined) throw new Problem(400, 'Malformed request', { field: fault.field, detail: fault.wrong, cure: fault.cure });
  const { who } = asked;
  if (at.name === undefined) {
    const key = at.key.slice(0, -2);
    const before = await directory.planned(key, who);
    const instance = isPut ? soundInstance(order.body as InstanceSpec, directory.parts) : undefined;
    if (instance?.lease !== undefined && 'ttl' in instance.lease) {
      throw new Problem(400, 'Malformed request', {
        field: `then.${i}.body.lease`, cure: 'grant a lease by POST /v1/leases, and say its id',
      });
    }
    const lease = instance?.lease === undefined ? 0n : BigInt(`0x${(instance.lease as { readonly id: string }).id}`);
    const owner = before?.owner ?? who.holder;
    const kept = instance === undefined ? undefined : { instance, state: stateOf(instance, before), owner } as const;
    const id = key.slice(key.lastIndexOf('/') + 1);
    return {
      path, comparisons: [{ key: at.key, revision: before?.revision ?? 0n }],
      changes: kept === undefined ? (before?.keys ?? []).map((each) => ({ delete: each }))
        : operationsOf(key, kept, lease, before?.keys ?? []),
      before: before === undefined ? undefined : viewOf(before, at.service),
      after: (revision) => (kept === undefined ? undefined : viewOf({ ...kept, id, revision, lease }, at.service)),
    };
  }
  const { name, type, key } = at;
  const set = isPut ? setIn(name, type, order.body as SetSpec, `then.${i}.body.records`) : undefined;
  const { before, kept, beside } = await directory.planSet(key, set, who);
  return {
    path, comparisons: [{ key, revision: before?.revision ?? 0n }, ...beside], changes: setOperations(key, kept, before),
    before: before === undefined ? undefined : setView(name, before),
    after: (revision) => (kept === undefined ? undefined : setView(name, { ...kept, revision, keys: [] })),
  };
}
/** The key whose revision is that of what a path names. Throws Problem. */
function keyAt(
  { instanceAt, setAt }: Pick<Places, 'instanceAt' | 'setAt'>, { may }: Asked, path: string, field: string, role: 'read' | 'operate',
) {
  const [, zone, of, first, second, more] =
    /^\/v1\/zones\/([^/]+)\/(services|records)\/([^/]+)\/(?:instances\/)?([^/]+)(\/.*)?$/.exec(path) ?? [];
  if (zone === undefined || first === undefined || second === undefined || more !== undefined) {
    throw new Problem(400, 'Malformed request', { field, cure: PATH.description });
  }
  if (of === 'records') return setAt({ at: { zone, name: first, type: second }, may }, role);
  const { service, key } = instanceAt({ at: { zone, service: first, instance: second }, may }, role);
  return { service, key: `${key}/1`, name: undefined };
}
