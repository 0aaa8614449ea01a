// What a store of keys has at one revision, as lines of JSON that say when they are whole: written, and read again. Knows the interface of
// stores and the form; knows no file.
import { latin1, latin1Bytes } from '../dns/latin1.ts';
import type { KeyValue, Pair } from './key-value.ts';

/** All that was there. */
export interface Backup {
  readonly revision: bigint;
  /** Leases by their ids: for how many seconds each was granted. */
  readonly leases: ReadonlyMap<bigint, number>;
  readonly pairs: readonly Omit<Pair, 'revision'>[];
}
const FORMAT = 1;
const NUMBER = /^\d{1,18}$/, LEASE = /^[0-9a-f]{1,16}$/;

/** The keys from one on to before another one, with their leases. */
export async function backupOf(keys: Pick<KeyValue, 'list' | 'lease'>, from: string, end: string): Promise<Buffer> {
  const { revision, found } = await keys.list(from, end);
  const leases = new Map<bigint, number>();
  for (const { lease } of found) if (lease !== 0n && !leases.has(lease)) leases.set(lease, (await keys.lease(lease)).granted);
  const lines: object[] = [{ backup: 'coredns-ts registry', format: FORMAT, revision: String(revision) }];
  for (const [id, seconds] of leases) if (seconds > 0) lines.push({ lease: id.toString(16), seconds });
  let count = 0;
  for (const { key, value, lease } of found) {
    // What had a lease that has ended meanwhile is gone too.
    if (lease !== 0n && (leases.get(lease) ?? 0) <= 0) continue;
    const octets = Buffer.from(latin1Bytes(key)).toString('base64');
    lines.push({ key: octets, value: value.toString('base64'), ...lease === 0n ? {} : { lease: lease.toString(16) } });
    count++;
  }
  lines.push({ end: count });
  return Buffer.from([...lines.map((line) => JSON.stringify(line)), ''].join('\n'));
}
/** Reads one. Throws Error where it is none, or not whole. */
export function readBackup(text: string): Backup {
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new Error('it is not whole: its last line is cut');
  const said = lines.map((line, i) => parse(line, i));
  const [first, last] = [said[0], said.at(-1)];
  const isOne = first?.['backup'] === 'coredns-ts registry' && NUMBER.test(String(first['revision']));
  if (!isOne) throw new Error('it is no backup of a registry');
  if (first['format'] !== FORMAT) throw new Error('it was written by a newer version');
  const leases = new Map<bigint, number>();
  const pairs = new Map<string, Omit<Pair, 'revision'>>();
  for (const [i, { key, value, lease, seconds }] of said.slice(1, -1).entries()) {
    const wrong = (): never => {
      throw new Error(`line ${i + 2} is neither a key nor a lease`);
    };
    const id = lease === undefined ? 0n : typeof lease === 'string' && LEASE.test(lease) ? BigInt(`0x${lease}`) : wrong();
    if (typeof seconds === 'number') {
      if (id === 0n || !Number.isSafeInteger(seconds) || seconds < 1) wrong();
      leases.set(id, seconds);
    } else if (typeof key === 'string' && typeof value === 'string') {
      if (id !== 0n && !leases.has(id)) wrong();
      const octets = Buffer.from(key, 'base64');
      const text = latin1(octets, 0, octets.length);
      pairs.set(text, { key: text, value: Buffer.from(value, 'base64'), lease: id });
    } else wrong();
  }
  if (last?.['end'] !== pairs.size) throw new Error('it is not whole: its end is missing');
  return { revision: BigInt(String(first['revision'])), leases, pairs: [...pairs.values()] };
}
function parse(line: string, i: number): Readonly<Record<string, unknown>> {
  try {
    const said: unknown = JSON.parse(line);
    if (typeof said === 'object' && said !== null) return said as Readonly<Record<string, unknown>>;
  } catch {
    // No JSON.
  }
  throw new Error(`line ${i + 1} is no object of JSON`);
}
