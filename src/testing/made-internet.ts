// An internet of a test's own: zones as text, each at the addresses of its servers, signed where the test says so, and servers that break
// rules. A resolver asks it in place of sockets. Knows zones and questions; knows no resolver.
import { decodeMessage, encodeMessage } from '../dns/message.ts';
import { Name } from '../dns/name.ts';
import { edns } from '../dns/opt.ts';
import type { EdnsOption } from '../dns/opt.ts';
import { compareNames } from '../dns/order.ts';
import { AA, QR, TC, message } from '../dns/parts.ts';
import type { Parts, Question } from '../dns/parts.ts';
import { RCODE } from '../dns/rcode.ts';
import { parseRR, record } from '../dns/rr.ts';
import type { RR } from '../dns/rr.ts';
import { CLASS, TYPE, typeName } from '../dns/type-name.ts';
import { algorithmNamed } from '../dnssec/algorithm.ts';
import { SHA256, delegationData } from '../dnssec/delegation.ts';
import { generateKey } from '../dnssec/signing-key.ts';
import type { SigningKey } from '../dnssec/signing-key.ts';
import { bitmapOf } from '../dnssec/type-bitmap.ts';
import type { ServerNetwork } from '../resolver/exchange.ts';
import type { ServerAddress } from '../resolver/settings.ts';

/** What a server says: parts of a reply, or nothing at all. */
export type Said = (Partial<Pick<Parts, 'answer' | 'authority' | 'additional' | 'flags' | 'rcode'>>
  & { readonly options?: readonly EdnsOption[]; readonly question?: Question | undefined }) | undefined;
/** A server; its reply is a zone's where it is one. */
export type MadeServer = (question: Question, tcp: boolean, options: readonly EdnsOption[]) => Said;

/** Signatures of the test hold for the year before and after this moment, in seconds since 1970. */
export const SIGNED_AT = 1_800_000_000;
const YEAR = 31_536_000;

/** A zone of text, an owner, TTL, type and data a line; `key` signs it, with NSEC. */
export class MadeZone {
  readonly apex: Name;
  readonly key: SigningKey | undefined;
  /** The middle of the time for which it is signed. */
  readonly #at: number;
  readonly #records: RR[] = [];
  readonly #names: Name[];

  constructor(apex: string, lines: readonly string[], signed = false, at = SIGNED_AT) {
    this.#at = at;
    this.apex = Name.parse(apex);
    const soa = `${apex} 300 IN SOA ns.${apex === '.' ? '' : apex} h. 1 2 3 4 60`;
    for (const line of [soa, ...lines]) this.#records.push(parseRR(line, { origin: this.apex })!);
    this.key = signed ? generateKey(this.apex, algorithmNamed('ECDSAP256SHA256')!, 257, 300) : undefined;
    if (this.key !== undefined) this.#records.push(record(this.apex, TYPE.DNSKEY, CLASS.IN, 300, this.key.data));
    this.#names = this.#existing();
    if (this.key !== undefined) this.#chain();
  }
  /** The DS line for a parent. */
  get ds(): string {
    const data = delegationData(this.apex.octets, this.key!.data, SHA256);
    return `${this.apex.text} 300 IN DS \\# ${data.length} ${Buffer.from(data).toString('hex')}`;
  }
  /** Names with records that are the zone's, in order. */
  #existing(): Name[] {
    const names = new Map(this.#records.filter(({ name }) => !this.#isGlue(name)).map(({ name }) => [name.key, name.folded]));
    return [...names.values()].sort(compareNames);
  }
  #isGlue(name: Name): boolean {
    return this.#records.some((rr) => rr.type === TYPE.NS && !rr.name.equals(this.apex) && name.isUnder(rr.name) && !name.equals(rr.name));
  }
  #chain(): void {
    this.#names.forEach((name, i) => {
      const types = new Set([...this.#records.filter((rr) => rr.name.equals(name)).map(({ type }) => type), TYPE.NSEC, TYPE.RRSIG]);
      const next = this.#names[(i + 1) % this.#names.length]!;
      this.#records.push(record(name, TYPE.NSEC, CLASS.IN, 60, Buffer.concat([next.octets, bitmapOf([...types])])));
    });
  }
  /** The set of a name and type, with its signature; `owner` where a wildcard stands for it. */
  set(name: Name, type: number, owner: Name = name): RR[] {
    const set = this.#records.filter((rr) => rr.type === type && rr.name.equals(name));
    const [first] = set;
    if (first === undefined) return [];
    const isCut = !name.equals(this.apex) && this.#records.some((rr) => rr.type === TYPE.NS && rr.name.equals(name));
    const isOurs = type === TYPE.DS || type === TYPE.NSEC || !isCut;
    const own = set.map((rr) => (owner === name ? rr : { ...rr, name: owner }));
    if (this.key === undefined || !isOurs) return own;
    const data = set.map(({ rdata }) => rdata);
    const signature = this.key.signSet({ owner: name.octets, type, class: CLASS.IN, ttl: first.ttl, data },
      { inception: this.#at - YEAR, expiration: this.#at + YEAR });
    return [...own, record(owner, TYPE.RRSIG, CLASS.IN, first.ttl, signature)];
  }
  /** All that the zone has, its own with signatures and what it has beside: of each name in order, types by number. */
  everything(): RR[] {
    const names = [...new Map(this.#records.map(({ name }) => [name.key, name.folded])).values()].sort(compareNames);
    return names.flatMap((name) => {
      const types = [...new Set(this.#records.filter((rr) => rr.name.equals(name)).map(({ type }) => type))];
      return types.flatMap((type) => (this.#isGlue(name) ? this.#records.filter((rr) => rr.type === type && rr.name.equals(name))
        : this.set(name, type))).sort((one, other) => one.type - other.type);
    });
  }
  #nsec(name: Name): RR[] {
    if (this.key === undefined) return [];
    const before = this.#names.filter((each) => compareNames(each, name) <= 0).at(-1) ?? this.#names.at(-1)!;
    return this.set(before, TYPE.NSEC);
  }

  /** The reply of the zone's server (RFC 1034 section 4.3.2). */
  answer({ name, type }: Question): Said {
    const cut = this.#cutOf(name, type);
    if (cut !== undefined) return this.#referral(cut);
    const own = this.set(name, type);
    if (own.length > 0) return { flags: AA, answer: own };
    const cname = this.set(name, TYPE.CNAME);
    if (cname.length > 0) return { flags: AA, answer: cname };
    const exists = this.#names.some((each) => each.isUnder(name));
    if (exists) return { flags: AA, authority: [...this.set(this.apex, TYPE.SOA), ...this.#nsec(name)] };
    return this.#wild(name, type);
  }
  #wild(name: Name, type: number): Said {
    for (let above = name.parent; above?.isUnder(this.apex) === true; above = above.parent) {
      const wildcard = Name.wire(`\x01*${above.raw}`);
      const made = [...this.set(wildcard, type, name), ...this.set(wildcard, TYPE.CNAME, name)];
      if (made.length > 0) return { flags: AA, answer: made, authority: this.#nsec(name) };
      if (this.#names.some((each) => each.equals(wildcard))) {
        return { flags: AA, authority: [...this.set(this.apex, TYPE.SOA), ...this.#nsec(name), ...this.#nsec(wildcard)] };
      }
      if (this.#names.some((each) => each.isUnder(above))) {
        const proofs = [...this.#nsec(name), ...this.#nsec(wildcard)]
          .filter((rr, i, all) => all.findIndex((has) => has.name.equals(rr.name) && has.type === rr.type) === i);
        return { flags: AA, rcode: RCODE.NXDOMAIN, authority: [...this.set(this.apex, TYPE.SOA), ...proofs] };
      }
    }
    return { rcode: RCODE.REFUSED };
  }
  #cutOf(name: Name, type: number): Name | undefined {
    return this.#records.find((rr) => rr.type === TYPE.NS && !rr.name.equals(this.apex) && name.isUnder(rr.name)
      && !(type === TYPE.DS && name.equals(rr.name)))?.name;
  }
  #referral(cut: Name): Said {
    const ds = this.set(cut, TYPE.DS);
    const servers = this.set(cut, TYPE.NS);
    const addresses = this.#records.filter(({ type }) => type === TYPE.A || type === TYPE.AAAA);
    const targets = servers.filter(({ type }) => type === TYPE.NS).map(({ rdata }) => Name.read(rdata, 0));
    const additional = targets.flatMap((target) => addresses.filter(({ name }) => name.equals(target)));
    return { authority: [...servers, ...(ds.length > 0 ? ds : this.#nsec(cut))], additional };
  }
}

/** The servers by their addresses. */
export class MadeInternet implements ServerNetwork {
  readonly #servers = new Map<string, MadeServer[]>();
  /** What was asked since this was read last: `192.0.2.1 www.a.test. A`. */
  asked: string[] = [];

  /** Puts zones or a server at an address; with several the zone that is nearest to the name answers. */
  at(address: string, ...servers: readonly (MadeZone | MadeServer)[]): this {
    const zones = servers.filter((each) => each instanceof MadeZone);
    const nearest: MadeServer = (question) => {
      const from = question.type === TYPE.DS ? (question.name.parent ?? question.name) : question.name;
      const [zone] = zones.filter(({ apex }) => from.isUnder(apex)).sort((a, b) => b.apex.labels - a.apex.labels);
      return zone === undefined ? { rcode: RCODE.REFUSED } : zone.answer(question);
    };
    this.#servers.set(address, [...servers.filter((each) => typeof each === 'function'), ...(zones.length > 0 ? [nearest] : [])]);
    return this;
  }
  exchange(
    { address }: ServerAddress, query: Uint8Array, tcp: boolean, _patience: number, isIt: (reply: Uint8Array) => boolean,
  ): Promise<Uint8Array | undefined> {
    const { id, question, edns: opt } = decodeMessage(query);
    this.asked.push(`${address} ${question!.name.text} ${typeName(question!.type)}${tcp ? ' tcp' : ''}`);
    const said = this.#servers.get(address)?.map((server) => server(question!, tcp, opt?.options ?? [])).find((each) => each !== undefined);
    if (said === undefined) return Promise.resolve(undefined);
    const parts = message({ ...said, id, question: said.question ?? question, flags: QR | (said.flags ?? 0),
      edns: edns(1232, true, said.options) });
    const reply = encodeMessage(parts, { compress: true });
    return Promise.resolve(isIt(reply) ? reply : undefined);
  }
}
/** A server that says it all over TCP alone. */
export const cutOverUdp = (zone: MadeZone): MadeServer => (question, tcp) => (tcp ? zone.answer(question) : { flags: TC | AA });
