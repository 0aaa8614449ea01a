// What the API says of caches: what is kept under a name, and that it is asked for anew. Knows names and what parts show of what they keep.
import { latin1Bytes } from '../dns/latin1.ts';
import { Name } from '../dns/name.ts';
import { rcodeName } from '../dns/rcode.ts';
import { typeByName, typeName } from '../dns/type-name.ts';
import { problem } from '../http/problem.ts';
import type { HttpReply } from '../http/message.ts';
import { KeptAnswers } from '../kernel/site/site.ts';
import type { KeptAnswer } from '../kernel/site/site.ts';
import type { Run } from '../kernel/site/plugin.ts';
import type { ZoneChanges } from '../store/changes.ts';
import { replyJson } from './reply.ts';
import { blockName } from './things.ts';

/** Entries of one reply. */
const MOST = 1000, USUAL = 100;

/** Which entries are meant, or what is wrong with the words. */
function wantedOf(under: unknown, type: unknown): ((answer: KeptAnswer) => boolean) | string {
  const zone = typeof under === 'string' ? Name.maybe(under) : Name.root;
  if (zone === undefined || (under !== undefined && typeof under !== 'string')) return 'under is no name';
  const number = typeof type === 'string' ? typeByName(type.toUpperCase()) : undefined;
  if (type !== undefined && number === undefined) return 'type is no type';
  return (answer) => answer.name.isUnder(zone) && (number === undefined || answer.type === number);
}

/** Some of what is kept under a name. */
export async function cached(run: Run, query: URLSearchParams): Promise<HttpReply> {
  const wanted = wantedOf(query.get('under') ?? undefined, query.get('type') ?? undefined);
  if (typeof wanted === 'string') return problem(400, 'Bad request', wanted);
  const limit = Math.min(Number(/^\d{1,4}$/.exec(query.get('limit') ?? '')?.[0] ?? USUAL), MOST);
  const entries: object[] = [];
  let more = 0;
  for await (const { answer, block } of keptIn(run)) {
    if (!wanted(answer)) continue;
    if (entries.length < limit) entries.push(entryJson(answer, block));
    else more++;
  }
  return replyJson({ entries, more });
}
/** What is kept under a name is asked for anew. */
export async function flushUnder(run: Run, names: ZoneChanges, under: unknown, type: unknown): Promise<HttpReply> {
  const wanted = wantedOf(under, type);
  if (typeof wanted === 'string') return problem(400, 'Bad request', wanted);
  const concerned = new Map<string, Name>();
  let entries = 0;
  for await (const { answer } of keptIn(run)) {
    if (!wanted(answer)) continue;
    entries++;
    concerned.set(answer.name.key, answer.name);
  }
  for (const { key } of concerned.values()) names.changed(latin1Bytes(key), 0);
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
  for await (const { answer } of keptIn(run)) if (wanted(answer)) entries++;
  return replyJson({ entries, dryRun: true });
}

async function* keptIn(run: Run): AsyncGenerator<{ readonly answer: KeptAnswer; readonly block: string }> {
  for (const site of run.sites) {
    const block = blockName(site);
    for (const kept of site.all(KeptAnswers)) for await (const slice of kept.slices()) for (const answer of slice) yield { answer, block };
  }
}
const entryJson = ({ name, type, rcode, ttl, left, hits }: KeptAnswer, block: string): object => (
  { name: name.text, type: typeName(type), rcode: rcodeName(rcode), ttl, left: Math.max(0, left), stale: left <= 0, hits, block });
