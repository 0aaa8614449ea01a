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

/** Reads what is there; lines that are not entries are passed over, as everywhere. */
export function readEntries(text: string, zones: Zones, reverse: boolean): Entries {
  const v4 = new Map<string, Uint8Array[]>();
  const v6 = new Map<string, Uint8Array[]>();
  const names = new Map<string, { address: Uint8Array; names: Name[] }>();
  let count = 0;
  for (const line of text.split('\n')) {
    const [first, ...words] = line.replace(/#.*/s, '').trim().split(/\s+/);
    // As everywhere: the zone of an address such as fe80::1%eth0 is of no use to others, and is dropped.
    const parsed = first === undefined ? undefined : parseAddress(first.replace(/%.*/s, ''));
    if (parsed === undefined) continue;
    const address = unmap(parsed);
    for (const word of words) {
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
function add(to: Map<string, Uint8Array[]>, name: string, address: Uint8Array): void {
  const known = to.get(name);
  if (known === undefined) to.set(name, [address]);
  else known.push(address);
}
/** Lower-case and absolute; undefined where it is no name. */
function nameOf(word: string): Name | undefined {
  try {
    return Name.wire(Name.parse(word.endsWith('.') ? word : `${word}.`).key);
  } catch {
    return undefined;
  }
}
