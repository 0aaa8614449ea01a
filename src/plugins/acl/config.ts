// The stanzas of *acl* as data: which zones, then which sources and types get what (ACL-1, ACL-2). Knows words and prefixes.
import type { Directive } from '../../corefile/directive.ts';
import type { Position } from '../../corefile/error.ts';
import { parseCIDR } from '../../dns/address.ts';
import type { Name } from '../../dns/name.ts';
import { typeByName } from '../../dns/type-name.ts';
import type { Lines } from '../../kernel/site/plugin.ts';
import { zonesOf } from '../../kernel/site/zones.ts';
import type { Zones } from '../../kernel/site/zones.ts';
import { quoted } from '../../wording/quote.ts';

/** What happens to a query that a policy fits (ACL-2). */
export type Action = 'allow' | 'block' | 'filter' | 'drop';
/** A network: addresses whose first `bits` are those of `network`, 4 or 16 bytes. */
export interface Source {
  readonly network: Uint8Array;
  readonly bits: number;
}
/** undefined is every type, every source. */
export interface Policy {
  readonly action: Action;
  /** As it is written, and where. */
  readonly written: string;
  readonly at: Position;
  readonly types: ReadonlySet<number> | undefined;
  readonly sources: readonly Source[] | undefined;
}
/** One `acl` line with its policies. */
export interface Stanza {
  readonly zones: Zones;
  readonly policies: readonly Policy[];
}

const ACTIONS: readonly string[] = ['allow', 'block', 'filter', 'drop'];
const isSection = (word: string) => /^(type|net)$/i.test(word);

/** Reads every `acl` line of a block. */
export const readStanzas = (lines: Lines, zones: readonly Name[]): readonly Stanza[] => lines.map((line) => {
  const of = zonesOf(line.rest(), zones);
  const policies: Policy[] = [];
  line.properties({}, (property) => {
    policies.push(readPolicy(property));
  });
  return { zones: of, policies };
});

function readPolicy(line: Directive): Policy {
  const action = line.word.toLowerCase();
  if (!ACTIONS.includes(action)) line.fail(`unexpected token ${quoted(line.word)}; expect 'allow', 'block', 'filter' or 'drop'`);
  let words = line.rest();
  let types: ReadonlySet<number> | undefined;
  let sources: readonly Source[] | undefined;
  while (words.length > 0) {
    const [section, ...rest] = words as [string, ...string[]];
    if (!isSection(section)) line.fail(`unexpected token ${quoted(section)}; expect 'type | net'`);
    const end = rest.findIndex(isSection);
    const tokens = end < 0 ? rest : rest.slice(0, end);
    words = end < 0 ? [] : rest.slice(end);
    if (tokens.length === 0) line.fail(`no token specified in ${quoted(section.toLowerCase())} section`);
    if (section.toLowerCase() === 'type') types = readTypes(line, tokens);
    else sources = readSources(line, tokens);
  }
  return { action: action as Action, written: [line.word, ...line.args].join(' '), at: line.at, types, sources };
}
function readTypes(line: Directive, tokens: readonly string[]): ReadonlySet<number> | undefined {
  const types = new Set<number>();
  for (const token of tokens) {
    if (token === '*') return undefined;
    const type = token === token.toUpperCase() && !/^TYPE\d/.test(token) ? typeByName(token) : undefined;
    if (type === undefined) line.fail(`unexpected token ${quoted(token)}; expect legal QTYPE`);
    types.add(type);
  }
  return types;
}
function readSources(line: Directive, tokens: readonly string[]): readonly Source[] | undefined {
  const sources: Source[] = [];
  for (const token of tokens) {
    if (token === '*') return undefined;
    const text = token.includes('/') ? token : `${token}/${token.includes(':') ? 128 : 32}`;
    const source = parseCIDR(text);
    if (source === undefined) line.fail(`illegal CIDR notation ${quoted(text)}`);
    sources.push({ network: source.network, bits: source.bits });
  }
  return sources;
}
