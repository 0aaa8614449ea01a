// What people want of the keys of a zone while a server has them: small files in a folder beside the keys, taken away when it is done.
// Knows their text; knows nothing of what is done.
import { mkdirSync, promises, watch } from 'node:fs';
import { join } from 'node:path';
import type { Name } from '../../dns/name.ts';
import { keyFileStem } from '../../dnssec/key-file.ts';
import { ROLES } from '../../dnssec/rollover/state.ts';
import type { Role } from '../../dnssec/rollover/state.ts';

const { mkdir, readFile, readdir, rename, rm, writeFile } = promises;
const PRIVATE = 0o600, FOLDER = 0o700;

/** What can be wanted: another key of these roles, of all for none; that nothing goes on; or that the parent has done its part. */
export type KeyOrder =
  | { readonly kind: 'roll'; readonly roles: readonly Role[] }
  | { readonly kind: 'hold'; readonly isHeld: boolean }
  | { readonly kind: 'confirm-ds' };

/** An order of words; undefined where they are none. */
export function orderOf([kind, ...rest]: readonly string[]): KeyOrder | undefined {
  if (kind === 'confirm-ds' && rest.length === 0) return { kind };
  if (kind === 'hold' && (rest.length === 0 || (rest.length === 1 && rest[0] === 'off'))) return { kind, isHeld: rest.length === 0 };
  if (kind !== 'roll' || rest.some((role) => !ROLES.includes(role as Role))) return undefined;
  return { kind, roles: rest as Role[] };
}

const folderOf = (folder: string): string => join(folder, 'orders');

/** Puts an order down; resolves with the path of its file, which goes when a server took it. `nonce` tells it from others. */
export async function putOrder(folder: string, zone: Name, words: readonly string[], nonce: string): Promise<string> {
  await mkdir(folderOf(folder), { recursive: true, mode: FOLDER });
  const path = join(folderOf(folder), `${keyFileStem(zone)}${nonce}`);
  await writeFile(`${path}.new`, `${words.join(' ')}\n`, { mode: PRIVATE, flag: 'wx' });
  await rename(`${path}.new`, path);
  return path;
}

/** An order in its file, by the beginning of the zone's file names; one that says nothing of use is undefined. */
export interface LyingOrder {
  readonly path: string;
  readonly stem: string;
  readonly order: KeyOrder | undefined;
}
/** The orders that lie there. */
export async function lyingOrders(folder: string): Promise<LyingOrder[]> {
  const names = await readdir(folderOf(folder)).catch(() => []);
  const lying = names.filter((name) => !name.endsWith('.new')).sort();
  return Promise.all(lying.map(async (name) => {
    const path = join(folderOf(folder), name);
    const text = await readFile(path, 'latin1').catch(() => '');
    return { path, stem: name.slice(0, name.lastIndexOf('.') + 1), order: orderOf(text.trim().split(' ')) };
  }));
}
/** It was done, or nobody will ever do it. */
export const dropOrder = (path: string): Promise<void> => rm(path, { force: true });

/** What tells of orders until it is closed. */
export interface Watch { close(): void }
/** Calls when an order may have come; undefined where the system cannot tell. */
export function watchOrders(folder: string, call: () => void): Watch | undefined {
  try {
    mkdirSync(folderOf(folder), { mode: FOLDER, recursive: true });
    return watch(folderOf(folder), { persistent: false }, call).on('error', () => {});
  } catch {
    return undefined;
  }
}
