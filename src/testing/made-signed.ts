// A zone of a few lines with what a signer would add: NSEC or NSEC3, and signatures that are none. Knows which sets of a zone are signed
// and which names a chain has; knows no key.
import { HASHED_LABEL, HASH_LENGTH, hashName, writeHashedLabel } from '../dnssec/hashed-name.ts';
import { latin1, latin1Bytes } from '../dns/latin1.ts';
import { Name } from '../dns/name.ts';
import { compareNames } from '../dns/order.ts';
import { parseRR } from '../dns/rr.ts';
import { typeName, TYPE } from '../dns/type-name.ts';

/** How names that are not there are proved; with `optout` delegations without DS are in no chain (RFC 5155 section 6). */
export type Chain = 'nsec' | 'nsec3' | 'optout';

/** The lines with those of the chain and of the signatures. Names that do not end in a dot are below `apex`. */
export function signedLines(apex: string, lines: string, chain: Chain): string {
  const origin = Name.parse(apex);
  const types = new Map<string, Set<number>>();
  for (const line of lines.split('\n').filter((each) => each.trim() !== '')) {
    const { name, type } = parseRR(line.trim(), { origin })!;
    for (let up = name; up.key !== origin.key; up = parentOf(up)) if (!types.has(up.key)) types.set(up.key, new Set());
    types.set(name.key, (types.get(name.key) ?? new Set()).add(type));
  }
  const own = (key: string) => types.get(key)!;
  if (chain !== 'nsec') own(origin.key).add(TYPE.NSEC3PARAM);
  const isHidden = (key: string) => {
    for (let up = parentOf(Name.wire(key)); up.isUnder(origin) && up.key !== origin.key; up = parentOf(up)) {
      if (own(up.key).has(TYPE.NS) || own(up.key).has(TYPE.DNAME)) return true;
    }
    return false;
  };
  const isCut = (key: string) => key !== origin.key && own(key).has(TYPE.NS);
  const names = [...types.keys()].filter((key) => !isHidden(key)).map((key) => Name.wire(key)).sort(compareNames);
  const secured = names.filter(({ key }) => own(key).size > 0 && (!isCut(key) || own(key).has(TYPE.DS)));
  const out = [lines];
  const sign = (owner: string, type: number) =>
    out.push(`${owner} 60 IN RRSIG ${typeName(type)} 13 1 60 20300101000000 20200101000000 1 ${apex} AAAA`);
  for (const name of names) for (const type of own(name.key)) if (!isCut(name.key) || type === TYPE.DS) sign(name.text, type);
  const bitmap = (key: string, ...more: readonly string[]) => [...[...own(key)].map(typeName), ...more].join(' ');
  if (chain === 'nsec') {
    const owners = names.filter(({ key }) => own(key).size > 0);
    for (const [i, { key, text }] of owners.entries()) {
      out.push(`${text} 30 IN NSEC ${owners[(i + 1) % owners.length]!.text} ${bitmap(key, 'RRSIG', 'NSEC')}`);
      sign(text, TYPE.NSEC);
    }
    return out.join('\n');
  }
  out.push(`${apex} 0 IN NSEC3PARAM 1 0 0 -`);
  const isAbove = (key: string, below: readonly Name[]) => below.some((each) => each.isUnder(Name.wire(key)));
  const chained = chain === 'nsec3' ? names : names.filter(({ key }) => isAbove(key, secured));
  const hashed = chained.map(({ key }) => ({ key, hash: hashOf(key) })).sort((a, b) => (a.hash < b.hash ? -1 : 1));
  for (const [i, { key, hash }] of hashed.entries()) {
    const bits = own(key).size === 0 ? '' : bitmap(key, ...(isCut(key) && !own(key).has(TYPE.DS) ? [] : ['RRSIG']));
    out.push(`${hash}.${apex} 30 IN NSEC3 1 ${chain === 'optout' ? 1 : 0} 0 - ${hashed[(i + 1) % hashed.length]!.hash} ${bits}`);
    sign(`${hash}.${apex}`, TYPE.NSEC3);
  }
  return out.join('\n');
}

/** The label of a name without salt or further iterations, as NSEC3 has it. */
export function hashOf(key: string): string {
  const hash = new Uint8Array(HASH_LENGTH);
  const label = new Uint8Array(HASHED_LABEL);
  hashName(latin1Bytes(key), 0, new Uint8Array(0), 0, hash, 0);
  writeHashedLabel(hash, 0, label, 0);
  return latin1(label, 0, label.length);
}
const parentOf = ({ key }: Name): Name => Name.wire(key.slice(key.charCodeAt(0) + 1));
