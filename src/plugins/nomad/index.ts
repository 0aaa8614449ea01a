// *nomad* enables reading zone data from a Nomad cluster. Knows which labels of a name are service and namespace, and what is answered of
// instances (NMD-2, NMD-3); the cluster's API is in services.ts.
import { SOURCE_FAMILIES } from '../../authority/source-numbers.ts';
import { ADDITIONAL, ANSWER, address, hasRoom, record } from '../../authority/records.ts';
import { Place, ServedZones } from '../../authority/served-zones.ts';
import { INFO_CODE } from '../../dns/extended-error.ts';
import { latin1, writeLatin1 } from '../../dns/latin1.ts';
import { HEADER, setU16 } from '../../dns/packet.ts';
import { RCODE } from '../../dns/rcode.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { AA } from '../../kernel/query/message.ts';
import type { Answer, Outcome } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Log } from '../../kernel/seen/log.ts';
import { counter } from '../../kernel/seen/metrics.ts';
import type { Metrics } from '../../kernel/seen/metrics.ts';
import { knownToServer } from '../../kernel/site/rehearsal.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import { placeOf, readSettings } from './config.ts';
import type { Settings } from './config.ts';
import { Services } from './services.ts';
import type { Found, Instance, Wanted } from './services.ts';

const DEFAULT_ADDRESS = 'http://127.0.0.1:4646';
const FAMILIES = {
  lag: SOURCE_FAMILIES.lag,
  success: counter('coredns_nomad_success_requests_total', 'Counter of DNS requests handled successfully.', ['server', 'namespace']),
  failed: counter('coredns_nomad_failed_requests_total', 'Counter of DNS requests failed.', ['server', 'namespace']),
};
/** Serial, refresh, retry, expire and minimum of the SOA that a denial has. */
const SOA_NUMBERS = [0, 3600, 600, 86400, 30];

class Nomad implements Part {
  readonly rehearsal = knownToServer('nomad', () => [this.#settings.zone]);
  readonly #settings: Settings;
  readonly #zones: ServedZones;
  readonly #place = new Place();
  #run!: Run;
  #log!: Log;
  #metrics!: Metrics;
  #services: Services | undefined = undefined;
  /** Under which main answers: all that decides what it answers. */
  readonly #desk: string;
  /** What was said last of a cluster that does not answer. */
  #said = '';

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#zones = new ServedZones([settings.zone]);
    this.#desk = `nomad ${JSON.stringify({ ...settings, zone: settings.zone.text })}`;
  }

  async control(run: Run): Promise<void> {
    const { zone, addresses, filter, token, healthy } = this.#settings;
    const environment = (name: string) => process.env[name] ?? '';
    const own = environment('NOMAD_ADDR');
    const places = (addresses.length > 0 ? addresses : [own === '' ? DEFAULT_ADDRESS : own]).map((each) => placeOf(each, (text) => {
      throw new Error(`plugin/nomad: ${text}`);
    }));
    const cluster = { zone, places, filter, healthy, token: token === '' ? environment('NOMAD_TOKEN') : token };
    const services = this.#services = await run.shared.use(this.#desk, run.signal, () => {
      const made = new Services(run, cluster);
      void made.begin();
      return made;
    });
    run.desk.serve(this.#desk, (order) => services.find(order as Wanted), run.signal);
  }
  start(run: Run): void {
    this.#run = run;
    this.#log = run.log.prefix('nomad');
    this.#metrics = run.metrics;
  }
  remark(): string | undefined {
    const behind = this.#services?.behind;
    if (behind === undefined) return undefined;
    return `the Nomad cluster of ${this.#settings.zone.text} does not answer since ${new Date(behind.since).toISOString()}: ${behind.why}`;
  }
  ready(): boolean {
    return this.#services?.isReady === true;
  }

  handle(query: Query, next: Handler): Answer {
    const place = this.#place;
    if (!this.#zones.find(query, place) || place.labels < 2) return next(query);
    const [first, second, third] = [0, 1, 2].map((i) => label(query, place, i));
    const tagged = this.#settings.tags && place.labels === 3;
    return tagged ? this.#answer(query, second!, third!, first) : this.#answer(query, first!, second!, undefined);
  }
  async #answer(query: Query, service: string, namespace: string, tag: string | undefined): Promise<Outcome> {
    const wanted: Wanted = { service, namespace, name: query.name.key };
    try {
      const { instances, allFail, trouble } = await this.#run.desk.ask(this.#desk, wanted) as Found;
      if (trouble !== undefined) query.extendedError = { code: INFO_CODE.STALE_ANSWER, text: 'the Nomad cluster does not answer' };
      else if (allFail) query.extendedError = { code: INFO_CODE.OTHER, text: 'every instance fails its checks: all are answered' };
      this.#tell(trouble);
      this.#count(query, FAMILIES.success, namespace);
      return this.#write(query, tag === undefined ? instances : instances.filter(({ tags }) => tags.some((each) => folded(each) === tag)));
    } catch (error) {
      this.#tell(error instanceof Error ? error.message : String(error));
      this.#count(query, FAMILIES.failed, namespace);
      query.extendedError = { code: INFO_CODE.NETWORK_ERROR, text: 'the Nomad cluster does not answer' };
      return query.begin(AA, RCODE.NOERROR);
    }
  }
  #count(query: Query, family: typeof FAMILIES.success, namespace: string): void {
    this.#metrics.values[this.#metrics.family(family).cell([query.channel.service.label, namespace])]!++;
  }
  /** Says what is wrong with the cluster once, until it is something else. */
  #tell(trouble = ''): void {
    if (trouble === this.#said) return;
    this.#said = trouble;
    if (trouble !== '') this.#log.error(`the cluster of ${this.#settings.zone.text} does not answer: ${trouble}`);
    else this.#log.info(`the cluster of ${this.#settings.zone.text} answers again`);
  }

  #write(query: Query, instances: readonly Instance[]): Outcome {
    const { type } = query;
    const { ttl } = this.#settings;
    if (instances.length === 0 || (type !== TYPE.A && type !== TYPE.AAAA && type !== TYPE.SRV)) return this.#denial(query);
    const reply = query.begin(AA, RCODE.NOERROR);
    const size = type === TYPE.A ? 4 : type === TYPE.AAAA ? 16 : 0;
    for (const { address: own, port } of instances) {
      if (size !== 0) {
        if (own?.length === size && !address(reply, ANSWER, HEADER, ttl, own, 0, size)) return reply;
        continue;
      }
      const name = query.name.raw;
      if (!hasRoom(reply, 18 + name.length)) return reply;
      const to = record(reply, ANSWER, HEADER, TYPE.SRV, ttl, 6 + name.length);
      [10, 10, port].forEach((value, i) => setU16(reply.bytes, to + 2 * i, value));
      writeLatin1(name, reply.bytes, to + 6);
    }
    for (const { address: own } of size === 0 ? instances : []) {
      if (own !== undefined) address(reply, ADDITIONAL, HEADER, ttl, own, 0, own.length);
    }
    return reply;
  }
  /** NMD-3: the SOA stands in the answer, and is the name's own. */
  #denial(query: Query): Outcome {
    const { zone, ttl } = this.#settings;
    const { name } = query;
    const primary = name.raw.length > 251 ? name.raw : `\x03ns1${name.raw}`;
    const mailbox = zone.raw.length > 244 ? zone.raw : `\x0ahostmaster${zone.raw}`;
    const rdata = Buffer.alloc(primary.length + mailbox.length + 20);
    rdata.write(primary + mailbox, 'latin1');
    SOA_NUMBERS.forEach((value, i) => rdata.writeUInt32BE(value, primary.length + mailbox.length + 4 * i));
    return query.reply({ rcode: RCODE.NXDOMAIN, aa: true, answer: [{ name, type: TYPE.SOA, class: CLASS.IN, ttl, rdata }] });
  }
}

/** A label of the folded name, undefined where there is none before the zone. */
function label({ bytes }: Query, { at, labels }: Place, index: number): string | undefined {
  if (index >= labels) return undefined;
  const from = at[index]! + 1;
  return latin1(bytes, from, from + bytes[from - 1]!);
}
const folded = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

export default definePlugin({
  name: 'nomad',
  metrics: FAMILIES,
  parse: readSettings,
  create: (settings) => settings.map((line) => new Nomad(line)),
});
