// Local zones and local data of an unbound.conf as lines of *template*: what Unbound answers by itself. Knows what each kind of zone does;
// knows
// no client.
import { parseAddress } from '../../dns/address.ts';
import { reverseName } from '../../dns/reverse.ts';
import { parseRR, printRdata } from '../../dns/rr.ts';
import { typeName } from '../../dns/type-name.ts';
import { nearest, plainName } from '../names.ts';
import type { Fate, Line } from '../outcome.ts';
import { endLines, recordLines, safeData, wildcardLines } from '../records.ts';
import type { LocalRecord, Wildcard } from '../records.ts';
import type { Setting } from './read.ts';

/** What is said for a zone, where no data says otherwise; `open` zones are resolved. */
type Meaning = 'open' | 'nxdomain' | 'nodata' | 'refused' | 'drop' | 'null' | 'redirect' | 'static' | 'block_a';
const KINDS: Readonly<Record<string, { readonly meaning: Meaning; readonly isBare?: boolean; readonly fate?: Fate }>> = {
  transparent: { meaning: 'open' }, typetransparent: { meaning: 'open' }, nodefault: { meaning: 'open' },
  always_transparent: { meaning: 'open', isBare: true }, static: { meaning: 'static' }, redirect: { meaning: 'redirect' },
  refuse: { meaning: 'refused' }, deny: { meaning: 'drop' }, always_refuse: { meaning: 'refused', isBare: true },
  always_deny: { meaning: 'drop', isBare: true }, always_nxdomain: { meaning: 'nxdomain', isBare: true },
  always_nodata: { meaning: 'nodata', isBare: true }, always_null: { meaning: 'null', isBare: true },
  block_a: { meaning: 'block_a', isBare: true },
  inform: { meaning: 'open', fate: { note: 'log tells who asks for what' } },
  inform_deny: { meaning: 'drop', fate: { note: 'log tells who asks for what' } },
  inform_redirect: { meaning: 'redirect', fate: { note: 'log tells who asks for what' } },
};
/** Seconds of a record that says none. */
const TTL = 3600;
/** Names that are there because they have something below them, up to here. */
const DEEPEST = 127;

/** Kinds in which a name that has data has nothing else. */
const CLOSED: ReadonlySet<string> = new Set(['transparent', 'static', 'inform', 'nodefault']);
/** Names that a resolver answers itself (RFC 6303, RFC 6761), unless somebody is to be asked. */
const SPECIAL = /(?:^|\.)(?:test|invalid|onion|localhost|home\.arpa|in-addr\.arpa|ip6\.arpa)$/;
const isBelow = (name: string, zone: string): boolean => zone === '' || name === zone || name.endsWith(`.${zone}`);

/** The zones and data of one view, or of all. */
export class LocalData {
  readonly #zones = new Map<string, string>();
  readonly #records: LocalRecord[] = [];

  /** `local-zone`. */
  zone({ values: [zone = '', kind = ''] }: Setting): Fate | undefined {
    const name = zone === '.' ? '' : plainName(zone);
    if (name === undefined) return { lost: 'the name of the zone cannot be written' };
    const known = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
    if (known === undefined) return { lost: `zones of the kind ${kind} are not known` };
    if (known.meaning === 'drop' && this.#records.some((each) => isBelow(each.name, name))) return { lost: 'acl drops its data too' };
    this.#zones.set(name, kind);
    return known.fate;
  }
  /** `local-data`. */
  data({ values: [text = ''] }: Setting): Fate | undefined {
    const record = recordIn(text);
    if ('lost' in record) return record;
    const kind = this.#zones.get(this.#zoneOf(record.name)) ?? 'transparent';
    if (KINDS[kind]!.meaning === 'drop') return { lost: 'acl drops what is asked in its zone' };
    this.#records.push(record);
    return undefined;
  }
  /** `local-data-ptr: "192.0.2.3 name"`, with seconds between them or without. */
  pointer({ values: [text = ''] }: Setting): Fate | undefined {
    const [address = '', ...rest] = text.trim().split(/\s+/);
    const octets = parseAddress(address), target = plainName(rest.at(-1) ?? ''), ttl = rest.length > 1 ? rest[0]! : String(TTL);
    if (octets === undefined || target === undefined || !/^\d{1,9}$/.test(ttl) || rest.length > 2) return { lost: 'no address and name' };
    this.#records.push({ name: reverseName(octets).text.slice(0, -1), type: 'PTR', ttl: Number(ttl), data: `${target}.` });
    return undefined;
  }
  get isEmpty(): boolean {
    return this.#zones.size === 0 && this.#records.length === 0;
  }
  /** With what another one has besides: the zones of this one count. */
  before(other: LocalData): LocalData {
    const both = new LocalData();
    for (const [zone, kind] of [...other.#zones, ...this.#zones]) both.#zones.set(zone, kind);
    const own = new Set(this.#records.map(({ name }) => name));
    both.#records.push(...this.#records, ...other.#records.filter(({ name }) => !own.has(name) && !this.#zones.has(this.#zoneOf(name))));
    return both;
  }
  /** Zones that others are asked for, though names like these usually have nobody to ask. */
  get special(): string[] {
    return [...this.#zones].filter(([zone, kind]) => KINDS[kind]!.meaning === 'open' && SPECIAL.test(zone)).map(([zone]) => zone);
  }
  #zoneOf(name: string): string {
    return nearest(name, (above) => this.#zones.has(above)) ?? '\0';
  }
  /** What it answers, as lines; those of *acl* come first in a chain anyway. */
  lines(): Line[] {
    const meaningOf = (name: string) => KINDS[this.#zones.get(this.#zoneOf(name)) ?? 'transparent']!;
    const records = this.#records.filter(({ name }) => meaningOf(name).isBare !== true);
    const exact = records.filter(({ name }) => meaningOf(name).meaning !== 'redirect');
    // Who asks such a name for something else hears that there is nothing, unless its zone says that others may know.
    const isClosed = ({ name, type }: LocalRecord): boolean => type !== 'CNAME'
      && CLOSED.has(this.#zones.get(this.#zoneOf(name)) ?? 'transparent');
    const closed = new Set(exact.filter(isClosed).map(({ name }) => name));
    for (const [zone, kind] of this.#zones) if (kind === 'static') closed.add(zone);
    for (const name of [...closed]) for (const above of this.#between(name)) closed.add(above);
    const wildcards = [...this.#zones].flatMap(([zone, kind]) => this.#wildcards(zone, KINDS[kind]!.meaning));
    const open = new Set([...this.#zones].filter(([, kind]) => KINDS[kind]!.meaning === 'open').map(([zone]) => zone));
    const dropped = [...this.#zones].filter(([, kind]) => KINDS[kind]!.meaning === 'drop').map(([zone]) => (zone === '' ? '.' : zone));
    return [
      ...dropped.length === 0 ? [] : [{ words: ['acl', ...dropped], inside: [{ words: ['drop'] }] }],
      ...recordLines(exact), ...endLines([...closed]), ...wildcardLines(wildcards, TTL, { names: new Set(), zones: open }),
    ];
  }
  /** Names between this one and its zone, which are there without anything of their own, where the zone denies what is not. */
  #between(name: string): string[] {
    const zone = this.#zoneOf(name), found: string[] = [];
    if (KINDS[this.#zones.get(zone) ?? 'transparent']!.meaning !== 'static') return found;
    for (let at = name; at.includes('.') && found.length < DEEPEST;) {
      at = at.slice(at.indexOf('.') + 1);
      if (at === zone || !at.endsWith(`.${zone}`)) break;
      found.push(at);
    }
    return found;
  }
  #wildcards(zone: string, meaning: Meaning): Wildcard[] {
    switch (meaning) {
      case 'nxdomain': case 'static': return [{ zone, type: 'ANY', data: [], rcode: 'NXDOMAIN' }];
      case 'refused': return [{ zone, type: 'ANY', data: [], rcode: 'REFUSED' }];
      case 'nodata': return [{ zone, type: 'ANY', data: [] }];
      case 'block_a': return [{ zone, type: 'A', data: [] }];
      case 'null': return [{ zone, type: 'A', data: ['0.0.0.0'] }, { zone, type: 'AAAA', data: ['::'] }, { zone, type: 'ANY', data: [] }];
      case 'redirect': return this.#redirected(zone);
      default: return [];
    }
  }
  #redirected(zone: string): Wildcard[] {
    const sets = Map.groupBy(this.#records.filter(({ name }) => name === zone), ({ type }) => type);
    const given = [...sets].map(([type, set]): Wildcard => ({ zone, type: type === 'CNAME' ? 'ANY' : type, data: set.map(({ data }) =>
      data), ttl: set[0]!.ttl }));
    return given.some(({ type }) => type === 'ANY') ? given.filter(({ type }) => type === 'ANY') : [...given, { zone, type: 'ANY',
      data: [] }];
  }
}
/** A record of a text, or why there is none. */
function recordIn(text: string): LocalRecord | { readonly lost: string } {
  try {
    const record = parseRR(text);
    const name = record === undefined ? undefined : plainName(record.name.text);
    if (record === undefined || name === undefined) return { lost: 'there is no record in it that can be written' };
    const type = typeName(record.type), data = safeData(printRdata(record.type, record.rdata));
    if (type.startsWith('TYPE') || data === undefined) return { lost: 'it cannot be written in a Corefile' };
    return { name, type, ttl: record.ttl, data };
  } catch (error) {
    return { lost: (error as Error).message };
  }
}
