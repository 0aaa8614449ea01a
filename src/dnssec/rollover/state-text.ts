// The state of a zone's keys as the text of its file: JSON, with a sum, so that a file that was cut or changed by hand is told. Knows text;
// knows no folder.
import { createHash } from 'node:crypto';
import { Name } from '../../dns/name.ts';
import { PRESENCES, ROLES } from './state.ts';
import type { KeyState, LastingTtl, Phase, Presence, Role, ZoneState } from './state.ts';

/** A state file that cannot be read, and why. */
export class StateError extends Error {
  override readonly name = 'StateError';
}

const FORMAT = 'coredns-ts keys 1';
const sumOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);

/** The text of a state. */
export function printState(zone: Name, state: ZoneState): string {
  const keys = state.keys.map((key) => ({ ...key, data: Buffer.from(key.data).toString('base64') }));
  const body = JSON.stringify({ zone: zone.text, ...state, keys }, undefined, 1);
  return `${FORMAT} ${sumOf(body)}\n${body}\n`;
}

type Json = { readonly [field: string]: unknown };
const wrong = (what: string): never => {
  throw new StateError(`${what} is missing or wrong`);
};
const object = (value: unknown, what: string): Json => (typeof value === 'object' && value !== null && !Array.isArray(value)
  ? value as Json : wrong(what));
const number = (value: unknown, what: string): number => (Number.isSafeInteger(value) ? value as number : wrong(what));
const maybe = (value: unknown, what: string): number | undefined => (value === undefined ? undefined : number(value, what));
const flag = (value: unknown, what: string): boolean => (typeof value === 'boolean' ? value : wrong(what));

function phase(value: unknown, what: string): Phase {
  const { presence, since, until, isPublished, isSettled, isConfirmed } = object(value, what);
  if (!PRESENCES.includes(presence as Presence)) wrong(`the presence of ${what}`);
  return {
    presence: presence as Presence, since: number(since, what), ...(until === undefined ? {} : { until: number(until, what) }),
    ...(isPublished === true ? { isPublished } : {}), ...(isSettled === true ? { isSettled } : {}), ...(isConfirmed === true
      ? { isConfirmed } : {}),
  };
}
function lasting(value: unknown, what: string): LastingTtl {
  const { value: ttl, before, until } = object(value, what);
  return { value: number(ttl, what), before: number(before, what), until: number(until, what) };
}
function key(value: unknown): KeyState {
  const one = object(value, 'a key');
  const { file, role, data } = one;
  if (typeof file !== 'string' || file === '' || file.includes('/') || file.includes('\0')) return wrong('the file of a key');
  if (!ROLES.includes(role as Role)) return wrong(`the role of ${file}`);
  const octets = typeof data === 'string' ? Buffer.from(data, 'base64') : wrong(`the data of ${file}`);
  if (octets.length < 5 || octets.toString('base64') !== data) return wrong(`the data of ${file}`);
  const active = maybe(one['active'], `the time of ${file}`);
  return {
    file, role: role as Role, data: Uint8Array.from(octets), created: number(one['created'], `the time of ${file}`),
    ...(active === undefined ? {} : { active }), isWanted: flag(one['isWanted'], `what is wanted of ${file}`),
    dnskey: phase(one['dnskey'], `the DNSKEY of ${file}`), signatures: phase(one['signatures'], `the signatures of ${file}`),
    ds: phase(one['ds'], `the DS of ${file}`),
  };
}

/** Reads such a text. Throws StateError where it is cut, damaged, or of another zone. */
export function parseState(zone: Name, text: string): ZoneState {
  const [, sum, body] = /^coredns-ts keys 1 ([0-9a-f]{32})\n([\s\S]*)\n$/.exec(text) ?? [];
  if (sum === undefined || body === undefined) throw new StateError('it is cut, or no state of keys');
  if (sumOf(body) !== sum) throw new StateError('its sum is another one: it was cut or changed');
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (error) {
    throw new StateError('it is no JSON', { cause: error });
  }
  const all = object(json, 'the state');
  if (typeof all['zone'] !== 'string'
    || Name.maybe(all['zone'])?.equals(zone) !== true) throw new StateError(`it is of another zone than ${zone.text}`);
  const { keys } = all;
  if (!Array.isArray(keys)) return wrong('the list of keys');
  const state: ZoneState = {
    revision: number(all['revision'], 'the revision'), at: number(all['at'], 'the time'), stamp: number(all['stamp'], 'the stamp'),
    keys: keys.map(key), isHeld: flag(all['isHeld'], 'whether it is held'), zoneTtl: lasting(all['zoneTtl'], 'a TTL'),
    keyTtl: lasting(all['keyTtl'], 'a TTL'), dsTtl: lasting(all['dsTtl'], 'a TTL'),
  };
  if (new Set(state.keys.map(({ file }) => file)).size !== state.keys.length) throw new StateError('a key stands in it twice');
  return state;
}
