// A line of a list for ad blockers: `||name^$modifiers`, `@@` before what is allowed, `/regular expression/`. Knows this language as far as
// it speaks of names; knows no list.
import { parseAddress, parseCIDR } from '../dns/address.ts';
import { typeByName } from '../dns/type-name.ts';
import { compileForNames } from '../kernel/regexp.ts';
import { nameIn } from './list-name.ts';
import { ALLOW, BELOW, BLOCK, KEEP, MUST, SUBTREE } from './rule-bits.ts';
import type { Ignored, RuleSink } from './rule-sink.ts';
import type { SpecialRule } from './special-rules.ts';

/** Octets of a regular expression. */
const LONGEST = 1024;

/** What the modifiers of a line say. */
interface Modifiers {
  important: boolean;
  isCancelled: boolean;
  clients?: string[];
  notClients?: string[];
  types?: number[];
  notTypes?: number[];
  except?: string[];
}

/** Reads a line that begins with `|`, `@@` or `/`; `text` has an octet a letter. `isAllowed` where the whole list is of what is allowed. */
export function readFilter(text: string, isAllowed: boolean, sink: RuleSink): void {
  const exception = text.startsWith('@@');
  const [pattern, said] = parted(exception ? text.slice(2) : text);
  if (/#[@?$%]{0,3}#|\$\$/.test(text)) return sink.ignored('cosmetic');
  const modifiers = said === undefined ? { important: false, isCancelled: false } : modifiersOf(said);
  if (typeof modifiers === 'string') return sink.ignored(modifiers);
  const { important, isCancelled, ...conditions } = modifiers;
  const rule = exception || isAllowed ? (important ? KEEP : ALLOW) : important ? MUST : BLOCK;
  if (pattern.startsWith('/')) return readExpression(pattern, { bits: rule, ...conditions }, isCancelled, sink);
  const [, bars, star, word] = /^(\|\|?)(\*\.)?([^|^*/:]+)\^?\|?$/.exec(pattern) ?? [];
  // Without the sign that ends a name it would be the beginning of others.
  if (bars === undefined || !pattern.includes('^')) return sink.ignored(pattern === '||*^' || pattern === '||^' ? 'everything' : 'pattern');
  const name = nameIn(word!);
  if (name === undefined) return sink.ignored('name');
  const bits = rule * (star !== undefined ? BELOW : bars === '||' ? SUBTREE : 1);
  if (Object.keys(conditions).length === 0) {
    if (isCancelled) sink.cancel(name, 0, name.length, bits);
    else sink.name(name, 0, name.length, bits);
    return;
  }
  const special = { name: new TextDecoder().decode(name).toLowerCase(), bits, ...conditions };
  if (isCancelled) sink.cancelSpecial(special);
  else sink.special(special);
}
/** A line parted at the sign before its modifiers: those of a regular expression may stand in it. */
function parted(text: string): [pattern: string, modifiers: string | undefined] {
  const from = text.startsWith('/') ? text.lastIndexOf('/') : 0;
  const at = text.indexOf('$', from);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
function readExpression(text: string, rule: Omit<SpecialRule, 'list'>, isCancelled: boolean, sink: RuleSink): void {
  const pattern = text.slice(1, -1);
  if (text.length < 3 || !text.endsWith('/')) return sink.ignored('pattern');
  try {
    if (text.length > LONGEST) throw new RangeError('too long');
    compileForNames(pattern);
  } catch {
    return sink.ignored('regexp');
  }
  if (isCancelled) sink.cancelSpecial({ pattern, ...rule });
  else sink.special({ pattern, ...rule });
}

/** What is said behind the `$`; a kind where it is not understood: then the line is no rule here. */
function modifiersOf(said: string): Modifiers | Ignored {
  const modifiers: Modifiers = { important: false, isCancelled: false };
  for (const each of said.split(',')) {
    const [word = '', value] = each.trim().split(/=(.*)/s);
    const values = value === undefined ? [] : value.split('|');
    if (word === 'important' && value === undefined) modifiers.important = true;
    else if (word === 'badfilter' && value === undefined) modifiers.isCancelled = true;
    else if (values.length === 0) return 'modifier';
    else if (word === 'denyallow') {
      const names = values.map((name) => nameIn(name));
      if (names.includes(undefined)) return 'name';
      modifiers.except = names.map((name) => new TextDecoder().decode(name).toLowerCase());
    } else if (word === 'dnstype') {
      const types = readEach(values, (text) => typeByName(text.toUpperCase()));
      if (types === undefined) return 'modifier';
      Object.assign(modifiers, types.wanted.length > 0 && { types: types.wanted }, types.not.length > 0 && { notTypes: types.not });
    } else if (word === 'client') {
      const clients = readEach(values, network);
      if (clients === undefined) return 'client';
      const { wanted, not } = clients;
      Object.assign(modifiers, wanted.length > 0 && { clients: wanted }, not.length > 0 && { notClients: not });
    } else return 'modifier';
  }
  return modifiers;
}
/** Values, and those behind a `~`; undefined where one cannot be read. */
function readEach<T>(texts: readonly string[], read: (text: string) => T | undefined): { wanted: T[]; not: T[] } | undefined {
  const wanted: T[] = [], not: T[] = [];
  for (const text of texts) {
    const isNot = text.startsWith('~');
    const value = read(isNot ? text.slice(1) : text);
    if (value === undefined) return undefined;
    (isNot ? not : wanted).push(value);
  }
  return { wanted, not };
}
/** An address or a network as CIDR; clients by their names nobody here knows. */
function network(text: string): string | undefined {
  const octets = parseAddress(text);
  const cidr = octets === undefined ? text : `${text}/${octets.length * 8}`;
  return parseCIDR(cidr) === undefined ? undefined : cidr;
}
