// What the owner of a rule in a response policy zone says: a name, or a network, and of whom (draft-vixie-dnsop-dns-rpz section 4). Knows
// labels; knows no rule's action.
import { maskAddress, parseIPv4 } from '../dns/address.ts';
import { Name } from '../dns/name.ts';

/** What a rule is about. */
export type Trigger = 'client-ip' | 'qname' | 'ip' | 'nsdname' | 'nsip';
/** A rule's trigger. `below` is for a wildcard: the names below `name`. */
export type RuleOwner =
  | { readonly trigger: 'qname' | 'nsdname'; readonly name: Name; readonly below: boolean }
  | { readonly trigger: 'client-ip' | 'ip' | 'nsip'; readonly address: Uint8Array; readonly bits: number };

const LABELS: ReadonlyMap<string, Trigger> = new Map<string, Trigger>([
  ['rpz-client-ip', 'client-ip'], ['rpz-ip', 'ip'], ['rpz-nsdname', 'nsdname'], ['rpz-nsip', 'nsip'],
]);

/** Reads the labels of an owner before the name of its zone, lower-case. Undefined where they are no rule. */
export function readOwner(labels: readonly string[]): RuleOwner | undefined {
  const trigger = LABELS.get(labels.at(-1) ?? '');
  if (trigger === undefined) return named('qname', labels);
  const rest = labels.slice(0, -1);
  if (trigger === 'nsdname') return rest.length === 0 ? undefined : named('nsdname', rest);
  if (trigger === 'qname') return undefined;
  const network = readNetwork(rest);
  return network === undefined ? undefined : { trigger, ...network };
}
function named(trigger: 'qname' | 'nsdname', labels: readonly string[]): RuleOwner | undefined {
  const below = labels[0] === '*';
  const own = below ? labels.slice(1) : labels;
  return own.length === 0 && !below ? undefined : { trigger, name: Name.of(own), below };
}

/** `24.0.2.0.192` and `48.zz.2.db8.2001`: the length of the prefix, then the address from its end. */
function readNetwork(labels: readonly string[]): { readonly address: Uint8Array; readonly bits: number } | undefined {
  const [length = '', ...parts] = labels;
  if (!/^[1-9]\d{0,2}$/.test(length)) return undefined;
  const bits = Number(length);
  const address = parts.length === 4 && !parts.includes('zz') ? parseIPv4(parts.toReversed().join('.')) : readWords(parts.toReversed());
  if (address === undefined || bits > address.length * 8) return undefined;
  // Bits behind the prefix say that somebody meant something else.
  const masked = maskAddress(address, bits);
  return masked.every((octet, i) => octet === address[i]) ? { address, bits } : undefined;
}
/** Eight words of 16 bits in hexadecimal digits; `zz` once for any number of zeros. */
function readWords(words: readonly string[]): Uint8Array | undefined {
  const gap = words.indexOf('zz');
  if (gap !== words.lastIndexOf('zz') || (gap < 0 ? words.length !== 8 : words.length > 8)) return undefined;
  const whole = gap < 0 ? words : [...words.slice(0, gap), ...new Array<string>(9 - words.length).fill('0'), ...words.slice(gap + 1)];
  if (whole.length !== 8 || !whole.every((word) => /^[0-9a-f]{1,4}$/.test(word))) return undefined;
  return Uint8Array.from(whole.flatMap((word) => {
    const value = Number.parseInt(word, 16);
    return [value >> 8, value & 255];
  }));
}
