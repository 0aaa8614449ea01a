// A list of zones and which of them holds a name (LIB-1). Knows names; knows nothing of blocks or records.
import { readKey } from '../../corefile/keys.ts';
import { Name } from '../../dns/name.ts';

/** Zones of a plugin's argument list, or the block's. */
export class Zones {
  readonly names: readonly Name[];
  /** True where every name is in one of them: no need to look at the name. */
  readonly everything: boolean;
  readonly #keys: readonly string[];

  constructor(names: readonly Name[]) {
    this.names = names;
    this.everything = names.some(({ key }) => key === '\0');
    this.#keys = names.map(({ key }) => key);
  }
  /** The most specific zone that holds the name, or undefined. */
  match(name: Name): Name | undefined {
    const { key } = name;
    let longest = -1;
    for (let i = 0; i < this.#keys.length; i++) {
      const zone = this.#keys[i]!;
      if (longest >= 0 && zone.length <= this.#keys[longest]!.length) continue;
      if (isSuffix(zone, key)) longest = i;
    }
    return this.names[longest];
  }
}

/** Whether the lower-case wire name `name` is `zone` or below it. */
function isSuffix(zone: string, name: string): boolean {
  if (zone.length === 1) return true;
  if (!name.endsWith(zone)) return false;
  const at = name.length - zone.length;
  let i = 0;
  while (i < at) i += name.charCodeAt(i) + 1;
  return i === at;
}

/**
 * KEY-11: arguments with the syntax of keys; scheme and port are dropped, CIDR is expanded, what does not parse is skipped. Without an
 * argument the block's own zones.
 */
export function zonesOf(args: readonly string[], block: readonly Name[]): Zones {
  if (args.length === 0) return new Zones(block);
  return new Zones(args.flatMap((text) => {
    try {
      return readKey(text).zones.map((zone) => Name.wire(Name.parse(zone).key));
    } catch {
      return [];
    }
  }));
}
