// What secure denials say of other names than those that were asked for (RFC 8198): NSEC and NSEC3 of zones in order, and the answers that
// follow from them. Knows proofs and their order; asks nobody.
import type { Name } from '../dns/name.ts';
import type { Question } from '../dns/parts.ts';
import { RCODE } from '../dns/rcode.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import { signedLabels } from '../dnssec/canonical.ts';
import { HASH_LENGTH, HASHED_LABEL, hashName, writeHashedLabel } from '../dnssec/hashed-name.ts';
import { HashedDenials } from '../dnssec/validate/nsec3.ts';
import { closestEncloser, denies, provesNoData, provesNoName } from '../dnssec/validate/nsec.ts';
import { wildcardOf } from '../dnssec/validate/proof.ts';
import type { Denial } from '../dnssec/validate/proof.ts';
import { signerOf } from '../dnssec/validate/signed-set.ts';
import type { KeptSet } from './kept-set.ts';
import type { Step } from './step.ts';
import { SpanOrder } from './span-order.ts';

/** Zones whose denials are kept, and denials of all of them. */
const MOST_ZONES = 10_000, MOST_SPANS = 100_000;
/** An NSEC3 that covers less than one in so many names is not worth its room: hardly anybody asks for what it denies. */
const NARROWEST = 2000;
/** How long a zone whose denials contradict its records is asked itself, in milliseconds. */
const OFF = 3_600_000;

/** A denial and until when it counts: no longer than the answer that it stood in (RFC 9077). */
interface Span {
  readonly set: KeptSet;
  readonly until: number;
}
/** Those of one zone. */
class ZoneSpans {
  readonly plain = new SpanOrder<Span>();
  hashed = new SpanOrder<Span>();
  /** Salt and iterations of the hashes. */
  parameters: { readonly text: string; readonly salt: Uint8Array; readonly iterations: number } | undefined;
  soa: Span | undefined;
  offUntil = 0;
}

/** Denials of all zones. */
export class Denials {
  readonly #zones = new Map<string, ZoneSpans>();
  readonly #now: () => number;
  readonly #mostIterations: number;
  #spans = 0;

  constructor(now: () => number, mostIterations: number) {
    this.#now = now;
    this.#mostIterations = mostIterations;
  }

  /** Remembers what a secure denial says beyond its question. */
  learn({ authority, until }: Step): void {
    for (const set of authority) {
      if (set.security !== 'secure' || set.class !== CLASS.IN || set.data.length !== 1) continue;
      const signer = signerOf(set);
      if (signer === undefined) continue;
      const span = { set, until: Math.min(set.until, until) };
      if (set.type === TYPE.SOA) this.#zone(signer).soa = span;
      else if (set.type === TYPE.NSEC) this.#put(this.#zone(signer).plain, orderKey(set.name), span);
      else if (set.type === TYPE.NSEC3) this.#putHashed(this.#zone(signer), signer, span);
    }
  }
  /** The SOA of the zone that signed a denial, where it is known. */
  soaOf({ authority }: Step): KeptSet | undefined {
    const signer = authority.map(signerOf).find((each) => each !== undefined);
    const soa = signer && this.#zones.get(signer.key)?.soa;
    return soa !== undefined && soa.until > this.#now() ? soa.set : undefined;
  }
  #zone({ key }: Name): ZoneSpans {
    let zone = this.#zones.get(key);
    if (zone !== undefined) return zone;
    if (this.#zones.size >= MOST_ZONES || this.#spans >= MOST_SPANS) this.#drop();
    this.#zones.set(key, zone = new ZoneSpans());
    return zone;
  }
  /** The zone that is known for the longest time makes room. */
  #drop(): void {
    const [key, zone] = this.#zones.entries().next().value!;
    this.#spans -= zone.plain.count + zone.hashed.count;
    this.#zones.delete(key);
  }
  #put(order: SpanOrder<Span>, key: string, span: Span): void {
    const before = order.count;
    order.put(key, span);
    this.#spans += order.count - before;
  }
  #putHashed(zone: ZoneSpans, apex: Name, span: Span): void {
    const { name, data: [data] } = span.set;
    const [label = ''] = name.folded.split();
    // Opt-out says nothing about unsigned names, and what is beside the zone is not its own.
    if (data === undefined || data.length < 6 + HASH_LENGTH || data[0] !== 1 || data[1] !== 0 || label.length !== HASHED_LABEL
      || name.labels !== apex.labels + 1 || isNarrow(label, data.subarray(6 + data[4]!))) return;
    const iterations = (data[2]! << 8) | data[3]!;
    const text = Buffer.from(data.subarray(2, 5 + data[4]!)).toString('hex');
    if (iterations > this.#mostIterations) return;
    if (zone.parameters?.text !== text) {
      this.#spans -= zone.hashed.count;
      zone.hashed = new SpanOrder();
      zone.parameters = { text, salt: data.slice(5, 5 + data[4]!), iterations };
    }
    this.#put(zone.hashed, label, span);
  }

  /** A zone that says that a name is there which it denied is asked itself from now on. */
  contradict({ name, type, signatures }: KeptSet): void {
    const signer = type === TYPE.NSEC || type === TYPE.NSEC3 ? undefined : signerOf({ name, signatures });
    const zone = signer === undefined ? undefined : this.#zones.get(signer.key);
    if (zone === undefined || zone.plain.count === 0) return;
    const span = zone.plain.before(orderKey(name));
    if (span === undefined || span.until <= this.#now()) return;
    if (isOfWildcard(name, signatures) || !denies(denial(span), name, type)) return;
    this.#spans -= zone.plain.count + zone.hashed.count;
    const off = new ZoneSpans();
    off.offUntil = this.#now() + OFF;
    this.#zones.set(signer!.key, off);
  }

  /** What follows for a question; undefined where nothing does. Only zones at or below `above` count. */
  step({ name, type, class: klass }: Question, above: Name): Step | undefined {
    if (this.#zones.size === 0 || klass !== CLASS.IN || type === TYPE.RRSIG) return undefined;
    for (let at = type === TYPE.DS ? name.parent : name; at?.isUnder(above) === true; at = at.parent) {
      const zone = this.#zones.get(at.key);
      if (zone === undefined) continue;
      if (zone.offUntil > this.#now() || zone.soa === undefined || zone.soa.until <= this.#now()) return undefined;
      return this.#plain(zone, name, type) ?? this.#hashed(zone, at, name, type);
    }
    return undefined;
  }
  #alive(span: Span | undefined): Span[] {
    return span === undefined || span.until <= this.#now() ? [] : [span];
  }
  #plain(zone: ZoneSpans, name: Name, type: number): Step | undefined {
    const [own] = this.#alive(zone.plain.before(orderKey(name)));
    if (own === undefined) return undefined;
    const wildcard = wildcardOf(closestEncloser(denial(own), name));
    const other = wildcard === undefined ? [] : this.#alive(zone.plain.before(orderKey(wildcard)));
    const spans = other[0] === own ? [own] : [own, ...other];
    const sets = spans.map(denial);
    if (provesNoName(sets, name) === 'proven') return this.#said(zone, spans, RCODE.NXDOMAIN);
    return type !== TYPE.ANY && provesNoData(sets, name, type) === 'proven' ? this.#said(zone, spans, RCODE.NOERROR) : undefined;
  }
  #hashed(zone: ZoneSpans, apex: Name, name: Name, type: number): Step | undefined {
    const { parameters } = zone;
    if (parameters === undefined || zone.hashed.count === 0) return undefined;
    const found = new Set<Span>();
    const look = (wanted: Name): boolean => {
      const label = hashedLabel(wanted, parameters.salt, parameters.iterations);
      const [span] = this.#alive(zone.hashed.before(label));
      if (span !== undefined) found.add(span);
      return span?.set.name.folded.split()[0] === label;
    };
    let encloser: Name | undefined;
    for (let at: Name | undefined = name; encloser === undefined && at?.isUnder(apex) === true; at = at.parent) if (look(at)) encloser = at;
    if (encloser === undefined) return undefined;
    const wildcard = encloser === name ? undefined : wildcardOf(encloser);
    if (wildcard !== undefined) look(wildcard);
    const used = [...found];
    const proofs = new HashedDenials(used.map(denial), this.#mostIterations);
    if (proofs.provesNoName(name) === 'proven') return this.#said(zone, used, RCODE.NXDOMAIN);
    return type !== TYPE.ANY && proofs.provesNoData(name, type) === 'proven' ? this.#said(zone, used, RCODE.NOERROR) : undefined;
  }
  #said({ soa }: ZoneSpans, spans: readonly Span[], rcode: number): Step {
    const all = [soa!, ...spans];
    return { kind: rcode === RCODE.NXDOMAIN ? 'nxdomain' : 'nodata', rcode, answer: [], authority: all.map(({ set }) => set),
      target: undefined, came: this.#now(), until: Math.min(...all.map(({ until }) => until)), security: 'secure' };
  }
}

/** Whether what was signed has another name. */
const isOfWildcard = (name: Name, signatures: readonly Uint8Array[]): boolean =>
  signatures.some((rrsig) => (rrsig[3] ?? 0) < signedLabels(name.octets));
const denial = ({ set: { name, data } }: Span): Denial => ({ name, data: data[0]! });

/** A text whose order is that of names (RFC 4034 section 6.1): labels from the right, each ended by 0, which within one is written 1 1. */
function orderKey(name: Name): string {
  const escaped = (label: string): string => label.replaceAll('\x01', '\x01\x02').replaceAll('\0', '\x01\x01');
  return name.folded.split().reverse().map((label) => `${escaped(label)}\0`).join('');
}
function hashedLabel(name: Name, salt: Uint8Array, iterations: number): string {
  const hash = new Uint8Array(HASH_LENGTH);
  const label = Buffer.alloc(HASHED_LABEL);
  hashName(name.octets, 0, salt, iterations, hash, 0);
  writeHashedLabel(hash, 0, label, 0);
  return label.toString('latin1');
}
/** Whether the span from a hash to the next is smaller than one in NARROWEST; the first 40 bits say that. */
function isNarrow(label: string, next: Uint8Array): boolean {
  const from = parseInt(label.slice(0, 8), 32);
  const to = Buffer.from(next.subarray(0, 5)).readUIntBE(0, 5);
  const width = to > from ? to - from : to - from + 2 ** 40;
  return width < 2 ** 40 / NARROWEST;
}
