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
import { parseState } from '../dnssec/rollover/state-text.ts';
import { fileError } from '../wording/errno.ts';

/** Milliseconds for which a server is waited for, and between two looks. */
const PATIENCE = 5000, LOOK = 50;
const DS_TTL = 3600;

/** Shows the keys, or puts an order down. Resolves with the exit status: 2 where the order is none. */
export async function keyStatesCommand(zone: Name, folder: string, words: readonly string[]): Promise<number> {
  if (words.length === 0) return show(zone, folder);
  if (orderOf(words) === undefined) {
    process.stderr.write(`coredns-ts zone: "${words.join(' ')}" is not roll [csk|ksk|zsk], hold [off] or confirm-ds\n`);
    return 2;
  }
  if (!existsSync(join(folder, `${keyFileStem(zone)}state`))) return show(zone, folder);
  const path = await putOrder(folder, zone, words, `${process.pid}-${Date.now()}`);
  for (let left = PATIENCE; left > 0 && existsSync(path); left -= LOOK) await new Promise((resolve) => setTimeout(resolve, LOOK));
  if (existsSync(path)) process.stdout.write('no server has taken the order yet: it lies there until one does\n');
  return show(zone, folder);
}

function show(zone: Name, folder: string): number {
  const path = join(folder, `${keyFileStem(zone)}state`);
  try {
    const state = parseState(zone, readFileSync(path, 'latin1'));
    if (state.keys.length === 0) process.stdout.write(`${zone.text} has no keys\n`);
    if (state.isHeld) process.stdout.write('; held: nothing goes on until "hold off"\n');
    toldKeys(state).forEach(({ tag, role, algorithm, stage, dnskey, signatures, ds, waits, file }, i) => {
      process.stdout.write(`${file}: ${role} ${tag} ${algorithm} ${stage} (DNSKEY ${dnskey}, signatures ${signatures}, DS ${ds})\n`);
      for (const wait of waits) process.stdout.write(`  ${wait}\n`);
      const isAsked = ds === 'rumoured' || ds === 'omnipresent';
      const data = delegationData(latin1Bytes(zone.key), state.keys[i]!.data, SHA256);
      if (isAsked) process.stdout.write(`  ${printRR(record(zone, TYPE.DS, CLASS.IN, DS_TTL, data))}\n`);
    });
    return 0;
  } catch (error) {
    process.stderr.write(`${path}: ${fileError(error, path)}\n`);
    return 1;
  }
}
