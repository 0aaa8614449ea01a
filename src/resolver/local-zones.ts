// Zones and records that a resolver answers by itself, whatever the world says (RFC 6303, and what an owner decides), for all or for some
// clients. Knows names, kinds, records and tags; asks nobody.
import type { CIDR } from '../dns/address.ts';
import { Name } from '../dns/name.ts';
import { u32 } from '../dns/packet.ts';
import type { Question } from '../dns/parts.ts';
import { RCODE } from '../dns/rcode.ts';
import { parseRR, record } from '../dns/rr.ts';
import type { RR } from '../dns/rr.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import { nearestOf } from './nearest.ts';

/** What a zone does with names in it that have no records here, or with all of them. */
export type LocalKind = (typeof LOCAL_KINDS)[number];
/** All of them. */
export const LOCAL_KINDS = [
  'static', 'transparent', 'typetransparent', 'redirect', 'deny', 'refuse', 'nodefault', 'inform', 'inform_deny', 'inform_redirect',
  'block_a', 'block_aaaa', 'block_a_wdata', 'block_aaaa_wdata', 'truncate', 'noview',
  'always_transparent', 'always_refuse', 'always_nxdomain', 'always_nodata', 'always_deny', 'always_null',
] as const;

/** What is said to a question; `deny` says nothing, `truncated` that TCP may hear more. `alias`: the answer goes on with this name. */
export interface LocalAnswer {
  readonly kind: 'answer' | 'deny' | 'truncated';
  readonly rcode: number;
  readonly answer: readonly RR[];
  readonly authority: readonly RR[];
  readonly alias: Name | undefined;
}

/** One zone. */
export interface LocalZone {
  readonly name: Name;
  readonly kind: LocalKind;
  /** IN where it is not said. */
  readonly class?: number;
  /** It is there for clients with one of these tags alone; for all where there are none. */
  readonly tags?: readonly string[];
  /** What else it is for clients in these networks. */
  readonly overrides?: readonly { readonly network: CIDR; readonly kind: LocalKind }[];
}
/** Who asks, as zones see it. */
export interface LocalClient {
  readonly address: Uint8Array;
  readonly tags: readonly string[];
  /** What zones with a tag are for it, and the data that they have; undefined and none where nothing is said. */
  readonly actions: ReadonlyMap<string, LocalKind>;
  readonly data: ReadonlyMap<string, readonly RR[]>;
}
/** Seconds of what is made up. */
const TTL = 3600;
/** Octets of a name. */
const LONGEST = 255;
/** Kinds that do not look for records. */
const BLIND: ReadonlySet<LocalKind> = new Set(
  ['block_a', 'block_aaaa', 'always_transparent', 'always_refuse', 'always_nxdomain', 'always_nodata', 'always_deny', 'always_null'],
);
const NO_RECORDS: readonly RR[] = [];
const DENY: LocalAnswer = { kind: 'deny', rcode: 0, answer: [], authority: [], alias: undefined };
const said = (rcode: number, answer: readonly RR[] = [], authority: readonly RR[] = [], alias?: Name): LocalAnswer =>
  ({ kind: 'answer', rcode, answer, authority, alias });

/** Reverse zones of addresses that mean nothing elsewhere (RFC 6303 section 4), and names for tests (RFC 6761). */
const EMPTY: readonly string[] = [
  '10.in-addr.arpa', ...Array.from({ length: 16 }, (_, i) => `${i + 16}.172.in-addr.arpa`), '168.192.in-addr.arpa', '0.in-addr.arpa',
  '254.169.in-addr.arpa', '2.0.192.in-addr.arpa', '100.51.198.in-addr.arpa', '113.0.203.in-addr.arpa', '255.255.255.255.in-addr.arpa',
  ...Array.from({ length: 64 }, (_, i) => `${i + 64}.100.in-addr.arpa`), `${'0.'.repeat(32)}ip6.arpa`, 'd.f.ip6.arpa', '8.e.f.ip6.arpa',
  '9.e.f.ip6.arpa', 'a.e.f.ip6.arpa', 'b.e.f.ip6.arpa', '8.b.d.0.1.0.0.2.ip6.arpa', 'test', 'invalid', 'onion', 'home.arpa',
];
const LOOPBACK: readonly string[] = ['localhost. 10800 IN A 127.0.0.1', 'localhost. 10800 IN AAAA ::1',
  '1.0.0.127.in-addr.arpa. 10800 IN PTR localhost.', `1.${'0.'.repeat(31)}ip6.arpa. 10800 IN PTR localhost.`];

/** What such a zone has at its apex (RFC 6303 section 3). */
const SOA = parseRR('. 10800 IN SOA localhost. nobody.invalid. 1 3600 1200 604800 10800')!;
const SERVER = parseRR('. 10800 IN NS localhost.')!;
const LOOPBACK_REVERSE = Name.parse('127.in-addr.arpa.');

/** Local zones and their records. */
export class LocalZones {
  readonly #zones = new Map<string, LocalZone>();
  readonly #records = new Map<string, RR[]>();
  /** Names that have records, or names with records below them. */
  readonly #names = new Set<string>();
  /** Whether there are records of other classes than IN. */
  readonly hasOtherClasses: boolean;

  /** `defaults`: with the empty zones that every resolver has, unless a zone of that name is given. */
  constructor(zones: readonly LocalZone[], records: readonly RR[], defaults: boolean) {
    for (const zone of zones) this.#zones.set(keyOf(zone.name, zone.class ?? CLASS.IN), zone);
    const isOurs = (name: Name): boolean => !zones.some((zone) => name.isUnder(zone.name));
    if (defaults) {
      for (const text of EMPTY) this.#byDefault(Name.parse(text), isOurs);
      for (const text of LOOPBACK) {
        const rr = parseRR(text)!;
        const zone = rr.name.isUnder(LOOPBACK_REVERSE) ? LOOPBACK_REVERSE : rr.name;
        if (!isOurs(zone)) continue;
        this.#byDefault(zone, isOurs);
        this.#add(rr);
      }
    }
    this.hasOtherClasses = records.some((rr) => rr.class !== CLASS.IN);
    for (const rr of records) {
      if (this.#zoneOf(rr.name, rr.class, undefined, true) === undefined) {
        this.#zones.set(keyOf(rr.name, rr.class), { name: rr.name, kind: 'transparent' });
      }
      this.#add(rr);
    }
  }
  #byDefault(name: Name, isOurs: (name: Name) => boolean): void {
    if (!isOurs(name)) return;
    this.#zones.set(keyOf(name, CLASS.IN), { name, kind: 'static' });
    this.#add({ ...SOA, name });
    this.#add({ ...SERVER, name });
  }
  #add(rr: RR): void {
    const key = keyOf(rr.name, rr.class);
    const known = this.#records.get(key);
    if (known === undefined) this.#records.set(key, [rr]);
    else known.push(rr);
    for (let name: Name | undefined = rr.name; name !== undefined; name = name.parent) this.#names.add(keyOf(name, rr.class));
  }
  /** The nearest one that is there for the client, or at all. */
  #zoneOf(name: Name, klass: number, client: LocalClient | undefined, anyone = false): LocalZone | undefined {
    for (let at: Name | undefined = name; at !== undefined; at = at.parent) {
      const zone = this.#zones.get(keyOf(at, klass));
      if (zone !== undefined && (anyone || isFor(zone, client))) return zone;
    }
    return undefined;
  }

  /** What is said here to a client; undefined: the world is asked. */
  answer(question: Question, client?: LocalClient): LocalAnswer | undefined {
    const from = question.type === TYPE.DS ? (question.name.parent ?? question.name) : question.name;
    const klass = question.class === CLASS.ANY ? CLASS.IN : question.class;
    const zone = this.#zoneOf(from, klass, client);
    if (zone === undefined) return undefined;
    const { kind, data } = seenBy(zone, client);
    if (kind === 'nodefault' || kind === 'noview') return undefined;
    const own = BLIND.has(kind) ? undefined : this.#own(zone, kind, data, question);
    return own ?? this.#always(kind, question) ?? this.#without(zone, kind, question);
  }
  #own({ name: apex }: LocalZone, kind: LocalKind, data: readonly RR[], question: Question): LocalAnswer | undefined {
    const isRedirected = kind === 'redirect' || kind === 'inform_redirect';
    const found = isRedirected ? fromRecords(data, apex, question) : undefined;
    const at = isRedirected ? apex : question.name;
    return found ?? fromRecords(this.#records.get(keyOf(at, question.class)) ?? NO_RECORDS, at, question);
  }
  #always(kind: LocalKind, { name, type }: Question): LocalAnswer | undefined {
    switch (kind) {
      case 'refuse': case 'always_refuse': return said(RCODE.REFUSED);
      case 'deny': case 'inform_deny': case 'always_deny': return DENY;
      case 'always_null': {
        const size = type === TYPE.A ? 4 : type === TYPE.AAAA ? 16 : 0;
        return said(RCODE.NOERROR, size === 0 ? [] : [record(name, type, CLASS.IN, TTL, new Uint8Array(size))]);
      }
      case 'block_a': case 'block_a_wdata': return type === TYPE.A ? said(RCODE.NOERROR) : undefined;
      case 'block_aaaa': case 'block_aaaa_wdata': return type === TYPE.AAAA ? said(RCODE.NOERROR) : undefined;
      default: return undefined;
    }
  }
  /** For names and types that have no records here. */
  #without({ name: apex }: LocalZone, kind: LocalKind, { name, class: klass }: Question): LocalAnswer | undefined {
    const key = keyOf(name, klass);
    switch (kind) {
      case 'redirect': case 'inform_redirect': case 'always_nodata': return this.#denial(apex, klass, RCODE.NOERROR);
      case 'truncate': return { ...this.#denial(apex, klass, RCODE.NOERROR), kind: 'truncated' };
      case 'always_nxdomain': return this.#denial(apex, klass, RCODE.NXDOMAIN);
      case 'static': return this.#denial(apex, klass, this.#names.has(key) ? RCODE.NOERROR : RCODE.NXDOMAIN);
      case 'transparent': case 'inform': return this.#records.has(key) ? this.#denial(apex, klass, RCODE.NOERROR) : undefined;
      default: return undefined;
    }
  }
  /** With the SOA of the zone, for as long as a denial may be kept (RFC 2308 section 3). */
  #denial(apex: Name, klass: number, rcode: number): LocalAnswer {
    const soa = this.#records.get(keyOf(apex, klass))?.find(({ type }) => type === TYPE.SOA);
    if (soa === undefined) return said(rcode);
    return said(rcode, [], [{ ...soa, ttl: Math.min(soa.ttl, u32(soa.rdata, soa.rdata.length - 4)) }]);
  }
}

const keyOf = (name: Name, klass: number): string => `${klass}/${name.key}`;
const isFor = ({ tags = [] }: LocalZone, client: LocalClient | undefined): boolean =>
  tags.length === 0 || tags.some((tag) => client?.tags.includes(tag) === true);

/** What a zone is for a client: by the nearest network, by the first common tag of which something is said, or what it is for all. */
function seenBy(zone: LocalZone, client: LocalClient | undefined): { readonly kind: LocalKind; readonly data: readonly RR[] } {
  const { kind, tags = [], overrides = [] } = zone;
  if (client === undefined) return { kind, data: NO_RECORDS };
  const nearest = nearestOf(overrides, client.address);
  if (nearest !== undefined) return { kind: nearest.kind, data: NO_RECORDS };
  const common = tags.filter((tag) => client.tags.includes(tag));
  const tag = common.find((each) => client.actions.has(each)) ?? common.at(-1);
  if (tag === undefined) return { kind, data: NO_RECORDS };
  return { kind: client.actions.get(tag) ?? kind, data: client.data.get(tag) ?? NO_RECORDS };
}
/** The records of a name that are asked for, under the name that was, or the alias that it has. */
function fromRecords(own: readonly RR[], at: Name, { name, type }: Question): LocalAnswer | undefined {
  if (own.length === 0) return undefined;
  const owned = (rr: RR): RR => (at === name ? rr : { ...rr, name });
  const set = own.filter((rr) => rr.type === type || type === TYPE.ANY).map(owned);
  if (set.length > 0) return said(RCODE.NOERROR, set);
  const cname = own.find((rr) => rr.type === TYPE.CNAME);
  if (cname === undefined) return undefined;
  const target = expanded(Name.read(cname.rdata, 0), name);
  return target === undefined ? said(RCODE.YXDOMAIN) : said(RCODE.NOERROR, [{ ...owned(cname), rdata: target.octets }], [], target);
}
/** `*.zone.` as the target of an alias: the name that was asked for, under that zone; undefined where that is too long. */
function expanded(target: Name, name: Name): Name | undefined {
  if (!target.raw.startsWith('\x01*')) return target;
  const raw = name.raw.slice(0, -1) + target.raw.slice(2);
  return raw.length > LONGEST ? undefined : Name.wire(raw);
}
