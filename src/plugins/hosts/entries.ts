// The text of a hosts file as addresses by name and names by address (HST-3, HST-4). Knows hosts(5); opens nothing.
import { parseAddress, printAddress, unmap } from '../../dns/address.ts';
import { Name } from '../../dns/name.ts';
import type { Zones } from '../../kernel/site/zones.ts';

/** By lower-case wire name; `*` as a first label stands for exactly one label. */
export interface Entries {
  readonly v4: ReadonlyMap<string, readonly Uint8Array[]>;
  readonly v6: ReadonlyMap<string, readonly Uint8Array[]>;
  /** The address as text, and the names in the order of the file. */
  readonly names: ReadonlyMap<string, { readonly address: Uint8Array; readonly names: readonly Name[] }>;
  /** Addresses and names for them, as `hosts_entries` counts. */
  readonly count: number;
}

/** Bytes that an address or a name may have: far more than any has. */
const LONGEST = 1024;
/** Where what is dropped is told: the number of the line, and the text that follows it (HST-8). */
export type Complain = (line: number, text: string) => void;

/** Reads what is there; lines that are not entries are passed over, as everywhere. */
export function readEntries(text: string, zones: Zones, reverse: boolean, complain: Complain = () => {}): Entries {
  const v4 = new Map<string, Uint8Array[]>();
  const v6 = new Map<string, Uint8Array[]>();
  const names = new Map<string, { address: Uint8Array; names: Name[] }>();
  let count = 0;
  let number = 0;
  for (const line of text.split('\n')) {
    number++;
    const [first, ...words] = line.replace(/#.*/s, '').trim().split(/\s+/);
    if (first !== undefined && isTooLong(first)) {
      complain(number, `address longer than ${LONGEST} bytes, dropping the line`);
      continue;
    }
    // As everywhere: the zone of an address such as fe80::1%eth0 is of no use to others, and is dropped.
    const parsed = first === undefined ? undefined : parseAddress(first.replace(/%.*/s, ''));
    if (parsed === undefined) continue;
    const address = unmap(parsed);
    for (const word of words) {
      if (isTooLong(word)) {
        complain(number, `name longer than ${LONGEST} bytes, dropping the name`);
        continue;
      }
      const name = nameOf(word);
      if (name === undefined || zones.match(name) === undefined) continue;
      add(address.length === 4 ? v4 : v6, name.key, address);
      count++;
      if (!reverse || name.isWildcard) continue;
      const key = printAddress(address);
      const known = names.get(key);
      if (known === undefined) names.set(key, { address, names: [name] });
      else known.names.push(name);
      count++;
    }
  }
  return { v4, v6, names, count };
}
const isTooLong = (word: string): boolean => word.length > LONGEST / 4 && Buffer.byteLength(word) > LONGEST;
function add(to: Map<string, Uint8Array[]>, name: string, address: Uint8Array): void {
  const known = to.get(name);
  if (known === undefined) to.set(name, [address]);
  else known.push(address);
}
/** Lower-case and absolute; undefined where it is no name. */
function nameOf(word: string): Name | undefined {
  return Name.maybe(word.endsWith('.') ? word : `${word}.`)?.folded;
}
