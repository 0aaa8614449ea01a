// Where a redirection leads, as text. Knows addresses and names.
import { parseAddress } from '../dns/address.ts';
import { Name } from '../dns/name.ts';
import type { Redirection } from './engine.ts';

/** Addresses with commas between them, or one name; undefined where it is neither. */
export function readRedirection(text: string): Redirection | undefined {
  const addresses = text.split(',').map(parseAddress);
  if (addresses.every((each) => each !== undefined)) return { addresses, name: undefined };
  if (addresses.length > 1 || !/^[\w.-]+$/.test(text) || /^[\d.]+$/.test(text)) return undefined;
  try {
    return { addresses: [], name: Name.parse(text).raw };
  } catch {
    return undefined;
  }
}
