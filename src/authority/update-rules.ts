// Who may change what of a zone: keys, names and types (DYN-2, DYN-3). Knows words; knows no message and no zone's records.
import { Name } from '../dns/name.ts';
import { TYPE, typeByName, typeName } from '../dns/type-name.ts';
import { quoted } from '../wording/quote.ts';
import { NEVER_UPDATED, isMeta } from './update.ts';
import type { Permission } from './update.ts';

/** What one key may change. */
export interface UpdateRule {
  readonly key: Name;
  /** Undefined: every name of the zone. */
  readonly name: Name | undefined;
  /** Undefined: every type that an update may have, and all of a name at once. */
  readonly types: ReadonlySet<number> | undefined;
}

/** The rule of the words `KEY NAME TYPE...`. Throws Error with CoreDNS's texts. */
export function readRule(words: readonly string[], zone: Name): UpdateRule {
  const [key = '', name = '', ...types] = words;
  if (types.length === 0) throw new Error('allow requires KEY NAME and at least one RR type');
  const signer = key === '*' || key === '@' ? undefined : Name.maybe(key);
  if (signer === undefined) throw new Error(`invalid TSIG key ${quoted(key)}`);
  const owner = name === '*' ? undefined : name === '@' ? zone : Name.maybe(name);
  if (name !== '*' && owner?.isUnder(zone) !== true) {
    throw new Error(`allow name ${quoted(name)} is outside zone ${quoted(zone.text)}`);
  }
  if (types.includes('*')) {
    if (types.length > 1) throw new Error('wildcard RR type must be the only type in an allow rule');
    return { key: signer.folded, name: owner, types: undefined };
  }
  return { key: signer.folded, name: owner, types: new Set(types.map(readType)) };
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
export function permissionOf(rules: readonly UpdateRule[], key: Name): Permission | undefined {
  const own = rules.filter((rule) => rule.key.equals(key));
  if (own.length === 0) return undefined;
  return (name, type) => own.some((rule) => (rule.name?.equals(name) ?? true) && (rule.types?.has(type) ?? true));
}
