// Whole zones by the API: one as a master file, and a master file into one, all of it at one revision or nothing. Knows names, sets and
// zone text; knows no HTTP but its problems and types.
import { recordKey } from '../../../authority/update.ts';
import type { Name } from '../../../dns/name.ts';
import { printRdata, record } from '../../../dns/rr.ts';
import type { RR } from '../../../dns/rr.ts';
import { CLASS, TYPE, typeName } from '../../../dns/type-name.ts';
import { Heading } from '../../../http/exchange.ts';
import { Problem } from '../../../http/problem.ts';
import type { Comparison, Operation as Change } from '../../../key-value/key-value.ts';
import { Zones } from '../../../kernel/site/zones.ts';
import { skydnsSoa } from '../../../skydns/zone-soa.ts';
import { ZoneFileError } from '../../../zonefile/error.ts';
import { inOrder, printZone } from '../../../zonefile/print.ts';
import { ZoneReader } from '../../../zonefile/reader.ts';
import { RecordList } from '../../../zonefile/record-list.ts';
import type { Asked, Operation, Said } from '../api.ts';
import type { Directory } from '../directory.ts';
import { isLabel } from '../places.ts';
import type { Places } from '../places.ts';
import { readKeptSet, setKeyOf, setOf, setOperations, setType } from '../record-sets.ts';
import type { SetSpec } from '../record-sets.ts';
import type { Schema } from '../schema.ts';
import { LiveNames } from './live-names.ts';
import type { ZoneNames } from './zone-names.ts';

/** Names that are looked at in one turn; records that a file may have; operations of a transaction where nobody says. */
const SLICE = 200, MOST_RECORDS = 10_000, MOST_CHANGES = 128;
/** Tries where all names are others meanwhile. */
const TRIES = 5;
const RECORDS: Schema = { type: 'array', items: { type: 'string' } };
const CHANGED: Schema = {
  type: 'object', required: ['name', 'type', 'before', 'after'], additionalProperties: false,
  properties: { name: { type: 'string' }, type: { type: 'string' }, before: RECORDS, after: RECORDS },
};
const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** The operations on whole zones. */
export function wholeZonesOn(directory: Directory, zones: readonly Name[], { zoneAt }: Pick<Places, 'zoneAt'>): readonly Operation[] {
  const { names, path, signal } = directory.parts;
  const live = new LiveNames({ names, path, zones: new Zones(zones) }, signal);
  const known = async (): Promise<ZoneNames> => {
    await directory.listed();
    const now = live.now;
    if (now === undefined) throw new Problem(503, 'It is not known what there is', { cure: 'try again' });
    return now;
  };
  return [
    {
      method: 'GET', path: '/v1/zones/{zone}/export', id: 'exportZone', summary: 'A zone as a master file', 
      replies: { 200: { type: 'string' } }, media: 'text/dns',
      async run(asked) {
        const zone = zoneAt(asked);
        asked.may('read', zone.text);
        await known();
        const { records, revision } = await recordsOf(directory, live, zone);
        const serial = Number(BigInt.asUintN(32, revision));
        const content = Buffer.from([...printZone([skydnsSoa(zone.folded, serial), ...inOrder(records)])].join(''));
        return {
          status: 200,
          goesOn: (exchange) => exchange.reply(new Heading(200, [
            ['Content-Type', 'text/dns'], ['Cache-Control', 'no-store'], ['ETag', `"${revision}"`],
          ]), content, 0, content.length),
        };
      },
    },
    {
      method: 'POST', path: '/v1/zones/{zone}/import', id: 'importZone', 
      summary: 'Makes sets of records what a master file has, or none of them',
      query: { dryRun: 'whether it is told what would change, and nothing done', prune: 'whether sets go that the file does not have' },
      request: { type: 'string' }, text: true, conditional: true,
      replies: {
        200: {
          type: 'object', required: ['revision', 'changes'],
          properties: { revision: { type: 'integer' }, changes: { type: 'array', items: CHANGED } },
        },
      },
      async run(asked) {
        const zone = zoneAt(asked);
        asked.may('operate', zone.text);
        return importInto(directory, await known(), zone.folded, asked);
      },
    },
  ];
}
/** All that a zone has, without its SOA, at one revision: some names at a time, and what changes meanwhile once more. */
async function recordsOf(
  directory: Directory, live: LiveNames, zone: Name,
): Promise<{ readonly records: RR[]; readonly revision: bigint }> {
  const { names } = directory.parts;
  for (let tries = 0; tries < TRIES; tries++) {
    const over = new AbortController();
    const dirty = new Set<string>();
    let isLost = false;
    names.listen((keys) => {
      if (keys === undefined) isLost = true;
      else for (const key of keys) dirty.add(key);
    }, over.signal);
    const now = live.now;
    if (now === undefined) break;
    const found = new Map<string, readonly RR[]>();
    const look = (name: Name): void => {
      if (name.isUnder(zone)) found.set(name.key, now.at(name));
    };
    for (const [i, name] of now.names().entries()) {
      if (i % SLICE === SLICE - 1) await nextTurn();
      look(name);
    }
    for (const name of now.changed([...dirty])) look(name);
    over.abort();
    if (!isLost) return { records: [...found.values()].flat(), revision: names.revision };
  }
  throw new Problem(503, 'It is not known what there is', { cure: 'try again' });
}

/** A set of the file, and what is there in its place. */
interface Wanted {
  readonly name: Name;
  readonly type: string;
  readonly set: SetSpec & { readonly type: string } | undefined;
  readonly before: readonly string[];
}
async function importInto(directory: Directory, names: ZoneNames, zone: Name, asked: Asked): Promise<Said> {
  const { condition, query, who } = asked;
  if (condition === 'absent') throw new Problem(400, 'Malformed condition', { field: 'If-None-Match', cure: 'If-Match has a revision' });
  const isOn = (name: string): boolean => query.has(name) && query.get(name) !== 'false';
  const sets = setsOf(readRecords(asked.body as string, zone), zone);
  const wanted = [...sets.values()].flatMap((each) => wantedOf(directory, names, each));
  if (isOn('prune')) wanted.push(...lackingOf(directory, names, zone, sets));
  const operations: Change[] = [], comparisons: Comparison[] = [];
  for (const { name, type, set } of wanted) {
    const key = setKeyOf(directory.keyOf(name.folded.split()), type);
    const { before, kept, beside } = await directory.planSet(key, set, who);
    operations.push(...setOperations(key, kept, before));
    comparisons.push({ key, revision: before?.revision ?? 0n }, ...beside);
  }
  if (condition !== undefined) {
    const key = directory.keyOf(zone.split());
    comparisons.push({ key: `${key}/`, end: `${key}0`, revision: condition.revision });
  }
  const most = directory.parts.most ?? MOST_CHANGES;
  if (Math.max(operations.length, comparisons.length) > most) {
    throw new Problem(413, 'Too many changes at once', {
      detail: `it has ${Math.max(operations.length, comparisons.length)}`, cure: `import it in parts: ${most} are taken at once`,
    });
  }
  const changes = wanted.map(({ name, type, set, before }) => ({ name: name.text, type, before, after: set?.records ?? [] }));
  const tell = (revision: bigint): Said => ({ status: 200, body: { revision: Number(revision), changes } });
  if (isOn('dryRun')) {
    const { revision } = directory.parts.names;
    if (condition !== undefined && condition.revision < revision && await isChanged(directory, zone, condition.revision)) throw refused();
    return tell(revision);
  }
  if (operations.length === 0 && condition === undefined) return tell(directory.parts.names.revision);
  const { done, revision } = await directory.parts.keys.transaction({ if: comparisons, operations });
  if (!done) throw refused();
  await directory.served(revision);
  return tell(revision);
}
const refused = (): Problem => new Problem(412, 'Changed in between', { cure: 'export it again, and decide anew' });
async function isChanged(directory: Directory, zone: Name, revision: bigint): Promise<boolean> {
  const key = directory.keyOf(zone.split());
  return (await directory.parts.keys.list(`${key}/`, `${key}0`)).found.some((pair) => pair.revision > revision);
}

/** The records of a text. Throws Problem. */
function readRecords(text: string, zone: Name): RecordList['records'] {
  const list = new RecordList();
  const bytes = Buffer.from(text);
  const sink = {
    owner: (name: Uint8Array, length: number) => list.owner(name, length),
    add(owner: number, type: number, ttl: number, data: Uint8Array, length: number) {
      if (list.records.length >= MOST_RECORDS) throw new Problem(413, 'Too many records', { cure: `a file has at most ${MOST_RECORDS}` });
      list.add(owner, type, ttl, data, length);
    },
  };
  try {
    new ZoneReader().begin(zone, 'body', sink, { include: () => 'a record: no file is read' }).parse(bytes, 0, bytes.length, true);
  } catch (error) {
    if (!(error instanceof ZoneFileError)) throw error;
    throw new Problem(400, 'Malformed zone', { field: `line ${error.line}`, detail: error.message.slice(0, 400) });
  }
  return list.records;
}
type Sets = ReadonlyMap<string, { readonly name: Name; readonly type: string; readonly ttl: number; readonly records: readonly RR[] }>;
/** The sets of a file, without what the zone has by itself: its SOA, and its name servers. Throws Problem. */
function setsOf(records: RecordList['records'], zone: Name): Sets {
  const sets = new Map<string, { name: Name; type: string; ttl: number; records: RR[] }>();
  for (const { name: owner, type: number, ttl, rdata } of records) {
    const name = owner.folded;
    if (name.equals(zone) && (number === TYPE.SOA || number === TYPE.NS)) continue;
    const type = setType(typeName(number));
    const field = `${name.text} ${typeName(number)}`;
    if (!name.isUnder(zone)) throw new Problem(400, 'Another zone', { field, cure: `names end in ${zone.text}` });
    if (type === undefined) throw new Problem(400, 'Not registered', { field, cure: 'types of zones and signatures are left out' });
    const labels = name.split().slice(0, -zone.split().length || undefined);
    if (!labels.every(isLabel)) throw new Problem(400, 'Malformed name', { field, cure: 'labels have letters, digits and hyphens' });
    const key = `${type} ${name.key}`;
    const set = sets.get(key) ?? { name, type, ttl, records: [] };
    set.records.push(record(name, number, CLASS.IN, ttl, rdata));
    sets.set(key, set);
  }
  for (const { name, type } of sets.values()) {
    const isBeside = type === 'CNAME' && [...sets.values()].some((other) => other.type !== type && other.name.equals(name));
    if (isBeside) {
      throw new Problem(400, 'Beside an alias', { field: `${name.text} CNAME`, detail: 'a name with a CNAME has nothing else' });
    }
  }
  return sets;
}
/** A set as it is to be, where it is another one. Throws Problem where it is of instances. */
function wantedOf(
  directory: Directory, names: ZoneNames, { name, type, ttl, records }: Sets extends ReadonlyMap<string, infer Each> ? Each : never,
): readonly Wanted[] {
  const there = names.at(name).filter((each) => typeName(each.type) === type);
  const [is, was] = [new Set(records.map(recordKey)), new Set(there.map(recordKey))];
  if (is.size === was.size && [...is].every((each) => was.has(each)) && there[0]?.ttl === ttl) return [];
  const before = there.map((each) => printRdata(each.type, each.rdata));
  const own = ownRecords(directory, name, type);
  if (before.some((each) => !own.has(each))) {
    throw new Problem(409, 'Of an instance', {
      field: `${name.text} ${type}`, cure: 'what instances have is changed by their registration',
    });
  }
  if (is.size > 100 || (type === 'CNAME' && is.size > 1)) throw new Problem(400, 'Too many records', { field: `${name.text} ${type}` });
  return [{ name, type, set: setOf(records, { type, ttl }), before }];
}
/** Records that were registered as such. */
function ownRecords(directory: Directory, name: Name, type: string): ReadonlySet<string> {
  const key = directory.keyOf(name.split());
  const base = setKeyOf(key, type);
  const parts = directory.parts.names.index?.named(key, Infinity)?.filter((each) => each.key === base || each.key.startsWith(`${base}~`));
  return new Set(parts?.flatMap(({ service }) => readKeptSet(service?.coredns)?.set.records ?? []));
}
/** Sets that a zone has and a file has not. */
function lackingOf(directory: Directory, names: ZoneNames, zone: Name, sets: Sets): readonly Wanted[] {
  return names.names().filter((name) => name.isUnder(zone)).flatMap((name) => {
    const key = directory.keyOf(name.split());
    return (directory.parts.names.index?.named(key, Infinity) ?? []).flatMap((each) => {
      const kept = readKeptSet(each.service?.coredns);
      const isOwn = kept !== undefined && each.key === setKeyOf(key, kept.set.type);
      return !isOwn || sets.has(`${kept.set.type} ${name.key}`) ? []
        : [{ name, type: kept.set.type, set: undefined, before: kept.set.records }];
    });
  });
}
