// *dnssec* signs answers on their way to whoever asks for signatures (9.14). Knows questions, replies and zones; how a set is signed is in
// reply-signer.ts, what denies a name in denial.ts.
import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { pluginError } from '../../corefile/error.ts';
import { u16, u32 } from '../../dns/packet.ts';
import type { Records } from '../../dns/packet.ts';
import { RCODE } from '../../dns/rcode.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { WireError } from '../../dns/wire-error.ts';
import { Place, ServedZones } from '../../authority/served-zones.ts';
import type { ServedZone } from '../../authority/served-zones.ts';
import { isUnder } from '../../authority/spelling.ts';
import { keysOfTexts, ownKeys } from '../../authority/zone-keys/own-keys.ts';
import { writeCanonicalName } from '../../dnssec/canonical.ts';
import type { SigningKey } from '../../dnssec/signing-key.ts';
import { classify } from '../../kernel/query/classify.ts';
import type { ReplyType } from '../../kernel/query/classify.ts';
import type { Message } from '../../kernel/query/message.ts';
import { failure, onReply } from '../../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import { PerServer, counter, gauge } from '../../kernel/seen/metrics.ts';
import { label } from '../../kernel/site/endpoint.ts';
import { knownToServer } from '../../kernel/site/rehearsal.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Rehearsal, Run } from '../../kernel/site/plugin.ts';
import type { Site } from '../../kernel/site/site.ts';
import { Mac } from '../../store/mac.ts';
import { ANSWER, AUTHORITY, cut } from './additions.ts';
import { checkOwners, readSettings } from './config.ts';
import type { Settings } from './config.ts';
import { denialOf } from './denial.ts';
import type { Denied } from './denial.ts';
import { KeptSignatures } from './kept-signatures.ts';
import { Pace } from './pace.ts';
import { ReplySigner, Sheet, UnderWay } from './reply-signer.ts';
import { fetchSecrets, keysOfSecrets } from './secrets.ts';
import { Signers } from './signers.ts';
import { WAITING, WholeZones } from './whole-zones.ts';

const FAMILIES = {
  entries: gauge('coredns_dnssec_cache_entries', 'The number of elements in the dnssec cache.', ['server', 'type']),
  hits: counter('coredns_dnssec_cache_hits_total', 'The count of cache hits.', ['server']),
  misses: counter('coredns_dnssec_cache_misses_total', 'The count of cache misses.', ['server']),
};
/** The Extended DNS Error of a question for a type that nobody may ask for (RFC 9824 section 4.1). */
const INVALID_QUERY_TYPE = { code: 30, text: 'NXNAME is no type to ask for' };
const CROWDED = failure(RCODE.SERVFAIL, new Error('too many queries wait for signatures'));

/** A zone is given away as it is. */
const isTransfer = (type: number): boolean => type === TYPE.AXFR || type === TYPE.IXFR;

/** Cells of one server, made when they are first counted. */
interface Counters {
  entries: number;
  hits: number;
  misses: number;
}

class Dnssec implements Part {
  readonly #settings: Settings;
  readonly #site: Site;
  readonly #zones: ServedZones;
  readonly #place = new Place();
  readonly #name = new Uint8Array(256);
  #run!: Run;
  #signers!: Signers;
  #kept!: KeptSignatures;
  #signer!: ReplySigner;
  #underWay!: UnderWay;
  /** The sheet of replies that are signed at once; one that somebody waits for is another. */
  #sheet = new Sheet();
  #counters!: PerServer<Counters>;

  constructor(settings: Settings, site: Site) {
    this.#settings = settings;
    this.#site = site;
    this.#zones = new ServedZones(settings.zones);
  }
  /** What is kept is found by keyed hashes, and the key is the same in each thread and after a reload. */
  #space(run: Run) {
    return run.space(this.#site, { keep: this.#site.fingerprint });
  }
  /** Keys that the server makes, or has from a cluster, are its own. */
  get rehearsal(): Rehearsal {
    const { own, secrets, zones } = this.#settings;
    return own === undefined && secrets.length === 0 ? 'as served' : knownToServer('dnssec', () => zones);
  }
  async control(run: Run): Promise<void> {
    const space = this.#space(run);
    const secret = space.note('dnssec hash');
    if (secret.read() === '') secret.write(randomBytes(16).toString('hex'));
    await Promise.all(this.#settings.files.map(async (file) => {
      const { mode } = await stat(file);
      if ((mode & 0o077) !== 0) run.log.prefix('dnssec').warning(`the private key ${file} can be read by others: chmod 600 ${file}`);
    }));
    const { secrets, own, zones } = this.#settings;
    if (own !== undefined) {
      const warn = (text: string): void => run.log.prefix('dnssec').warning(text);
      const texts = await ownKeys(own, zones, Math.floor(run.clock.wall() / 1000), warn).catch((error) => {
        throw pluginError('dnssec', error);
      });
      run.space(this.#site).note('dnssec keys').write(JSON.stringify(texts));
    }
    if (secrets.length > 0) run.space(this.#site).note('dnssec secrets').write(JSON.stringify(await fetchSecrets(secrets)));
  }
  start(run: Run): void {
    const { zones, capacity } = this.#settings;
    const keys = this.#keys(run);
    const space = this.#space(run);
    const mac = new Mac(Buffer.from(space.note('dnssec hash').read(), 'hex'));
    this.#run = run;
    const isOwn = this.#settings.own !== undefined;
    this.#signers = new Signers(zones, (zone) => (isOwn ? keys.filter(({ owner }) => owner.equals(zone)) : keys), mac);
    this.#kept = new KeptSignatures(space, capacity, mac);
    const pace = new Pace(run.clock);
    const { reading } = this.#site;
    const shop = { signers: this.#signers, kept: this.#kept, pace, reading, now: () => Math.floor(run.clock.wall() / 1000) };
    this.#signer = new ReplySigner(shop);
    this.#underWay = new UnderWay(shop);
    this.#counters = new PerServer(() => ({ entries: 0, hits: 0, misses: 0 }));
    if (run.thread === 0) run.metrics.whenAsked(run.signal, () => this.#tellEntries(run));
  }

  /** Those of files, of secrets, and those that are made here: what main found out stands in notes. */
  #keys(run: Run): readonly SigningKey[] {
    const { zones, keys, secrets, own } = this.#settings;
    const noted = (name: string) => JSON.parse(run.space(this.#site).note(name).read());
    if (own !== undefined) return keysOfTexts(noted('dnssec keys'));
    if (secrets.length === 0) return keys;
    const fetched = keysOfSecrets(secrets, noted('dnssec secrets'));
    checkOwners(fetched, zones);
    return [...keys, ...fetched];
  }

  #tellEntries({ metrics }: Run): void {
    const family = metrics.family(FAMILIES.entries);
    for (const { scheme, address, port } of this.#site.endpoints) {
      const labels = [label(scheme, address, port), 'signature'];
      if (family.has(labels)) metrics.values[family.cell(labels)] = this.#kept.count;
    }
  }

  handle(query: Query, next: Handler): Answer {
    if (query.class !== CLASS.IN || query.opcode !== 0 || isTransfer(query.type)) return next(query);
    const forKeys = query.type === TYPE.DNSKEY;
    if (!query.wantsDnssec && !forKeys) return next(query);
    if (!this.#zones.find(query, this.#place)) return next(query);
    if (forKeys && this.#place.labels === 0) return this.#dnskeys(query, this.#place.zone, next);
    if (!query.wantsDnssec) return next(query);
    if (query.type === TYPE.NXNAME && this.#settings.denial === 'compact') {
      query.extendedError = INVALID_QUERY_TYPE;
      return query.begin(0, RCODE.FORMERR);
    }
    return onReply(next(query), this.#sign, query);
  }
  /** DSEC-3: the keys are known here, whatever is said below. */
  #dnskeys(query: Query, { name }: ServedZone, next: Handler): Answer {
    const { dnskeys } = this.#signers.exactly(name)!;
    if (dnskeys.length === 0) return next(query);
    const reply = query.reply({ aa: true, answer: dnskeys });
    return query.wantsDnssec ? this.#sign(reply, query) : reply;
  }

  readonly #sign = (reply: Message, query: Query): Answer => {
    const kind = classify(reply, this.#run.clock);
    const records = reply.records();
    if (records === undefined || !this.#zones.find(query, this.#place)) return reply;
    const sheet = this.#sheet;
    sheet.additions.begin();
    try {
      if (kind === 'DELEGATION') this.#delegation(sheet, query, reply, records);
      else if (kind === 'NXDOMAIN' || kind === 'NODATA') this.#denial(sheet, query, reply, records, kind);
      else this.#signer.sets(sheet, reply, records);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      // Data that is not what its type says, from an upstream: nobody can sign it, and whoever asks sees what it is.
      this.#sheet = new Sheet();
      return reply;
    }
    return this.#finish(sheet, query, reply);
  };

  /** DSEC-8: what the parent says of the child's keys is signed, or denied; all else is the child's. */
  #delegation(sheet: Sheet, query: Query, reply: Message, records: Records): void {
    const { bytes, at, length } = reply;
    for (let r = records.authority; r < records.additional; r++) {
      if (u16(bytes, records.fixedAt[r]!) === TYPE.DS) return this.#signer.only(sheet, reply, records, r);
    }
    let ns = records.authority;
    while (u16(bytes, records.fixedAt[ns]!) !== TYPE.NS) ns++;
    const size = writeCanonicalName(bytes, records.ownerAt[ns]!, at + length, at, this.#name, 0);
    // A reply from elsewhere may refer to what the name is not below: then it is denied of the name itself.
    const asked = query.bytes.subarray(query.keyAt, query.keyAt + query.nameLength);
    const below = size >= this.#place.zone.bytes.length && isUnder(asked, asked.length, this.#name);
    this.#deny(sheet, query, 'signed delegation', AUTHORITY, u32(bytes, records.fixedAt[ns]! + 4), below ? size : query.nameLength);
  }
  /** DSEC-7: a denial is one that has the SOA of one of the zones, and nothing else. */
  #denial(sheet: Sheet, query: Query, reply: Message, records: Records, kind: ReplyType): void {
    const soa = records.authority;
    const { bytes, at, length } = reply;
    if (reply.answers > 0 || records.additional - soa !== 1 || u16(bytes, records.fixedAt[soa]!) !== TYPE.SOA) return;
    const size = writeCanonicalName(bytes, records.ownerAt[soa]!, at + length, at, this.#name, 0);
    const signer = this.#signers.of(this.#name.subarray(0, size));
    if (signer === undefined || signer.forOthers.length === 0) return;
    const ttl = u32(bytes, records.fixedAt[soa]! + 4);
    const { denial } = this.#settings;
    if (query.type === TYPE.NSEC && denial !== 'nsec3') {
      cut(reply, reply.questionEnd);
      this.#deny(sheet, query, kind === 'NXDOMAIN' ? 'name' : 'type', ANSWER, ttl, query.nameLength);
    } else {
      this.#signer.only(sheet, reply, records, soa);
      this.#deny(sheet, query, kind === 'NXDOMAIN' ? 'name' : 'type', AUTHORITY, ttl, query.nameLength);
    }
    if (denial !== 'nsec3') reply.rcode = RCODE.NOERROR;
  }
  #deny(sheet: Sheet, query: Query, denied: Denied, section: number, ttl: number, cutLength: number): void {
    const { zone } = this.#place;
    const signer = this.#signers.exactly(zone.name)!;
    if (signer.forOthers.length === 0) return;
    const name = query.bytes.slice(query.keyAt, query.keyAt + query.nameLength);
    const asked = { name, type: query.type, zone: zone.bytes.length, cut: cutLength };
    for (const record of denialOf(this.#settings.denial, denied, asked)) {
      this.#signer.denial(sheet, signer, section, record, ttl, query.nameLength);
    }
  }

  #finish(sheet: Sheet, query: Query, reply: Message): Answer {
    const { service } = query.channel;
    this.#count(service, sheet);
    if (sheet.missing.length === 0) {
      sheet.additions.into(reply);
      return reply;
    }
    this.#sheet = new Sheet();
    if (service.arena.mayWait) return this.#wait(sheet, query, reply);
    query.extendedError = { code: 0, text: 'too many queries wait for signatures' };
    return CROWDED;
  }
  async #wait(sheet: Sheet, query: Query, reply: Message): Promise<Outcome> {
    await this.#underWay.fill(sheet);
    return query.reading.within(() => {
      sheet.additions.into(reply);
      return reply;
    });
  }
  #count(server: { readonly label: string; readonly index: number }, sheet: Sheet): void {
    const { metrics } = this.#run;
    const { values } = metrics;
    const counters = this.#counters.of(server);
    const { label } = server;
    if (sheet.hits > 0) values[counters.hits ||= metrics.family(FAMILIES.hits).cell([label])]! += sheet.hits;
    if (sheet.misses > 0) values[counters.misses ||= metrics.family(FAMILIES.misses).cell([label])]! += sheet.misses;
    // From now on this server shows how many there are: main says it, for all threads have the same.
    counters.entries ||= metrics.family(FAMILIES.entries).cell([label, 'signature']);
    sheet.hits = 0;
    sheet.misses = 0;
  }
}

export default definePlugin({
  name: 'dnssec', metrics: { ...FAMILIES, waiting: WAITING }, parse: readSettings,
  create(settings, site) {
    const { whole, zones } = settings;
    return whole === undefined ? new Dnssec(settings, site) : new WholeZones(zones, whole, site);
  },
});
