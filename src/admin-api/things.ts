// What a server has beside its Corefile, as the API tells it: upstreams, plugins, threads. Knows slots that parts fill.
import { problem } from '../http/problem.ts';
import type { HttpReply } from '../http/message.ts';
import { QUESTIONS } from '../kernel/seen/recent.ts';
import { placesOf } from '../kernel/seen/places.ts';
import type { Run } from '../kernel/site/plugin.ts';
import { Upstreams } from '../kernel/site/site.ts';
import type { ShownUpstream, Site } from '../kernel/site/site.ts';
import { parseDuration } from '../wording/duration.ts';
import { replyJson } from './reply.ts';

/** Milliseconds that something is done for, and at most. */
const USUAL = 10 * 60_000, LONGEST = 24 * 3600_000;

/** How a block is called: its zones and its view. */
export const blockName = ({ zones: of, view }: Site): string =>
  `${of.map(({ text }) => text).join(' ')}${view === '' ? '' : ` (view ${view})`}`;

interface Holder {
  readonly block: string;
  readonly by: string;
  readonly drain: (to: string, until: number) => boolean;
  readonly all: readonly (ShownUpstream & { readonly id: string })[];
}
/** Each part that asks others, and whom; the number of the part begins the ids of those. */
const holders = ({ sites }: Run): readonly Holder[] => sites.flatMap((site) => site.all(Upstreams).map((each) => ({ site, each })))
  .map(({ site, each }, number) => ({
    block: blockName(site), by: each.by, drain: (to, until) => each.drain(to, until),
    all: each.upstreams().map((upstream) => ({ ...upstream, id: `${number}-${upstream.to}` })),
  }));

/** Whom parts ask, and how those are. */
export function upstreams(run: Run): HttpReply {
  const rows = holders(run).flatMap(({ block, by, all }) => all.map(({ id, to, isDown, drained, usual }) => (
    { id, block, by, to, state: drained > 0 ? 'drained' : isDown ? 'down' : 'up', usual: usual ?? null, until: timeText(drained) })));
  return replyJson({ upstreams: rows });
}
const timeText = (seconds: number): string | null => (seconds === 0 ? null : new Date(seconds * 1000).toISOString());

/** Leaves an upstream alone for some time, after which it is asked again by itself; or asks it again now. */
export function drain(run: Run, id: string, body: { readonly [name: string]: unknown }, isOver: boolean): HttpReply {
  const milliseconds = lasting(body['for'], USUAL);
  if (typeof milliseconds === 'string') return problem(400, 'No duration', milliseconds);
  const holder = holders(run).find(({ all }) => all.some((each) => each.id === id));
  const upstream = holder?.all.find((each) => each.id === id);
  if (holder === undefined || upstream === undefined) return problem(404, 'No such upstream', 'GET /v1/upstreams has their ids');
  const until = isOver ? 0 : Math.ceil((run.clock.wall() + milliseconds) / 1000);
  holder.drain(upstream.to, until);
  return replyJson({ id, until: timeText(until) });
}
/** For how many milliseconds; the text says why it is no duration. */
export function lasting(text: unknown, usual: number): number | string {
  if (text === undefined) return usual;
  try {
    const milliseconds = parseDuration(String(text));
    if (milliseconds > 0 && milliseconds <= LONGEST) return milliseconds;
    return `it is more than nothing and at most a day, not '${String(text)}'`;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The plugins of each block, in the order that questions meet them, and what they have to say. */
export const plugins = ({ sites }: Run): HttpReply => replyJson({
  blocks: sites.map((site) => ({
    block: blockName(site),
    plugins: site.parts.map(({ name, part, at }) => ({
      name, at: at === undefined ? null : `${at.file}:${at.line}`, ready: part.ready?.() ?? true, remark: part.remark?.() ?? null,
    })),
  })),
});
/** The threads that answered questions, and how many each has. */
export function threads({ store: { memory } }: Run): HttpReply {
  const places = placesOf(memory, QUESTIONS);
  const words = memory.refresh();
  return replyJson({
    threads: [...places].map(([thread, place]) => ({ thread, questions: Atomics.load(words, place) >>> 0 })),
    memory: { shared: memory.extent },
  });
}
