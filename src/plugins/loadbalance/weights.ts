// The weight file: names, and the weight of each of their addresses (LB-3). Knows its text; opens nothing.
import { parseAddress } from '../../dns/address.ts';
import { Name } from '../../dns/name.ts';

/** By the lower-case wire name, then by the address in hexadecimal. */
export type Weights = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** An address as a key: IPv4 and IPv6 alike. */
export const addressKey = (address: Uint8Array): string => {
  let text = '';
  for (const byte of address) text += byte.toString(16).padStart(2, '0');
  return text;
};

/** Reads the file; throws Error with CoreDNS's text. */
export function parseWeights(text: string, file: string): Weights {
  const weights = new Map<string, Map<string, number>>();
  let current: Map<string, number> | undefined;
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/);
    if (words[0] === '' || words[0]!.startsWith('#')) continue;
    if (words.length === 1) {
      const name = nameOf(words[0]!);
      if (name === undefined) throw new Error(`wrong domain name:"${words[0]}" in weight file ${file}. (Maybe a missing weight value?)`);
      current = weights.get(name) ?? new Map();
      weights.set(name, current);
      continue;
    }
    if (words.length > 2) throw new Error(`could not parse weight line:"${line.trim()}" in weight file ${file}`);
    const address = parseAddress(words[0]!);
    if (address === undefined) throw new Error(`wrong IP address:"${words[0]}" in weight file ${file}`);
    const weight = Number(words[1]);
    if (!/^\d+$/.test(words[1]!) || weight < 1 || weight > 255) throw new Error(`wrong weight value:"${words[1]}" in weight file ${file}`);
    if (current === undefined) throw new Error(`missing domain name in weight file ${file}`);
    current.set(addressKey(address), weight);
  }
  return weights;
}
function nameOf(text: string): string | undefined {
  if (parseAddress(text) !== undefined) return undefined;
  return Name.maybe(text)?.key;
}
