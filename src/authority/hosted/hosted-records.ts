// The records of a zone as an API of a cloud gives them, text by text, into a scratch: what cannot be used is left out alone, and named.
// Knows texts and the zone; knows no API.
import { latin1 } from '../../dns/latin1.ts';
import { Name } from '../../dns/name.ts';
import { parseRR } from '../../dns/rr.ts';
import { TYPE, typeByName } from '../../dns/type-name.ts';
import { ALIAS_TTL, FLAT_ALIAS, flatAlias } from '../flat-alias.ts';
import type { Scratch } from '../zone/scratch.ts';

/** How many of those that are left out are named. */
const NAMED = 5;

/** What one fetch gives. */
export class HostedRecords {
  readonly #zone: Name;
  readonly #scratch: Scratch;
  readonly #seen = new Set<string>();
  readonly #ttls = new Map<string, number>();
  readonly #records: { readonly owner: number; readonly type: number; readonly set: string; readonly rdata: Uint8Array }[] = [];
  readonly #left: string[] = [];
  readonly #chosen = new Set<string>();
  #count = 0;

  constructor(zone: Name, scratch: Scratch) {
    this.#zone = zone;
    this.#scratch = scratch;
  }

  /**
   * A record: its owner as text with or without the last dot, its type as a word, and its data as in a master file, where a name without a
   * last dot is whole. Of a set that comes in parts the lowest TTL counts, and what is said twice is one.
   */
  add(owner: string, type: string, ttl: number, data: string): void {
    const name = Name.maybe(owner.endsWith('.') ? owner : `${owner}.`);
    if (name === undefined) return this.leave(owner, type, 'its name is none');
    if (!Number.isInteger(ttl) || ttl < 0 || ttl > 0x7fffffff) return this.leave(owner, type, `its TTL is ${ttl}`);
    let rdata: Uint8Array, number: number;
    try {
      const record = parseRR(`. ${ttl} IN ${type} ${data}`)!;
      rdata = record.rdata;
      number = record.type;
    } catch (error) {
      return this.leave(owner, type, (error as Error).message);
    }
    const { octets } = name;
    const handle = this.#scratch.owner(octets, octets.length);
    if (handle < 0) return this.leave(owner, type, `it is not in ${this.#zone.text}`);
    const set = `${name.key} ${number}`;
    const known = `${set} ${latin1(rdata, 0, rdata.length)}`;
    this.#ttls.set(set, Math.min(ttl, this.#ttls.get(set) ?? ttl));
    if (this.#seen.has(known)) return;
    this.#seen.add(known);
    this.#records.push({ owner: handle, type: number, set, rdata });
  }
  /** An alias that is told as what is behind it: the first one of a name and type. */
  alias(owner: string, type: string, target: string): void {
    const name = Name.maybe(owner.endsWith('.') ? owner : `${owner}.`), to = Name.maybe(target.endsWith('.') ? target : `${target}.`);
    const number = typeByName(type);
    if (name === undefined || to === undefined || number === undefined || number === TYPE.CNAME) {
      return this.leave(owner, type, `it is an alias of ${target}`);
    }
    const handle = this.#scratch.owner(name.octets, name.octets.length);
    if (handle < 0) return this.leave(owner, type, `it is not in ${this.#zone.text}`);
    const known = `${name.key} ${number} alias`;
    if (this.#seen.has(known)) return this.leave(owner, type, `it is another alias, of ${target}`);
    this.#seen.add(known);
    const set = `${name.key} ${FLAT_ALIAS}`;
    this.#ttls.set(set, ALIAS_TTL);
    this.#records.push({ owner: handle, type: FLAT_ALIAS, set, rdata: flatAlias(number, to) });
  }
  /** One that cannot be used, and why. */
  leave(owner: string, type: string, why: string): void {
    this.#count++;
    if (this.#left.length >= NAMED) return;
    // One line of the log, whatever the API gave.
    this.#left.push(`${Name.maybe(owner)?.text ?? owner} ${type}: ${why}`.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' '));
  }

  /** A set of which the cloud answers one value or another, by a policy: here all of them are answered. */
  choose(owner: string, type: string, policy: string): void {
    this.#chosen.add(`${Name.maybe(owner)?.text ?? owner} ${type} (${policy})`.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' '));
  }
  /** What has such a policy, for people; empty where nothing has. */
  get chosen(): string {
    const more = this.#chosen.size - NAMED;
    return [...this.#chosen].slice(0, NAMED).join(', ') + (more > 0 ? `, and ${more} more` : '');
  }

  /** All of it was fetched: the scratch gets it. */
  fill(): void {
    for (const { owner, type, set, rdata } of this.#records) this.#scratch.add(owner, type, this.#ttls.get(set)!, rdata, rdata.length);
  }
  /** What was left out, for people; empty where all was used. */
  get left(): string {
    const more = this.#count - this.#left.length;
    return this.#left.join('; ') + (more > 0 ? `; and ${more} more` : '');
  }
}
