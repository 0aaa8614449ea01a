// `coredns-ts zone keys ZONE DIR`: what the keys of a zone that signs itself are at, and orders for the server that has them. Knows the
// console and the folder; changes no key.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { orderOf, putOrder } from '../authority/zone-keys/orders.ts';
import { toldKeys } from '../authority/zone-keys/told-steps.ts';
import type { Name } from '../dns/name.ts';
import { printRR, record } from '../dns/rr.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import { latin1Bytes } from '../dns/latin1.ts';
import { SHA256, delegationData } from '../dnssec/delegation.ts';
import { keyFileStem } from '../dnssec/key-file.ts';
import type { KeyState, Phase, ZoneState } from '../dnssec/rollover/state.ts';
import { parseState } from '../dnssec/rollover/state-text.ts';
import { fileError } from '../wording/errno.ts';

/** Milliseconds for which a server is waited for, and between two looks. */
const PATIENCE = 5000, LOOK = 50;
const DS_TTL = 3600;

/** Shows the keys, or puts an order down. Resolves with the exit status: 2 where the order is none. */
export async function keyStatesCommand(zone: Name, folder: string, words: readonly string[], json: boolean): Promise<number> {
  if (words.length === 0) return show(zone, folder, json);
  if (orderOf(words) === undefined) {
    process.stderr.write(`coredns-ts zone: "${words.join(' ')}" is not roll [csk|ksk|zsk], hold [off] or confirm-ds\n`);
    return 2;
  }
  if (!existsSync(join(folder, `${keyFileStem(zone)}state`))) return show(zone, folder, json);
  const path = await putOrder(folder, zone, words, `${process.pid}-${Date.now()}`);
  for (let left = PATIENCE; left > 0 && existsSync(path); left -= LOOK) await new Promise((resolve) => setTimeout(resolve, LOOK));
  if (existsSync(path)) process.stderr.write('no server has taken the order yet: it lies there until one does\n');
  return show(zone, folder, json);
}

function show(zone: Name, folder: string, json: boolean): number {
  const path = join(folder, `${keyFileStem(zone)}state`);
  try {
    const state = parseState(zone, readFileSync(path, 'latin1'));
    if (json) {
      process.stdout.write(`${JSON.stringify(described(zone, folder, state), undefined, 2)}\n`);
      return 0;
    }
    if (state.keys.length === 0) process.stdout.write(`${zone.text} has no keys\n`);
    if (state.isHeld) process.stdout.write('; held: nothing goes on until "hold off"\n');
    toldKeys(state).forEach(({ tag, role, algorithm, stage, dnskey, signatures, ds, waits, file }, i) => {
      process.stdout.write(`${file}: ${role} ${tag} ${algorithm} ${stage} (DNSKEY ${dnskey}, signatures ${signatures}, DS ${ds})\n`);
      for (const wait of waits) process.stdout.write(`  ${wait}\n`);
      if (isAsked(ds)) process.stdout.write(`  ${delegation(zone, state.keys[i]!)}\n`);
    });
    return 0;
  } catch (error) {
    process.stderr.write(`${path}: ${fileError(error, path)}\n`);
    return 1;
  }
}
/** Whether the parent is asked to have it. */
const isAsked = (ds: string): boolean => ds === 'rumoured' || ds === 'omnipresent';
/** The DS record of a key. */
const delegation = (zone: Name, { data }: KeyState): string =>
  printRR(record(zone, TYPE.DS, CLASS.IN, DS_TTL, delegationData(latin1Bytes(zone.key), data, SHA256)));

/** For programs: times are seconds since 1970. */
function described(zone: Name, folder: string, state: ZoneState): unknown {
  const phase = ({ presence, since, until }: Phase) => ({ is: presence, since, ...(until === undefined ? {} : { until }) });
  const keys = toldKeys(state).map(({ dnskey: _, signatures: __, ds, ...told }, i) => {
    const key = state.keys[i]!;
    return {
      ...told, created: key.created, ...(key.active === undefined ? {} : { active: key.active }), dnskey: phase(key.dnskey),
      signatures: phase(key.signatures), ds: phase(key.ds), ...(isAsked(ds) ? { record: delegation(zone, key) } : {}),
    };
  });
  return { zone: zone.text, folder, held: state.isHeld, changed: state.at, keys };
}
