// What of a zone's keys somebody should look at: a parent that has the DS of keys that are lost, and a rollover that waits for others for
// days. Words for people. Knows states; changes none.
import type { Name } from '../../dns/name.ts';
import { u16 } from '../../dns/packet.ts';
import { setHas } from '../../dnssec/delegation.ts';
import { keyTag } from '../../dnssec/dnskey.ts';
import type { Shown } from '../../dnssec/rollover/parent.ts';
import { signsKeys } from '../../dnssec/rollover/state.ts';
import type { KeyState, ZoneState } from '../../dnssec/rollover/state.ts';

const DAY = 86_400;
/** Seconds after which a rollover that waits for its parent is told of. */
const PATIENCE = 7 * DAY;

/**
 * What is wrong where a server of the parent has DS of a zone, and none of them is of a key that it has; empty where that is not so.
 * `owner` is the wire form of the zone's name in lower case.
 */
export function strayed(zone: Name, owner: Uint8Array, keys: readonly Pick<KeyState, 'data'>[], shown: Shown, folder: string): string {
  const stray = shown.find((one) => one !== undefined && one.ds.length > 0 && !keys.some(({ data }) => setHas(one.ds, owner, data)));
  if (stray === undefined) return '';
  const tags = [...new Set(stray.ds.map((data) => u16(data, 0)))].join(', ');
  const own = keys.map(({ data }) => keyTag(data)).join(', ');
  return `zone ${zone.text}: its parent has the DS of ${tags}, of which no key is in ${folder}: `
    + `validators refuse the zone until its parent has ${own === '' ? 'none' : `that of ${own}`}`;
}

/** Whether what comes next of a key is for the parent to do. */
const isForParent = (key: KeyState): boolean => {
  const { presence, until, isConfirmed } = key.ds;
  return signsKeys(key) && (presence === 'rumoured' || presence === 'unretentive') && until === undefined && isConfirmed !== true;
};
/** Since when the longest wait for the parent lasts, seconds since 1970; 0 where there is none. */
export const waitingSince = ({ keys }: ZoneState): number => keys.filter(isForParent).reduce((first, { ds: { since } }) =>
  (first === 0 ? since : Math.min(first, since)), 0);

/** What is told of a rollover that waits for the parent for more than a week; a zone that never had a DS may wait for ever. */
export function overdue(zone: Name, state: ZoneState, now: number): string | undefined {
  const since = waitingSince(state);
  if (since === 0 || now - since < PATIENCE || state.isHeld || state.keys.every(({ isWanted }) => isWanted)) return undefined;
  return `a rollover of the keys of zone ${zone.text} waits for the DS at its parent since ${new Date(since * 1000).toISOString()}`;
}
