// Who may change what of a zone: keys, names and types (DYN-2, DYN-3). Knows words; knows no message and no zone's records.
import { Name } from '../dns/name.ts';
import { TYPE, typeByName, typeName } from '../dns/type-name.ts';
import { quoted } from '../wording/quote.ts';
import { NEVER_UPDATED, isMeta } from './update.ts';
import type { Permission } from './update.ts';

/** What one key may change. */
export interface UpdateRule {
  /** Undefined: every key, each the name that is its own. */
  readonly key: Name | undefined;
  /** Which names: every one of the zone, this one, or this one and all below it; `self` is that of the key. */
  readonly names: 'all' | 'one' | 'under' | 'self';
  /** The zone where `names` is neither `one` nor `under`. */
  readonly name: Name;
  /** Undefined: every type that an update may have, and all of a name at once. */
  readonly types: ReadonlySet<number> | undefined;
}
/** What rules say of one key; can be sent between threads. */
export interface Grant {
  /** The folded key of a name; undefined: all of them. */
  readonly name: string | undefined;
  /** Names below it too. */
  readonly isUnder: boolean;
  readonly types: readonly number[] | undefined;
}

/** The rule of the words `KEY NAME TYPE...`, where NAME may be `under NAME` or `self`. Throws Error with CoreDNS's texts. */
export function readRule(words: readonly string[], zone: Name): UpdateRule {
  const [key = '', ...more] = words;
  const isUnder = more[0] === 'under' && more.length > 2;
  const [name = '', ...types] = isUnder ? more.slice(1) : more;
  if (types.length === 0) throw new Error('allow requires KEY NAME and at least one RR type');
  const names = isUnder ? 'under' : name === 'self' ? 'self' : name === '*' ? 'all' : 'one';
  const signer = key === '*' || key === '@' ? undefined : Name.maybe(key);
  if (signer === undefined && !(key === '*' && names === 'self')) throw new Error(`invalid TSIG key ${quoted(key)}`);
  const owner = names === 'all' || names === 'self' || name === '@' ? zone : Name.maybe(name);
  if (owner?.isUnder(zone) !== true) throw new Error(`allow name ${quoted(name)} is outside zone ${quoted(zone.text)}`);
  const rule = { key: signer?.folded, names, name: owner.folded } as const;
  if (types.includes('*')) {
    if (types.length > 1) throw new Error('wildcard RR type must be the only type in an allow rule');
    return { ...rule, types: undefined };
  }
  return { ...rule, types: new Set(types.map(readType)) };
}
function readType(word: string): number {
  const type = typeByName(word.toUpperCase());
  const isKnown = type !== undefined && !/^TYPE\d+$/.test(typeName(type));
  if (!isKnown || NEVER_UPDATED.has(type) || (isMeta(type) && type !== TYPE.ANY)) {
    throw new Error(`invalid RR type ${quoted(word)} in allow rule`);
  }
  return type;
}

/** What a key may change, letters of its name either way; undefined where no rule names it. */
export function grantsOf(rules: readonly UpdateRule[], key: Name): readonly Grant[] | undefined {
  const own = rules.filter((rule) => rule.key?.equals(key) ?? true);
  if (own.length === 0) return undefined;
  return own.map(({ names, name, types }) => ({
    name: names === 'all' ? undefined : names === 'self' ? key.key : name.key, isUnder: names === 'under', types: types && [...types],
  }));
}
/** The same as a question that can be asked. */
export function permissionOf(grants: readonly Grant[]): Permission {
  const read = grants.map(({ name, isUnder, types }) =>
    ({ name: name === undefined ? undefined : Name.wire(name), isUnder, types: types && new Set(types) }));
  return (name, type) => read.some((grant) => (grant.types?.has(type) ?? true)
    && (grant.name === undefined || (grant.isUnder ? name.isUnder(grant.name) : name.equals(grant.name))));
}
