// Zones and records that a resolver answers by itself, whatever the world says (RFC 6303, and what an owner decides). Knows names, kinds
// and records; asks nobody.
import { Name } from '../dns/name.ts';
import type { Question } from '../dns/parts.ts';
import { RCODE } from '../dns/rcode.ts';
import { parseRR, record } from '../dns/rr.ts';
import type { RR } from '../dns/rr.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';

/** What a zone does with names in it that have no records here, or with all of them. */
export type LocalKind = (typeof LOCAL_KINDS)[number];
/** All of them. */
export const LOCAL_KINDS = [
  'static', 'transparent', 'typetransparent', 'redirect', 'deny', 'refuse', 'nodefault', 'inform', 'inform_deny', 'inform_redirect',
  'block_a', 'always_transparent', 'always_refuse', 'always_nxdomain', 'always_nodata', 'always_deny', 'always_null',
] as const;

/** What is said to a question; `deny` says nothing. `alias`: the answer goes on with this name. */
export interface LocalAnswer {
  readonly kind: 'answer' | 'deny';
  readonly rcode: number;
  readonly answer: readonly RR[];
  readonly authority: readonly RR[];
  readonly alias: Name | undefined;
}

interface LocalZone {
  readonly name: Name;
  readonly kind: LocalKind;
}
/** Seconds of what is made up. */
const TTL = 10_800;
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

const LOOPBACK_REVERSE = Name.parse('127.in-addr.arpa.');

/** Local zones and their records. */
export class LocalZones {
  readonly #zones = new Map<string, LocalZone>();
  readonly #records = new Map<string, RR[]>();
  /** Names that have records, or names with records below them. */
  readonly #names = new Set<string>();

  /** `defaults`: with the empty zones that every resolver has, unless a zone of that name is given. */
  constructor(zones: readonly LocalZone[], records: readonly RR[], defaults: boolean) {
    for (const zone of zones) this.#zones.set(zone.name.key, zone);
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
    for (const rr of records) {
      if (this.#zoneOf(rr.name) === undefined) this.#zones.set(rr.name.key, { name: rr.name, kind: 'transparent' });
      this.#add(rr);
    }
  }
  #byDefault(name: Name, isOurs: (name: Name) => boolean): void {
    if (isOurs(name)) this.#zones.set(name.key, { name, kind: 'static' });
  }
  #add(rr: RR): void {
    const known = this.#records.get(rr.name.key);
    if (known === undefined) this.#records.set(rr.name.key, [rr]);
    else known.push(rr);
    for (let name: Name | undefined = rr.name; name !== undefined; name = name.parent) this.#names.add(name.key);
  }
  #zoneOf(name: Name): LocalZone | undefined {
    for (let at: Name | undefined = name; at !== undefined; at = at.parent) {
      const zone = this.#zones.get(at.key);
      if (zone !== undefined) return zone;
    }
    return undefined;
  }

  /** What is said here; undefined: the world is asked. */
  answer(question: Question): LocalAnswer | undefined {
    const from = question.type === TYPE.DS ? (question.name.parent ?? question.name) : question.name;
    const zone = question.class === CLASS.IN || question.class === CLASS.ANY ? this.#zoneOf(from) : undefined;
    if (zone === undefined || zone.kind === 'nodefault') return undefined;
    const { kind } = zone;
    if (kind.startsWith('always_')) return this.#always(kind, question);
    const at = kind === 'redirect' || kind === 'inform_redirect' ? zone.name : question.name;
    return this.#fromRecords(at, question) ?? this.#without(zone, question);
  }
  #always(kind: LocalKind, { name, type }: Question): LocalAnswer | undefined {
    switch (kind) {
      case 'always_transparent': return undefined;
      case 'always_refuse': return said(RCODE.REFUSED);
      case 'always_nxdomain': return said(RCODE.NXDOMAIN);
      case 'always_deny': return DENY;
      case 'always_null': {
        const size = type === TYPE.A ? 4 : type === TYPE.AAAA ? 16 : 0;
        return said(RCODE.NOERROR, size === 0 ? [] : [record(name, type, CLASS.IN, TTL, new Uint8Array(size))]);
      }
      default: return said(RCODE.NOERROR);
    }
  }
  #fromRecords(at: Name, { name, type }: Question): LocalAnswer | undefined {
    const own = this.#records.get(at.key);
    if (own === undefined) return undefined;
    const owned = (rr: RR): RR => (at === name ? rr : { ...rr, name });
    const set = own.filter((rr) => rr.type === type || type === TYPE.ANY).map(owned);
    if (set.length > 0) return said(RCODE.NOERROR, set);
    const cname = own.find((rr) => rr.type === TYPE.CNAME);
    return cname === undefined ? undefined : said(RCODE.NOERROR, [owned(cname)], [], Name.read(cname.rdata, 0));
  }
  /** For names and types that have no records here. */
  #without({ name: apex, kind }: LocalZone, { name, type }: Question): LocalAnswer | undefined {
    const exists = this.#names.has(name.key);
    const hasOwn = this.#records.has(name.key);
    switch (kind) {
      case 'deny': case 'inform_deny': return DENY;
      case 'refuse': return said(RCODE.REFUSED);
      case 'redirect': case 'inform_redirect': return this.#denial(apex, RCODE.NOERROR);
      case 'static': return this.#denial(apex, exists ? RCODE.NOERROR : RCODE.NXDOMAIN);
      case 'typetransparent': return undefined;
      case 'block_a': return type === TYPE.A ? this.#denial(apex, RCODE.NOERROR) : undefined;
      default: return hasOwn ? this.#denial(apex, RCODE.NOERROR) : undefined;
    }
  }
  #denial(apex: Name, rcode: number): LocalAnswer {
    const soa = this.#records.get(apex.key)?.find(({ type }) => type === TYPE.SOA);
    return said(rcode, [], soa === undefined ? [] : [soa]);
  }
}
