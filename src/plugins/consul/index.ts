// *consul* answers Consul's own names from its catalog. Knows what is answered of instances; the catalog's API is in catalog.ts.
import { SOURCE_FAMILIES } from '../../authority/source-numbers.ts';
import { soaRecord } from '../../authority/soa.ts';
import type { SoaForm } from '../../authority/soa.ts';
import { INFO_CODE } from '../../dns/extended-error.ts';
import { latin1 } from '../../dns/latin1.ts';
import { Name } from '../../dns/name.ts';
import { RCODE } from '../../dns/rcode.ts';
import { rr } from '../../dns/rr.ts';
import type { RR } from '../../dns/rr.ts';
import { TYPE } from '../../dns/type-name.ts';
import { A, AAAA, CNAME, SRV, TXT } from '../../dns/types.ts';
import { failure } from '../../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Log } from '../../kernel/seen/log.ts';
import { covers } from '../../kernel/site/fallthrough.ts';
import { knownToServer } from '../../kernel/site/rehearsal.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import { readPlace } from '../../web-api/api-request.ts';
import type { Known } from '../../web-api/watched.ts';
import { Catalog } from './catalog.ts';
import type { Entry, Instance, Wanted } from './catalog.ts';
import { readSettings } from './config.ts';
import type { Settings } from './config.ts';
import { readName } from './names.ts';

const DEFAULT = 'http://127.0.0.1:8500';
const FORM: SoaForm = {
  primary: '\x02ns', mailbox: '\x0ahostmaster', longest: 300, folded: true, refresh: 3600, retry: 600, expire: 86_400,
};
const NODATA: Entry = { instances: [], ttl: undefined };

class ConsulNames implements Part {
  readonly rehearsal = knownToServer('consul', () => [this.#settings.zone]);
  readonly #settings: Settings;
  readonly #desk: string;
  #run!: Run;
  #log!: Log;
  #catalog: Catalog | undefined = undefined;
  /** What was said last of a Consul that does not answer. */
  #said = '';

  constructor(settings: Settings) {
    const { zone, places, token, near } = settings;
    this.#settings = settings;
    this.#desk = `consul ${JSON.stringify([zone.text, places, token, near])}`;
  }

  async control(run: Run): Promise<void> {
    const { zone, places, token, near } = this.#settings;
    const own = process.env['CONSUL_HTTP_ADDR'] ?? '';
    const url = own === '' ? DEFAULT : own.includes('://') ? own : `http://${own}`;
    const usual = readPlace(url);
    if (usual === undefined) throw new Error(`plugin/consul: CONSUL_HTTP_ADDR is no address: ${own}`);
    const consul = {
      zone, near, places: places.length > 0 ? places : [usual], token: token === '' ? process.env['CONSUL_HTTP_TOKEN'] ?? '' : token,
    };
    const catalog = this.#catalog = await run.shared.use(this.#desk, run.signal, () => new Catalog(run, consul));
    run.desk.serve(this.#desk, (order) => catalog.find(order as Wanted), run.signal);
  }
  start(run: Run): void {
    this.#run = run;
    this.#log = run.log.prefix('consul');
  }
  remark(): string | undefined {
    // What is watched is of all threads, what was said of main's questions.
    const behind = this.#catalog?.behind;
    if (behind !== undefined) return `Consul does not answer since ${new Date(behind.since).toISOString()}: ${behind.why}`;
    return this.#said === '' ? undefined : `Consul does not answer: ${this.#said}`;
  }

  handle(query: Query, next: Handler): Answer {
    const { zone } = this.#settings;
    if (!query.name.isUnder(zone)) return next(query);
    if (query.type === TYPE.AXFR || query.type === TYPE.IXFR) return failure(RCODE.REFUSED);
    return this.#answer(query, next);
  }
  async #answer(query: Query, next: Handler): Promise<Outcome> {
    const { zone, datacenter } = this.#settings;
    const labels = query.name.folded.split();
    const before = labels.slice(0, labels.length - zone.labels);
    const asked = readName(before);
    if (before.length === 0) {
      const soa = [this.#soa()];
      return query.reply(query.type === TYPE.SOA ? { aa: true, answer: soa } : { aa: true, authority: soa });
    }
    if (asked === undefined) return this.#nothing(query, next);
    if (asked.kind === 'address') return this.#records(query, [addressRecord(query.name, asked.address, this.#settings.nodeTtl)]);
    const { kind, what } = asked;
    let known: Known<Entry>;
    try {
      known = await this.#find({ kind, what, datacenter: asked.datacenter === '' ? datacenter : asked.datacenter, name: query.name.key });
    } catch (error) {
      this.#tell(error instanceof Error ? error.message : String(error));
      query.extendedError = { code: INFO_CODE.NETWORK_ERROR, text: 'Consul does not answer' };
      return failure(RCODE.SERVFAIL, error);
    }
    this.#tell(known.trouble);
    if (known.trouble !== undefined) query.extendedError = { code: INFO_CODE.STALE_ANSWER, text: 'Consul does not answer' };
    const instances = this.#chosen(known.value, asked.kind === 'service' ? asked.tag : '', kind);
    if (instances.length === 0) return this.#nothing(query, next);
    const ttl = kind === 'node' ? this.#settings.nodeTtl : known.value.ttl ?? this.#settings.ttl;
    if (query.type === TYPE.SRV && kind !== 'node') return this.#srv(query, instances, ttl);
    const make = query.type === TYPE.TXT && kind === 'node' ? metaRecords : hostRecords;
    return this.#records(query, instances.flatMap((each) => make(query.name, each, ttl)));
  }
  #find(wanted: Wanted): Promise<Known<Entry>> {
    const catalog = this.#catalog;
    return catalog === undefined ? this.#run.desk.ask(this.#desk, wanted) as Promise<Known<Entry>> : catalog.find(wanted);
  }
  #chosen({ instances }: Entry = NODATA, tag: string, kind: Wanted['kind']): readonly Instance[] {
    const { onlyPassing, tags } = this.#settings;
    if (kind === 'node') return instances;
    return instances.filter((each) => (tag === '' || each.tags.includes(tag)) && tags.every((one) => each.tags.includes(one))
      && (each.isPassing || !onlyPassing));
  }
  #srv(query: Query, instances: readonly Instance[], ttl: number): Outcome {
    const answer: RR[] = [], additional: RR[] = [];
    for (const each of instances) {
      const target = this.#targetOf(each);
      if (target === undefined) continue;
      answer.push(rr(query.name, SRV, ttl, { priority: 1, weight: each.weight, port: each.port, target }));
      if (typeof each.address !== 'string') additional.push(addressRecord(target, each.address, ttl));
    }
    return query.reply({ aa: true, answer, additional });
  }
  /** An instance's own address has a name of its digits, as Consul gives it; the others are their nodes. */
  #targetOf({ address, isOwn, node, datacenter }: Instance): Name | undefined {
    if (typeof address === 'string') return Name.maybe(address);
    const { zone } = this.#settings;
    const where = datacenter === '' ? [] : [datacenter];
    const first = isOwn ? [Buffer.from(address).toString('hex'), 'addr'] : [...node.toLowerCase().split('.'), 'node'];
    try {
      return Name.of([...first, ...where, ...zone.split()]);
    } catch {
      return undefined;
    }
  }
  #records(query: Query, records: readonly RR[]): Outcome {
    const answer = records.filter(({ type }) => type === query.type || type === TYPE.CNAME);
    return answer.length > 0 ? query.reply({ aa: true, answer }) : query.reply({ aa: true, authority: [this.#soa()] });
  }
  #nothing(query: Query, next: Handler): Answer {
    if (covers(this.#settings.fallthrough, query.name)) return query.reading.within(() => next(query));
    return query.reply({ aa: true, rcode: RCODE.NXDOMAIN, authority: [this.#soa()] });
  }
  #soa(): RR {
    return soaRecord(this.#settings.zone, this.#settings.ttl, Math.floor(this.#run.clock.wall() / 1000), FORM);
  }
  /** Says what is wrong with Consul once, until it is something else. */
  #tell(trouble = ''): void {
    if (trouble === this.#said) return;
    this.#said = trouble;
    if (trouble !== '') this.#log.error(`Consul does not answer: ${trouble}`);
    else this.#log.info('Consul answers again');
  }
}

const addressRecord = (name: Name, address: Uint8Array, ttl: number): RR =>
  (address.length === 4 ? rr(name, A, ttl, { address }) : rr(name, AAAA, ttl, { address }));
function hostRecords(name: Name, { address }: Instance, ttl: number): readonly RR[] {
  if (typeof address !== 'string') return [addressRecord(name, address, ttl)];
  const target = Name.maybe(address);
  return target === undefined ? [] : [rr(name, CNAME, ttl, { target })];
}

/** What is said of a node, as `key=value` (RFC 1464); of a key that begins with `rfc1035-` the value alone, as Consul does it. */
function metaRecords(name: Name, { meta }: Instance, ttl: number): readonly RR[] {
  return meta.map(([key, value]) => {
    const quoted = key.replace(/[=`]/g, '`$&');
    const octets = Buffer.from(/^rfc1035-/i.test(key) ? value : `${quoted}=${value}`).subarray(0, 255);
    return rr(name, TXT, ttl, { texts: [latin1(octets, 0, octets.length)] });
  });
}

export default definePlugin({
  name: 'consul',
  metrics: { lag: SOURCE_FAMILIES.lag },
  parse: readSettings,
  create: (settings) => settings.map((line) => new ConsulNames(line)),
});
