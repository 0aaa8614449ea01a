// An instance of a service as the API has it, and as messages of SkyDNS under its key. Knows both forms; knows no store and no HTTP.
import type { Operation, Pair } from '../../key-value/key-value.ts';
import { parseAddress } from '../../dns/address.ts';
import { quoted } from '../../wording/quote.ts';
import { CHECK, checkOf } from './checks/check-spec.ts';
import type { CheckSpec } from './checks/check-spec.ts';
import { faultOf } from './schema.ts';
import type { Fault, Schema } from './schema.ts';

/** States of an instance: one with a check is `starting` until it passed, and `failing` when it does not any more. */
export const STATES = ['up', 'starting', 'draining', 'failing'] as const;
/** One of them. */
export type State = (typeof STATES)[number];

/** What somebody says of an instance. */
export interface InstanceSpec {
  readonly addresses: readonly string[];
  readonly ports?: { readonly [name: string]: number };
  readonly priority?: number;
  readonly weight?: number;
  readonly group?: string;
  readonly text?: readonly string[];
  readonly ttl?: number;
  readonly lease?: { readonly ttl: number } | { readonly id: string };
  readonly check?: CheckSpec;
  readonly state?: 'up' | 'draining';
}
/** What is kept of it under `coredns` in the message of its first address. */
interface Kept {
  readonly instance: InstanceSpec;
  readonly state: State;
  readonly owner: string;
}
/** An instance that is there. */
export interface Instance extends Kept {
  readonly id: string;
  /** Of its last change. */
  readonly revision: bigint;
  readonly lease: bigint;
  /** Its keys. */
  readonly keys: readonly string[];
}

/** Seconds for which an answer may be kept, where nothing is said. */
const TTL = 30;
const LEASE = '^[0-9a-f]{1,16}$';
const LEASE_SCHEMA: Schema = {
  anyOf: [
    { type: 'object', properties: { ttl: { type: 'integer', minimum: 1, maximum: 9_000_000, description: 'seconds without a renewal' } },
      required: ['ttl'], additionalProperties: false },
    { type: 'object', properties: { id: { type: 'string', pattern: LEASE, description: 'the id of a lease, as it was told' } },
      required: ['id'], additionalProperties: false },
  ],
};
const PROPERTIES = {
  addresses: { type: 'array', minItems: 1, maxItems: 16, items: { type: 'string', maxLength: 45, description: 'IPv4 and IPv6 addresses' } },
  ports: {
    type: 'object', maxProperties: 16, propertyNames: { pattern: '^[a-z0-9](?:[a-z0-9-]{0,13}[a-z0-9])?(?:/(?:tcp|udp))?$' },
    additionalProperties: { type: 'integer', minimum: 1, maximum: 65_535 },
  },
  priority: { type: 'integer', minimum: 0, maximum: 65_535 },
  weight: { type: 'integer', minimum: 0, maximum: 65_535 },
  group: { type: 'string', maxLength: 63, pattern: '^[!-~]*$' },
  text: { type: 'array', maxItems: 16, items: { type: 'string', maxLength: 255 } },
  ttl: { type: 'integer', minimum: 0, maximum: 86_400 },
  lease: LEASE_SCHEMA,
  check: CHECK,
  state: { type: 'string', enum: ['up', 'draining'] },
} as const satisfies { readonly [name: string]: Schema };

/** The body of a PUT. */
export const INSTANCE: Schema = { type: 'object', properties: PROPERTIES, required: ['addresses'], additionalProperties: false };
/** What stands under `coredns`. */
const KEPT: Schema = {
  type: 'object', required: ['instance', 'state', 'owner'],
  properties: { instance: INSTANCE, state: { type: 'string', enum: STATES }, owner: { type: 'string' } },
};
/** The body of a PATCH: what is not named stays. */
export const INSTANCE_PATCH: Schema = { type: 'object', properties: PROPERTIES, additionalProperties: false };
/** What is answered. */
export const INSTANCE_VIEW: Schema = {
  type: 'object', required: ['name', 'revision', 'state', 'owner', 'addresses'], additionalProperties: false,
  properties: {
    ...PROPERTIES, name: { type: 'string' }, revision: { type: 'integer' }, lease: { type: 'string', pattern: LEASE },
    state: { type: 'string', enum: STATES }, owner: { type: 'string' },
  },
};

/** The addresses that are none, as a field and what is wrong. */
export function addressFault({ addresses }: InstanceSpec): { readonly field: string; readonly wrong: string } | undefined {
  const at = addresses.findIndex((address) => parseAddress(address) === undefined);
  if (at >= 0) return { field: `addresses.${at}`, wrong: `${quoted(addresses[at]!)} is no address` };
  const again = addresses.findIndex((address, i) => addresses.indexOf(address) !== i);
  return again < 0 ? undefined : { field: `addresses.${again}`, wrong: 'it stands there already' };
}

/** What is wrong with how an instance is looked at, as a field, and how to mend it. */
export function checkFault({ check: spec, ports = {} }: InstanceSpec): Fault | undefined {
  if (spec === undefined) return undefined;
  const check = checkOf(spec);
  if ('field' in check) return check;
  const names = Object.keys(ports);
  if (names.length === 0) return { field: 'ports', wrong: 'it is missing', cure: 'a check needs a port' };
  return spec.port === undefined || names.includes(spec.port) ? undefined
    : { field: 'check.port', wrong: `${quoted(spec.port)} is no port of it`, cure: `ports are ${names.join(', ')}` };
}
/**
 * What an instance is that shall be so: one with a check that nobody has looked at is `starting`, and what was found out of it stays while
 * it is looked at in the same way.
 */
export function stateOf(instance: InstanceSpec, before: Pick<Kept, 'instance' | 'state'> | undefined): State {
  if (instance.state === 'draining') return 'draining';
  if (instance.check === undefined) return 'up';
  if (before === undefined || before.state === 'draining') return 'starting';
  return lookedAt(instance) === lookedAt(before.instance) ? before.state : 'starting';
}
/** What decides how an instance is looked at, as a text. */
export const lookedAt = ({ check, addresses, ports }: InstanceSpec): string => JSON.stringify([check, addresses[0], ports]);

/**
 * The messages of an instance by their keys. Each address has one below the instance's key, so that the instance's name has them all; SRV
 * has the first one's port and the instance's name (`targetstrip`). What shall not be answered has its host under `coredns` alone.
 */
export function messagesOf(key: string, { instance, state, owner }: Kept): readonly (readonly [key: string, value: string])[] {
  const { addresses, ports = {}, priority, weight, group, text = [], ttl = TTL } = instance;
  const [port = 0] = Object.values(ports);
  const common = { priority, ttl, targetstrip: 1, group };
  const own = addresses.map((address, i) => {
    const host = state === 'up' ? address : '';
    const message = i > 0 ? { host, port: -1, ...common }
      : { host, port, weight, text: text[0], ...common, coredns: { instance, state, owner } };
    return [`${key}/${i + 1}`, JSON.stringify(message)] as const;
  });
  return [...own, ...text.slice(1).map((each, i) => [`${key}/t${i + 2}`, JSON.stringify({ text: each, ttl, group })] as const)];
}

/** What changes the messages that are there to those that shall be. */
export function operationsOf(key: string, kept: Kept, lease: bigint, before: readonly string[]): readonly Operation[] {
  const messages = messagesOf(key, kept);
  const stay = new Set(messages.map(([each]) => each));
  return [
    ...messages.map(([put, value]) => ({ put, value: Buffer.from(value), lease })),
    ...before.filter((each) => !stay.has(each)).map((each) => ({ delete: each })),
  ];
}

/** Reads what a key says of an instance under `coredns`; undefined where that is none of ours: anybody may have written it. */
export function readKept(coredns: unknown): Kept | undefined {
  if (faultOf(coredns, KEPT) !== undefined) return undefined;
  const { instance, state, owner } = coredns as Kept;
  return addressFault(instance) === undefined ? { instance, state, owner } : undefined;
}
/** The instance of a key, by all pairs below that; undefined where there is none. */
export function readInstance(key: string, pairs: readonly Pair[]): Instance | undefined {
  const first = pairs.find((pair) => pair.key === `${key}/1`);
  if (first === undefined) return undefined;
  let kept: Kept | undefined;
  try {
    kept = readKept((JSON.parse(first.value.toString()) as { readonly coredns?: unknown } | null)?.coredns);
  } catch {
    // Somebody else's.
  }
  if (kept === undefined) return undefined;
  return {
    ...kept, id: key.slice(key.lastIndexOf('/') + 1), revision: first.revision, lease: first.lease, keys: pairs.map((pair) => pair.key),
  };
}

/** An instance as it is told. */
export function viewOf({ instance, state, owner, id, revision, lease }: Omit<Instance, 'keys'>, service: string): object {
  const { lease: _, state: __, ...said } = instance;
  return {
    name: `${id}.${service}`, revision: Number(revision), ...(lease === 0n ? {} : { lease: lease.toString(16) }), state, owner, ...said,
  };
}
