// *union* makes one zone of several zones of this server. Knows how they are asked, and for how long the last of them is waited for.
import { soaRecord } from '../../authority/soa.ts';
import type { SoaForm } from '../../authority/soa.ts';
import { INFO_CODE } from '../../dns/extended-error.ts';
import { latin1Bytes } from '../../dns/latin1.ts';
import { Name } from '../../dns/name.ts';
import { RCODE } from '../../dns/rcode.ts';
import { TYPE } from '../../dns/type-name.ts';
import { failure } from '../../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import type { Site } from '../../kernel/site/site.ts';
import { readSettings } from './config.ts';
import type { Settings } from './config.ts';
import { canBeMade, merge } from './merge.ts';
import type { ZoneAnswer } from './merge.ts';

/** Seconds of a denial; its numbers are nobody's, since the zone is not transferred. */
const TTL = 5;
const SOA: SoaForm = {
  primary: '\x02ns\x03dns', mailbox: '\x0ahostmaster', longest: TTL, folded: true, refresh: 7200, retry: 1800, expire: 86400,
};
/** Milliseconds that the others are waited for once one zone has an answer. */
const PATIENCE = 400;
/** Bytes of a name. */
const LONGEST = 255;
const SILENT: ZoneAnswer = { rcode: undefined, answer: [], additional: [] };

/** One zone that is made of others. */
class Union implements Part {
  readonly #settings: Settings;
  #clock!: Run['clock'];

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  whole(sites: readonly Site[]): void {
    for (const zone of this.#settings.from) {
      if (sites.some(({ zones }) => zones.some((each) => zone.isUnder(each)))) continue;
      const what = `no block of this server has ${zone.text}, which ${this.#settings.zone.text} is made of`;
      throw new Error(`${what}: add ${zone.text} { forward . ADDRESS }`);
    }
  }
  /** Caches, and who watches answers, are told by the zones that it is made of: an answer says whose names those are. */
  control(run: Run): void {
    run.store.changes.zone(this.#settings.zone.key);
  }
  start(run: Run): void {
    this.#clock = run.clock;
  }
  handle(query: Query, next: Handler): Answer {
    const { zone, from } = this.#settings;
    const { name, type } = query;
    if (!name.isUnder(zone)) return next(query);
    if (name.equals(zone) && type === TYPE.SOA) return query.reply({ aa: true, answer: [this.#soa()] });
    const above = name.raw.slice(0, name.raw.length - zone.raw.length);
    const names = from.filter(({ raw }) => above.length + raw.length <= LONGEST).map(({ raw }) => Name.wire(above + raw));
    for (const each of names) query.journey.makeOf(latin1Bytes(each.key));
    const answers = names.map((each) => query.resolve({ name: each, type: canBeMade(type) ? type : TYPE.A }));
    if (answers.some((answer) => answer instanceof Promise)) return this.#late(query, answers, names);
    return this.#merged(query, answers.map((answer) => read(answer as Outcome)), names);
  }
  #soa() {
    return soaRecord(this.#settings.zone, TTL, 1, SOA);
  }
  /** Those that say nothing are not waited for once another one has something. */
  async #late(query: Query, answers: readonly Answer[], names: readonly Name[]): Promise<Outcome> {
    const found: (ZoneAnswer | undefined)[] = names.map(() => undefined);
    await new Promise<void>((resolve) => {
      let left = answers.length;
      let cancel: (() => void) | undefined;
      const over = (): void => {
        cancel?.();
        resolve();
      };
      const take = (answer: ZoneAnswer, i: number): void => {
        found[i] = answer;
        if (--left === 0) over();
        else if (answer.answer.length > 0) cancel ??= this.#clock.after(PATIENCE, over);
      };
      for (const [i, answer] of answers.entries()) {
        void Promise.resolve(answer).then((outcome) => take(query.reading.within(() => read(outcome)), i), () => take(SILENT, i));
      }
    });
    return query.reading.within(() => this.#merged(query, found.map((each) => each ?? SILENT), names));
  }
  #merged(query: Query, zones: readonly ZoneAnswer[], names: readonly Name[]): Outcome {
    const { all, prefers } = this.#settings;
    const { name, type } = query;
    for (const { answer } of zones) for (const { name: owner } of answer) query.journey.makeOf(latin1Bytes(owner.key));
    const made = canBeMade(type) ? zones : zones.map(({ rcode }) => ({ rcode, answer: [], additional: [] }));
    const { rcode, answer, additional } = merge(made, name, type, all, prefers);
    const silent = names.filter((_, i) => zones[i]!.rcode === undefined);
    if (silent.length > 0) {
      query.extendedError = { code: INFO_CODE.NO_REACHABLE_AUTHORITY, text: `nothing is said of ${silent[0]!.text}` };
    }
    if (rcode === undefined) return failure(RCODE.SERVFAIL, new Error(`nothing is said of ${silent[0]!.text}`));
    // Who has the name at all, and who is the zone itself.
    const isThere = rcode === 0 || name.equals(this.#settings.zone);
    return query.reply({ rcode: isThere ? 0 : rcode, aa: true, answer, additional, authority: answer.length > 0 ? [] : [this.#soa()] });
  }
}

/** What a zone says; nothing where it fails, or does not serve the name at all. */
function read(outcome: Outcome): ZoneAnswer {
  if (outcome.kind === 'failure' && outcome.rcode === RCODE.NXDOMAIN) return { rcode: outcome.rcode, answer: [], additional: [] };
  if (outcome.kind !== 'reply') return SILENT;
  const { rcode, answer, additional } = outcome.parts();
  return rcode === 0 || rcode === RCODE.NXDOMAIN ? { rcode, answer, additional } : SILENT;
}

export default definePlugin({
  name: 'union',
  parse: readSettings,
  create: (lines) => lines.map((settings) => new Union(settings)),
});
