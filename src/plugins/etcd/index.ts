// *etcd* enables SkyDNS service discovery from etcd. Knows which names are its own and what a reply is made of; what is in etcd is
// registry.ts's, on the main thread.
import { soaRecord } from '../../authority/soa.ts';
import type { SoaForm } from '../../authority/soa.ts';
import { INFO_CODE } from '../../dns/extended-error.ts';
import type { Name } from '../../dns/name.ts';
import { RCODE } from '../../dns/rcode.ts';
import type { RR } from '../../dns/rr.ts';
import { TYPE } from '../../dns/type-name.ts';
import { secureEtcd } from '../../key-value/etcd-secure.ts';
import { failure } from '../../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Log } from '../../kernel/seen/log.ts';
import { covers } from '../../kernel/site/fallthrough.ts';
import { knownToServer } from '../../kernel/site/rehearsal.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import type { Site } from '../../kernel/site/site.ts';
import { Slot } from '../../kernel/slot.ts';
import type { ApiPlace } from '../../web-api/api-request.ts';
import { Asked, BadMessage } from './answers.ts';
import type { Told } from './answers.ts';
import { readSettings } from './config.ts';
import type { Settings } from './config.ts';
import type { Found, Wanted } from './found.ts';
import { Later, Pending } from './later.ts';
import { FAMILIES, Registry } from './registry.ts';
import { View } from './view.ts';

/** ETCD-7. */
const FORM: SoaForm = {
  primary: '\x02ns\x03dns', mailbox: '\x0ahostmaster', longest: 300, folded: true, refresh: 7200, retry: 1800, expire: 86_400,
};
const DENIED = 30;

/** The file of a stanza, and all that decides what is in it. */
const Kept = new Slot<{ readonly snapshot: string; readonly by: string }>('snapshots of etcd');

class Etcd implements Part {
  readonly rehearsal = knownToServer('etcd', () => this.#settings.zones.names);
  readonly #settings: Settings;
  /** Under which main answers: all that decides what is in the index. */
  readonly #desk: string;
  #run!: Run;
  #log!: Log;
  #registry: Registry | undefined = undefined;
  #view!: View;
  /** The message that was complained of last. */
  #said = '';

  constructor(settings: Settings, site: Site) {
    const { endpoints, user, tls, path, isNamed, direct, zones, snapshot } = settings;
    this.#settings = settings;
    this.#desk = `etcd ${JSON.stringify([endpoints, user, tls, path, isNamed, direct, zones.names.map(({ text }) => text), snapshot])}`;
    if (snapshot !== '') site.put(Kept, { snapshot, by: this.#desk });
  }

  whole(sites: readonly Site[]): void {
    const { snapshot } = this.#settings;
    const other = sites.flatMap((site) => site.all(Kept)).find((each) => each.snapshot === snapshot && each.by !== this.#desk);
    if (snapshot !== '' && other !== undefined) throw new Error(`snapshot ${snapshot} is another etcd's too: each needs a file of its own`);
  }
  async control(run: Run): Promise<void> {
    const { endpoints, user, tls, path, isNamed, direct, zones, snapshot } = this.#settings;
    const registry = this.#registry = await run.shared.use(this.#desk, run.signal, async () => {
      const etcd = { places: endpoints, user, secure: (place: ApiPlace) => secureEtcd(place, tls) };
      const made = new Registry(run, { etcd, name: this.#desk, path, isNamed, direct, zones: zones.names, snapshot });
      await made.begin();
      return made;
    });
    run.desk.serve(this.#desk, (order) => {
      const { wanted, isWild } = order as { wanted: Wanted; isWild: boolean };
      return registry.find(wanted, isWild);
    }, run.signal);
  }
  start(run: Run): void {
    this.#run = run;
    this.#log = run.log.prefix('etcd');
    this.#view = new View(run.store, this.#desk, run.clock);
  }
  async drain(): Promise<void> {
    await this.#registry?.drain();
  }
  remark(): string | undefined {
    return this.#registry?.remark;
  }

  handle(query: Query, next: Handler): Answer {
    const zone = this.#settings.zones.match(query.name);
    if (zone === undefined) return next(query);
    if (query.type === TYPE.AXFR || query.type === TYPE.IXFR) return failure(RCODE.REFUSED);
    return query.type === TYPE.SOA ? query.reply({ aa: true, answer: [this.#soa(zone)] }) : this.#answer(query, zone, next, new Later());
  }
  #answer(query: Query, zone: Name, next: Handler, later: Later): Answer {
    const { path, apexFallback, isNamed, fallthrough, bounds } = this.#settings;
    const asked = new Asked({ path, apexFallback, isNamed }, zone, {
      find: (key, reach, isWild) => this.#view.find({ key, reach }, isWild)
        ?? later.get(`${reach} ${key}`, () => this.#ask({ key, reach, bounds }, isWild)),
      elsewhere: (name, type) => later.get(`${type} ${name.key}`, () => elsewhere(query, name, type)),
    });
    let told: Told | undefined;
    try {
      told = asked.tell(query.name, query.type);
    } catch (error) {
      if (!(error instanceof Pending)) return this.#failed(query, zone, error);
      return error.come.then(() => query.reading.within(() => this.#answer(query, zone, next, later)));
    }
    if (told === undefined && covers(fallthrough, query.name)) return next(query);
    if (asked.stale !== undefined) query.extendedError = { code: INFO_CODE.STALE_ANSWER, text: asked.stale };
    const { answer, additional } = told ?? { answer: [], additional: [] };
    if (answer.length > 0) return query.reply({ aa: true, answer, additional });
    return query.reply({ rcode: told === undefined ? RCODE.NXDOMAIN : RCODE.NOERROR, aa: true, authority: [this.#soa(zone)] });
  }
  /** Main knows leases, what the index lacks, and what it has when it has nothing yet. */
  async #ask(wanted: Wanted, isWild: boolean): Promise<Found> {
    const registry = this.#registry;
    const found = registry === undefined ? await this.#run.desk.ask(this.#desk, { wanted, isWild }) as Found
      : await registry.find(wanted, isWild);
    this.#view.heard(wanted, found);
    return found;
  }
  /** ETCD-4: a message that is none fails every name above its key, and etcd that does not answer all names. */
  #failed(query: Query, zone: Name, error: unknown): Outcome {
    const why = error instanceof Error ? error.message : String(error);
    if (why !== this.#said) this.#log.error(error instanceof BadMessage ? `a message cannot be used: ${why}` : why);
    this.#said = why;
    const text = error instanceof BadMessage ? `a message cannot be used: ${why}` : 'etcd does not answer';
    query.extendedError = { code: error instanceof BadMessage ? INFO_CODE.OTHER : INFO_CODE.NETWORK_ERROR, text };
    return query.reply({ rcode: RCODE.SERVFAIL, aa: true, authority: [this.#soa(zone)] });
  }
  #soa(zone: Name): RR {
    return soaRecord(zone, DENIED, Math.floor(this.#run.clock.wall() / 1000), FORM);
  }
}

/** What this server answers to another question of the same client, as records; nothing where it does not. */
function elsewhere(query: Query, name: Name, type: number): readonly RR[] | Promise<readonly RR[]> {
  const recordsOf = (outcome: Outcome): readonly RR[] => (outcome.kind === 'reply' ? outcome.parts().answer : []);
  const answer = query.resolve({ name, type });
  if (!(answer instanceof Promise)) return recordsOf(answer);
  return answer.then((outcome) => query.reading.within(() => recordsOf(outcome)), () => []);
}

export default definePlugin({
  name: 'etcd',
  metrics: FAMILIES,
  parse: readSettings,
  create: (stanzas, site) => stanzas.map((stanza) => new Etcd(stanza, site)),
});
