// *template* answers queries with records that it makes from the question (TPL-1 to 6). Knows stanzas and replies; knows nothing of how
// texts become records.
import { INFO_CODE } from '../../dns/extended-error.ts';
import { Name } from '../../dns/name.ts';
import { edns } from '../../dns/opt.ts';
import { RCODE } from '../../dns/rcode.ts';
import type { RR } from '../../dns/rr.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { TC } from '../../kernel/query/message.ts';
import type { Message } from '../../kernel/query/message.ts';
import { failure, upon } from '../../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../../kernel/query/outcome.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import type { Remark } from '../../kernel/query/notes.ts';
import type { Query } from '../../kernel/query/query.ts';
import { lowerName } from '../../kernel/query/query-functions.ts';
import type { Site } from '../../kernel/site/site.ts';
import { readStanzas } from './config.ts';
import type { Section, Stanza } from './config.ts';
import { Counters, FAMILIES } from './counters.ts';
import { TemplateData } from './data.ts';
import { RecordError } from './record-template.ts';
import type { RecordTemplate } from './record-template.ts';

/** The pattern of a stanza that has none, and its groups. */
const EVERYTHING = { pattern: '.*', names: new Map<string, number>() };

/** What became of a query at one stanza: it is handed to the next one, it fails, or this is what templates see of it. */
type Step = 'next' | 'fail' | TemplateData;

/** A record that could not be made, and why. */
class Unmade extends Error {}

class Template implements Part {
  readonly rehearsal = 'as served';
  readonly #stanzas: readonly Stanza[];
  readonly #view: () => string;
  #counters: readonly Counters[] = [];
  readonly #stanzaText: Remark;

  constructor(stanzas: readonly Stanza[], site: Site) {
    this.#stanzas = stanzas;
    this.#view = () => site.view;
    this.#stanzaText = (i) => `template ${i + 1} (line ${stanzas[i]!.line}) is for it`;
  }
  start(run: Run): void {
    this.#counters = this.#stanzas.map(() => new Counters(run.metrics, this.#view()));
  }

  handle(query: Query, next: Handler): Answer {
    const stanzas = this.#stanzas;
    for (let i = 0; i < stanzas.length; i++) {
      const stanza = stanzas[i]!;
      const zone = concerns(stanza, query);
      if (zone === undefined) continue;
      query.note(this.#stanzaText, i);
      const step = enter(stanza, query, zone);
      if (step === 'next') continue;
      if (step === 'fail') return fail(query, 'the template does not match the name', undefined);
      const counters = this.#counters[i]!;
      counters.matched(query, zone, step);
      if (stanza.rcode === RCODE.SERVFAIL) return fail(query, 'the template says so', undefined);
      return respond(stanza, query, step, counters);
    }
    return next(query);
  }
}

/** TPL-2: the zone of the stanza that holds the name, if class and type fit too. */
function concerns({ class: klass, type, zones }: Stanza, query: Query): Name | undefined {
  if (klass !== query.class && klass !== CLASS.ANY && query.class !== CLASS.ANY) return undefined;
  if (type !== query.type && type !== TYPE.ANY && query.type !== TYPE.ANY) return undefined;
  return zones.match(query.name);
}

function enter(stanza: Stanza, query: Query, zone: Name): Step {
  const data = find(stanza, query, zone);
  if (data === undefined) return stanza.fallsThrough(query.name) ? 'next' : 'fail';
  const verdict = stanza.conditions === undefined ? 'holds' : stanza.conditions.check(query, data);
  if (verdict === 'holds') return data;
  return verdict === 'fails' && stanza.fallsThrough(query.name) ? 'next' : 'fail';
}
/** What templates see where one of the patterns is found in the name. */
function find(stanza: Stanza, query: Query, zone: Name): TemplateData | undefined {
  const { class: klass, type, patterns } = stanza;
  if (patterns.length === 0) return new TemplateData(query, zone, { class: klass, type, ...EVERYTHING, found: undefined });
  const name = lowerName(query);
  for (const { pattern, names, match } of patterns) {
    const found = match(name);
    if (found !== undefined) return new TemplateData(query, zone, { class: klass, type, pattern, names, found });
  }
  return undefined;
}

function fail(query: Query, why: string, cause: unknown): Answer {
  query.extendedError = { code: INFO_CODE.OTHER, text: why };
  return failure(RCODE.SERVFAIL, cause);
}

function respond(stanza: Stanza, query: Query, data: TemplateData, counters: Counters): Answer {
  const name = query.name;
  const owner = name.folded;
  const make = (section: Section): RR[] => records(stanza[section], section, query, data, owner, counters);
  let answer: RR[];
  let additional: RR[];
  let authority: RR[];
  try {
    answer = make('answer');
    additional = make('additional');
    authority = make('authority');
  } catch (error) {
    if (error instanceof Unmade) return fail(query, 'the template made no record', error.cause);
    throw error;
  }
  const follows = (query.type === TYPE.A || query.type === TYPE.AAAA) && answer.some(({ type }) => type === TYPE.CNAME);
  if (!follows) return write(stanza, query, { answer, additional, authority }, false);
  return follow(query, answer, (whole, truncated) => write(stanza, query, { answer: whole, additional, authority }, truncated));
}
function records(templates: readonly RecordTemplate[], section: Section, query: Query, data: TemplateData, owner: Name,
  counters: Counters): RR[] {
  return templates.map((template) => {
    try {
      return template.make(data, owner);
    } catch (error) {
      counters.failed(query, data, section, template.text, error instanceof RecordError);
      throw new Unmade('', { cause: error });
    }
  });
}

/** TPL-4: asks this server for the target of each CNAME and puts what it answers behind it. At once where the answers are there. */
function follow(query: Query, answer: readonly RR[], then: (answer: readonly RR[], truncated: boolean) => Answer, from = 0,
  before: readonly RR[] = [], truncated = false): Answer {
  const at = answer.findIndex(({ type }, i) => i >= from && type === TYPE.CNAME);
  if (at < 0) return then([...before, ...answer.slice(from)], truncated);
  const known = [...before, ...answer.slice(from, at + 1)];
  const change = { name: Name.read(answer[at]!.rdata, 0), type: query.type, class: CLASS.IN };
  const found = query.resolve(change);
  const after = (outcome: Outcome): Answer => {
    const more = outcome.kind === 'reply' ? outcome.parts().answer : [];
    return follow(query, answer, then, at + 1, [...known, ...more], outcome.kind === 'reply' && outcome.truncated);
  };
  return upon(found, after, query);
}

function write(stanza: Stanza, query: Query, sections: { readonly [section in Section]: readonly RR[] }, truncated: boolean): Answer {
  const { rcode, extendedError } = stanza;
  if (rcode > 15 && query.optAt === 0 && extendedError === undefined) {
    return fail(query, '', new Error(`response code ${rcode} needs EDNS`));
  }
  const reply: Message = query.reply({ ...sections, aa: true, rcode });
  if (truncated) reply.setFlags(TC);
  if (extendedError !== undefined) reply.setEdns(edns(4096, true, [errorOption(extendedError)]));
  if (rcode > 15) reply.rcode = rcode;
  return reply;
}
/** TPL-6. */
function errorOption({ code, text }: NonNullable<Stanza['extendedError']>): { readonly code: number; readonly data: Uint8Array } {
  return { code: 15, data: Uint8Array.of(code >> 8, code, ...Buffer.from(text)) };
}

export default definePlugin({
  name: 'template',
  metrics: FAMILIES,
  parse: (lines, { zones }) => readStanzas(lines, zones),
  create: (stanzas, site) => new Template(stanzas, site),
});
