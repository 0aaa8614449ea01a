// The stanzas of *template* as data (TPL-1): what each matches and what it answers with. Knows words, patterns, templates and expressions;
// knows no query.
import type { Directive } from '../../corefile/directive.ts';
import { nearestWord } from '../../corefile/suggest.ts';
import type { Name } from '../../dns/name.ts';
import { rcodeByName } from '../../dns/rcode.ts';
import { parseRR } from '../../dns/rr.ts';
import { classByName, typeByName } from '../../dns/type-name.ts';
import { covers, readFallthrough } from '../../kernel/site/fallthrough.ts';
import type { Fallthrough } from '../../kernel/site/fallthrough.ts';
import type { Lines } from '../../kernel/site/plugin.ts';
import { LONGEST_PATTERN, compileForNames, patternLength } from '../../kernel/regexp.ts';
import type { Regexp } from '../../kernel/regexp.ts';
import { zonesOf } from '../../kernel/site/zones.ts';
import type { Zones } from '../../kernel/site/zones.ts';
import { quoted } from '../../wording/quote.ts';
import { Conditions } from './conditions.ts';
import { TemplateData } from './data.ts';
import { parseUint } from '../../wording/unsigned.ts';
import { compileRecord } from './record-template.ts';
import type { RecordTemplate } from './record-template.ts';

/** Sections of a reply, as metrics name them. */
export type Section = 'answer' | 'additional' | 'authority';

/** One `template`. */
export interface Stanza {
  /** The number of its line. */
  readonly line: number;
  readonly class: number;
  readonly type: number;
  readonly zones: Zones;
  /** Tried in their order; none at all matches every name. */
  readonly patterns: readonly Regexp[];
  readonly answer: readonly RecordTemplate[];
  readonly additional: readonly RecordTemplate[];
  readonly authority: readonly RecordTemplate[];
  readonly rcode: number;
  readonly extendedError: { readonly code: number; readonly text: string } | undefined;
  /** `var` and `expr`; undefined where there are none. */
  readonly conditions: Conditions | undefined;
  /** Whether a name that is not matched may be handed on. */
  fallsThrough(name: Name): boolean;
}

/** Reads every `template` of a block. */
export const readStanzas = (lines: Lines, zones: readonly Name[]): readonly Stanza[] => lines.map((line) => readStanza(line, zones));

/** A type by its name alone: `TYPE1` and lower case are not taken. */
function readType(line: Directive): number {
  const text = line.arg();
  const type = text === text.toUpperCase() && !/^TYPE\d/.test(text) ? typeByName(text) : undefined;
  return type ?? line.fail(`invalid RR class ${text}`);
}
function readClass(line: Directive): number {
  const text = line.arg();
  const number = text === text.toUpperCase() && !/^CLASS\d/.test(text) ? classByName(text) : undefined;
  return number ?? line.fail(`invalid query class ${text}`);
}

function readStanza(line: Directive, block: readonly Name[]): Stanza {
  const patterns: Regexp[] = [];
  const records: { readonly [section in Section]: RecordTemplate[] } = { answer: [], additional: [], authority: [] };
  const conditions = new Conditions();
  let rcode = 0;
  let extendedError: Stanza['extendedError'];
  let fallthrough: Fallthrough | undefined;
  const klass = readClass(line);
  const type = readType(line);
  const zones = zonesOf(line.rest(), block);
  const section = (name: Section) => (property: Directive) => {
    records[name].push(...some(property).map((text) => readRecord(property, name, text)));
  };
  line.properties({
    match: (property) => {
      patterns.push(...some(property).map((text) => readPattern(property, text)));
    },
    answer: section('answer'),
    additional: section('additional'),
    authority: section('authority'),
    var: (property) => readVariable(property, conditions),
    expr: (property) => readCondition(property, conditions),
    rcode: (property) => {
      rcode = readRcode(property);
    },
    ederror: (property) => {
      extendedError = readExtendedError(property);
    },
    fallthrough: (property) => {
      fallthrough = readFallthrough(property);
    },
    upstream: (property) => {
      property.rest();
    },
  }, (property) => property.wrongArgs());
  const fallsThrough = (name: Name): boolean => fallthrough !== undefined && covers(fallthrough, name);
  return {
    line: line.at.line, class: klass, type, zones, patterns, ...records, rcode, extendedError, fallsThrough,
    conditions: conditions.empty ? undefined : conditions,
  };
}

/** The arguments of a property that needs one at least. */
function some(property: Directive): readonly string[] {
  const texts = property.rest();
  return texts.length === 0 ? property.wrongArgs() : texts;
}
function readPattern(property: Directive, text: string): Regexp {
  const length = patternLength(text);
  if (length > LONGEST_PATTERN) property.fail(`regex pattern too long: ${length} > ${LONGEST_PATTERN}`);
  return property.attempt(() => compileForNames(text), (reason) => property.fail(`could not parse regex: ${text}, ${reason}`));
}
function readRecord(property: Directive, section: Section, text: string): RecordTemplate {
  doubtRecord(property, text);
  return property.attempt(() => compileRecord(section, text), (reason) =>
    property.fail(`could not compile template: ${text}, ${reason}`));
}
/** Leaves word of a field that there is not, and of a text that is the same for every query and is no record. */
function doubtRecord(property: Directive, text: string): void {
  const known = [...Object.getOwnPropertyNames(TemplateData.prototype), 'Var'].filter((name) => /^[A-Z]/.test(name));
  for (const [action] of text.matchAll(/\{\{.*?\}\}/gs)) {
    for (const [, field = ''] of action.matchAll(/[\s({|]\.(\w+)/g)) {
      if (known.includes(field)) continue;
      const nearest = nearestWord(field, known);
      property.doubt(`the template asks for .${field}, which there is not, so it never makes a record`,
        nearest === undefined ? `there are .${known.join(', .')}` : `did you mean .${nearest}?`);
    }
  }
  if (text.includes('{{')) return;
  try {
    if (parseRR(text) !== undefined) return;
    property.doubt('the text never makes a record: there is none in it');
  } catch (error) {
    property.doubt(`the text never makes a record: ${(error as Error).message}`, 'a record is NAME TTL CLASS TYPE DATA');
  }
}
function readVariable(property: Directive, conditions: Conditions): void {
  const [name, ...words] = property.rest();
  if (name === undefined || words.length === 0) return property.wrongArgs();
  if (!/^[A-Za-z_]\w*$/.test(name)) property.fail(`invalid variable name ${quoted(name)}`);
  if (conditions.isTaken(name)) property.fail(`variable name ${quoted(name)} is reserved`);
  property.attempt(() => conditions.variable(name, words.join(' ')), (reason) =>
    property.fail(`could not compile expression: ${name}, ${reason}`));
}
function readCondition(property: Directive, conditions: Conditions): void {
  const text = some(property).join(' ');
  property.attempt(() => conditions.require(text), (reason) => property.fail(`could not compile expression: ${reason}`));
}
function readRcode(property: Directive): number {
  const text = property.arg();
  if (text === 'NOTIMPL') return 4;
  const rcode = text === text.toUpperCase() ? rcodeByName(text) : undefined;
  return rcode ?? property.fail(`unknown rcode ${text}`);
}
function readExtendedError(property: Directive): NonNullable<Stanza['extendedError']> {
  const [code, text = '', ...more] = property.rest();
  if (code === undefined || more.length > 0) return property.wrongArgs();
  const number = property.attempt(() => Number(parseUint(code, 10, 16)), (reason) =>
    property.fail(`error parsing extended DNS error code ${code}, ${reason}`));
  return { code: number, text };
}
