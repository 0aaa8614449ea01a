// What is wrong with a zone as a whole: what servers refuse, and what is hardly meant. Knows records and their lines; prints nothing.
import { Name } from '../dns/name.ts';
import { TYPE, typeName } from '../dns/type-name.ts';
import { CNAME, DNAME, MX, NS, SRV } from '../dns/index.ts';
import { doubtsOfSignatures } from './zone-signatures.ts';
import type { Progress } from './progress.ts';
import type { PlacedRecord, ZoneText } from './zone-records.ts';

/** One finding; its line is 0 where it is the zone's own. */
export interface ZoneFinding {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** An error keeps a server from loading the zone or resolvers from its names; a warning does not. */
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

/** The records of one owner. */
export interface Node {
  readonly name: Name;
  readonly sets: Map<number, PlacedRecord[]>;
}

/** A zone by its names. */
export class ZoneNames {
  readonly apex: Name;
  readonly nodes = new Map<string, Node>();
  /** Names that are there because something lies below them, and one that does. */
  readonly between = new Map<string, Name>();

  constructor(apex: Name, records: readonly PlacedRecord[]) {
    this.apex = apex;
    for (const record of records) {
      const node = this.nodes.get(record.name.key) ?? { name: record.name, sets: new Map() };
      this.nodes.set(record.name.key, node);
      const set = node.sets.get(record.type);
      if (set === undefined) node.sets.set(record.type, [record]);
      else set.push(record);
    }
    for (const { name } of this.nodes.values()) {
      for (let { parent } = name; parent !== undefined && parent.key.length > apex.key.length; { parent } = parent) {
        if (!this.nodes.has(parent.key) && !this.between.has(parent.key)) this.between.set(parent.key, name);
      }
    }
  }

  at(name: Name): Node | undefined {
    return this.nodes.get(name.key);
  }

  set(name: Name, type: number): readonly PlacedRecord[] {
    return this.at(name)?.sets.get(type) ?? [];
  }

  /** The delegation or DNAME above a name, or the delegation at it; undefined where the zone answers for it. */
  cutOf(name: Name): Node | undefined {
    let cut: Node | undefined;
    for (let at: Name | undefined = name; at !== undefined && at.key.length > this.apex.key.length; at = at.parent) {
      const node = this.at(at);
      if (node?.sets.has(TYPE.NS) || (at !== name && node?.sets.has(TYPE.DNAME))) cut = node;
    }
    return cut;
  }
}

/** All findings of a zone's text in the order of its lines. `now` is in seconds since 1970. */
export function zoneFindings(zone: Name, file: string, text: ZoneText, now: number, progress?: Progress): ZoneFinding[] {
  const names = new ZoneNames(zone, text.records);
  const found: ZoneFinding[] = text.problems.map(({ file: where, line, column, message }) => ({
    file: where, line, column, severity: 'error', message: message.replace(/^[^:]*:\d+:\d+: /, ''),
  }));
  const say: Say = (severity, message, record) => {
    found.push({ file: record?.file ?? file, line: record?.line ?? 0, column: 0, severity, message });
  };
  for (const record of text.outside) say('warning', `${record.name.text} is outside of the zone and left out`, record);
  // What was left out may be what is missing.
  if (text.problems.length === 0) apex(names, say);
  progress?.stage(`Looking through ${file}`);
  let count = 0;
  for (const node of names.nodes.values()) {
    for (const set of node.sets.values()) count += set.length;
    progress?.tell(count, count, text.records.length);
    together(node, say);
    below(names, node, say);
    targets(names, node, say);
  }
  hidden(names, say);
  doubtsOfSignatures(names, now, say);
  const rank = (each: ZoneFinding): number => (each.file === file ? 0 : 1);
  return found.sort((a, b) => rank(a) - rank(b) || a.line - b.line || a.column - b.column);
}

/** Says a finding at a record, or of the zone. */
export type Say = (severity: 'error' | 'warning', message: string, record?: PlacedRecord) => void;

function apex(names: ZoneNames, say: Say): void {
  const soas = names.set(names.apex, TYPE.SOA);
  if (soas.length === 0) say('error', `${names.apex.text} has no SOA`);
  for (const more of soas.slice(1)) say('error', `${names.apex.text} has a second SOA`, more);
  if (names.set(names.apex, TYPE.NS).length === 0) say('error', `${names.apex.text} has no NS`);
}

/** What may stand beside an alias: what DNSSEC makes (RFC 4035 section 2.5), and keys of old. */
const BESIDE_ALIAS = new Set<number>([TYPE.CNAME, TYPE.RRSIG, TYPE.NSEC, TYPE.NXT, TYPE.KEY, TYPE.SIG]);

/** What sets and names are in themselves. */
function together({ name, sets }: Node, say: Say): void {
  const alias = sets.get(TYPE.CNAME);
  if (alias !== undefined) {
    if (alias.length > 1) say('error', `${name.text} has two CNAME`, alias[1]);
    const others = [...sets.keys()].filter((type) => !BESIDE_ALIAS.has(type));
    if (others.length > 0) say('error', `${name.text} has CNAME beside ${others.map(typeName).join(', ')}`, alias[0]);
    if (CNAME.values(alias[0]!.rdata).target.equals(name)) say('error', `${name.text} is an alias of itself`, alias[0]);
  }
  const rename = sets.get(TYPE.DNAME);
  if (rename !== undefined && rename.length > 1) say('error', `${name.text} has two DNAME`, rename[1]);
  if (rename !== undefined && DNAME.values(rename[0]!.rdata).target.isUnder(name)) {
    say('error', `${name.text} has a DNAME to what is below it`, rename[0]);
  }
  const [server] = sets.get(TYPE.NS) ?? [];
  if (name.isWildcard && server !== undefined) say('warning', `${name.text} has NS at a wildcard: servers disagree on it`, server);
  for (const [type, [first, ...more]] of sets) {
    const other = type === TYPE.RRSIG ? undefined : more.find(({ ttl }) => ttl !== first!.ttl);
    if (other !== undefined) say('warning', `${name.text} ${typeName(type)} has TTLs ${first!.ttl} and ${other.ttl}`, other);
  }
}

/** What is not answered, since a delegation or DNAME is above it. */
function below(names: ZoneNames, { name, sets }: Node, say: Say): void {
  const cut = names.cutOf(name);
  if (cut === undefined) {
    if (sets.has(TYPE.DS) && name.key !== names.apex.key) say('error', `${name.text} has DS without NS`, sets.get(TYPE.DS)![0]);
    return;
  }
  const at = cut.name.key === name.key;
  for (const [type, [first]] of sets) {
    if (type === TYPE.A || type === TYPE.AAAA || type === TYPE.NSEC || type === TYPE.RRSIG) continue;
    if (at && (type === TYPE.NS || type === TYPE.DS)) continue;
    const why = cut.sets.has(TYPE.NS) ? `it is delegated${at ? '' : ` at ${cut.name.text}`}` : `${cut.name.text} has a DNAME`;
    say('warning', `${name.text} ${typeName(type)} is never answered: ${why}`, first);
  }
}

/** Whether a name of this zone, not below a cut, is there: by itself, by what lies below it or by a wildcard. */
function isThere(names: ZoneNames, name: Name): boolean {
  if (names.at(name) !== undefined || names.between.has(name.key)) return true;
  for (let { parent } = name; parent?.isUnder(names.apex); { parent } = parent) {
    if (names.at(parent.under('*')) !== undefined) return true;
    if (names.at(parent) !== undefined || names.between.has(parent.key)) return false;
  }
  return false;
}

function targets(names: ZoneNames, { name, sets }: Node, say: Say): void {
  const cut = names.cutOf(name);
  for (const record of sets.get(TYPE.NS) ?? []) {
    const { host } = NS.values(record.rdata);
    if (!host.isUnder(names.apex)) continue;
    const mine = names.cutOf(host);
    const addressed = names.set(host, TYPE.A).length + names.set(host, TYPE.AAAA).length > 0;
    if (names.set(host, TYPE.CNAME).length > 0) say('error', `${name.text} NS ${host.text} is an alias`, record);
    else if (addressed || (mine === undefined && isThere(names, host) && names.at(host) === undefined)) continue;
    else if (mine === undefined || mine.name.key === name.key) {
      say('error', `${name.text} NS ${host.text} has no address in the zone`, record);
    } else say('warning', `${name.text} NS ${host.text} has no glue: it is below ${mine.name.text}`, record);
  }
  if (cut !== undefined) return;
  const hosts = [
    ...(sets.get(TYPE.MX) ?? []).map((record) => ({ record, host: MX.values(record.rdata).exchange })),
    ...(sets.get(TYPE.SRV) ?? []).map((record) => ({ record, host: SRV.values(record.rdata).target })),
  ];
  for (const { record, host } of hosts) {
    if (host.key === '\0' || !host.isUnder(names.apex) || names.cutOf(host) !== undefined) continue;
    const what = `${name.text} ${typeName(record.type)} ${host.text}`;
    if (names.set(host, TYPE.CNAME).length > 0) say('warning', `${what} is an alias`, record);
    else if (!isThere(names, host)) say('warning', `${what} is not in the zone`, record);
  }
}

/** Names that a wildcard seems to answer and does not, since something lies below them (RFC 4592 section 2.2.2). */
function hidden(names: ZoneNames, say: Say): void {
  for (const [key, child] of names.between) {
    const name = Name.wire(key);
    const wildcard = names.at((name.parent as Name).under('*'));
    if (wildcard === undefined || names.cutOf(name) !== undefined) continue;
    const [first] = names.at(child)!.sets.values();
    say('warning', `${name.text} is not answered from ${wildcard.name.text}, since ${child.text} lies below it`, first![0]);
  }
}
