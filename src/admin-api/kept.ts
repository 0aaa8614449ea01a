// What the API says of caches: what is kept under a name, and that it is asked for anew. Knows names and what parts show of what they keep.
import { latin1Bytes } from '../dns/latin1.ts';
import { Name } from '../dns/name.ts';
import { rcodeName } from '../dns/rcode.ts';
import { typeByName, typeName } from '../dns/type-name.ts';
import { problem } from '../http/problem.ts';
import type { HttpReply } from '../http/message.ts';
import { KeptAnswers } from '../kernel/site/site.ts';
import type { KeptAnswer, KeptPlace, KeptSlice } from '../kernel/site/site.ts';
import type { Run } from '../kernel/site/plugin.ts';
import type { ZoneChanges } from '../store/changes.ts';
import { replyJson } from './reply.ts';
import { blockName } from './things.ts';

/** Entries of one reply. */
const MOST = 1000, USUAL = 100;
/** Slices of what is kept that one request looks at: some milliseconds. */
const SLICES = 128;

/** Which entries are meant, or what is wrong with the words. */
function wantedOf(under: unknown, type: unknown): ((answer: KeptAnswer) => boolean) | string {
  const zone = typeof under === 'string' ? Name.maybe(under) : Name.root;
  if (zone === undefined || (under !== undefined && typeof under !== 'string')) return 'under is no name';
  const number = typeof type === 'string' ? typeByName(type.toUpperCase()) : undefined;
  if (type !== undefined && number === undefined) return 'type is no type';
  return (answer) => answer.name.isUnder(zone) && (number === undefined || answer.type === number);
}

/** Which part that keeps answers, where in what it keeps, and how many that are wanted are to be passed there. */
interface Cursor {
  readonly holder: number;
  readonly at: KeptPlace;
  readonly skip: number;
}
function readCursor(text: string): Cursor | undefined {
  if (!/^\d{1,9}(?:\.\d{1,9}){4}$/.test(text)) return undefined;
  const [holder, cache, shard, place, skip] = text.split('.').map(Number) as [number, number, number, number, number];
  return { holder, at: [cache, shard, place], skip };
}
/** Some of what is kept under a name, and where to go on: a request looks at so much and no more. */
export async function cached(run: Run, query: URLSearchParams): Promise<HttpReply> {
  const wanted = wantedOf(query.get('under') ?? undefined, query.get('type') ?? undefined);
  if (typeof wanted === 'string') return problem(400, 'Bad request', wanted);
  const from = readCursor(query.get('cursor') || '0.0.0.0.0');
  if (from === undefined) return problem(400, 'No place to go on from', 'cursor is what the answer before had');
  const limit = Math.min(Number(/^\d{1,4}$/.exec(query.get('limit') ?? '')?.[0] ?? USUAL), MOST);
  const entries: object[] = [];
  let more = 0, looked = 0, cursor = '';
  for await (const { answers, block, holder, at, next } of keptIn(run, from)) {
    const skip = looked++ === 0 ? from.skip : 0;
    const found = answers.filter(wanted).slice(skip);
    const room = limit - entries.length;
    entries.push(...found.slice(0, room).map((answer) => entryJson(answer, block)));
    if (found.length > room) cursor ||= [holder, ...at, skip + Math.max(0, room)].join('.');
    more += Math.max(0, found.length - room);
    if (looked < SLICES) continue;
    cursor ||= [holder, ...next, 0].join('.');
    break;
  }
  return replyJson({ entries, more, cursor });
}
/** What is kept under a name is asked for anew. */
export async function flushUnder(run: Run, names: ZoneChanges, under: unknown, type: unknown): Promise<HttpReply> {
  const wanted = wantedOf(under, type);
  if (typeof wanted === 'string') return problem(400, 'Bad request', wanted);
  let entries = 0;
  const several = names.several();
  for await (const { answers } of keptIn(run)) {
    for (const answer of answers) {
      if (!wanted(answer)) continue;
      entries++;
      several.add(latin1Bytes(answer.name.key), 0);
    }
  }
  several.changed();
  return replyJson({ flushed: Name.parse(String(under), Name.root).text, entries });
}

/** How many entries a flush would concern; nothing is done. */
export async function concerned(run: Run, { name: text, under, type, all }: { readonly [member: string]: unknown }): Promise<HttpReply> {
  const name = typeof text === 'string' ? Name.maybe(text) : undefined;
  if (name === undefined && under === undefined && all !== true) return problem(400, 'No name, nothing under one, and not all');
  const wanted = under !== undefined ? wantedOf(under, type) : all === true ? () => true
    : (answer: KeptAnswer): boolean => answer.name.key === name!.key;
  if (typeof wanted === 'string') return problem(400, 'Bad request', wanted);
  let entries = 0;
  for await (const { answers } of keptIn(run)) entries += answers.filter(wanted).length;
  return replyJson({ entries, dryRun: true });
}

/** All that is kept, in slices, from a place on. */
async function* keptIn({ sites }: Run, from: Cursor = { holder: 0, at: [0, 0, 0], skip: 0 }): AsyncGenerator<KeptSlice & {
  readonly block: string; readonly holder: number; readonly at: KeptPlace;
}> {
  const holders = sites.flatMap((site) => site.all(KeptAnswers).map((kept) => ({ kept, block: blockName(site) })));
  let { at } = from;
  for (let holder = from.holder; holder < holders.length; holder++, at = [0, 0, 0]) {
    const { kept, block } = holders[holder]!;
    for await (const { answers, next } of kept.slices(at)) {
      yield { answers, next, block, holder, at };
      at = next;
    }
  }
}
const entryJson = ({ name, type, rcode, ttl, left, hits }: KeptAnswer, block: string): object => (
  { name: name.text, type: typeName(type), rcode: rcodeName(rcode), ttl, left: Math.max(0, left), stale: left <= 0, hits, block });
