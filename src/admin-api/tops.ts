// What is seen most, how much is different, and how long answers take, as the API tells it. Knows what is kept of it in shared memory.
import { printAddress } from '../dns/address.ts';
import { latin1 } from '../dns/latin1.ts';
import { Name } from '../dns/name.ts';
import { problem } from '../http/problem.ts';
import type { HttpReply } from '../http/message.ts';
import { SMALL_BITS, WHOLE_BITS, estimate, unite } from '../kernel/seen/distinct.ts';
import { KINDS, boundOf } from '../kernel/seen/latency.ts';
import type { LatencyHistory } from '../kernel/seen/latency.ts';
import { placesOf } from '../kernel/seen/places.ts';
import { CLIENT_REGISTERS, DISTINCT, DISTINCT_BYTES, NAME_CUT, TOPS, WIDE, WIDE_REGISTERS } from '../kernel/seen/seen.ts';
import { topOf } from '../kernel/seen/top.ts';
import type { TopForm } from '../kernel/seen/top.ts';
import type { Run } from '../kernel/site/plugin.ts';
import type { Memory } from '../store/memory.ts';
import { replyJson } from './reply.ts';

/** Lines of a list. */
const USUAL = 20, MOST = 1000;

const octetsOf = (key: Int32Array): Uint8Array => new Uint8Array(key.buffer, key.byteOffset + 4, key.byteLength - 4);
function nameText(key: Int32Array): string {
  const length = key[0]! & 255;
  const { text } = Name.wire(latin1(octetsOf(key), 0, length));
  return (key[0]! & NAME_CUT) === 0 ? text : `...${text}`;
}
const LISTS: { readonly [what: string]: { readonly form: TopForm; readonly text: (key: Int32Array) => string } } = {
  names: { form: TOPS.names, text: nameText },
  clients: { form: TOPS.clients, text: (key) => printAddress(octetsOf(key).slice(0, key[0])) },
  under: { form: TOPS.under, text: nameText },
  failing: { form: TOPS.failing, text: nameText },
  upstreams: { form: TOPS.upstreams, text: (key) => new TextDecoder().decode(octetsOf(key).slice(0, key[0])) },
};
/** What there is a list of. */
export const LISTED = Object.keys(LISTS);

/** Which minute is meant: this one, or the last. */
function minuteOf({ clock }: Run, query: URLSearchParams): number | undefined {
  const now = Math.floor(clock.wall() / 60_000);
  const word = query.get('minute') ?? 'now';
  return word === 'now' ? now : word === 'last' ? now - 1 : undefined;
}
const NO_MINUTE = problem(400, 'No minute', 'minute is now or last');

/** What most questions of a minute were. */
export function tops(run: Run, what: string, query: URLSearchParams): HttpReply {
  const list = LISTS[what];
  if (list === undefined) return problem(404, 'Not found', `there is ${LISTED.join(', ')}`);
  const minute = minuteOf(run, query);
  if (minute === undefined) return NO_MINUTE;
  const limit = Math.min(Number(/^\d{1,4}$/.exec(query.get('limit') ?? '')?.[0] ?? USUAL), MOST);
  const all = topOf(run.store.memory, list.form, minute).map(({ key, count, error }) => ({ key: list.text(key), count, error }));
  const rows = all.toSorted(mostCertain).slice(0, limit);
  return replyJson({ at: new Date(minute * 60_000).toISOString(), rows, more: all.length - rows.length });
}

/** By how often something came at least, then at most; what came alike stands by its text. */
const mostCertain = (one: Row, other: Row): number =>
  other.count - other.error - (one.count - one.error) || other.count - one.count || (one.key < other.key ? -1 : 1);
interface Row {
  readonly key: string;
  readonly count: number;
  readonly error: number;
}

/** How many different names and clients there were in a minute, and under which names most. */
export function distinct(run: Run, query: URLSearchParams): HttpReply {
  const minute = minuteOf(run, query);
  if (minute === undefined) return NO_MINUTE;
  const { memory } = run.store;
  const wideAt = (index: number): number => WIDE_REGISTERS + (index << SMALL_BITS);
  const under = topOf(memory, WIDE, minute).map(({ key, places }) => (
    { key: nameText(key), names: estimate(registers(memory, minute, places, SMALL_BITS, wideAt)) }));
  const all = [...placesOf(memory, DISTINCT).keys()].map((thread) => [thread, 0] as const);
  return replyJson({
    at: new Date(minute * 60_000).toISOString(),
    names: estimate(registers(memory, minute, all, WHOLE_BITS, () => 0)),
    clients: estimate(registers(memory, minute, all, WHOLE_BITS, () => CLIENT_REGISTERS)),
    under: under.toSorted((one, other) => other.names - one.names),
  });
}
/** The registers of several threads as one. */
function registers(memory: Memory, minute: number, places: readonly (readonly [thread: number, index: number])[], bits: number,
  at: (index: number) => number): Uint8Array {
  const united = new Uint8Array(1 << bits);
  const there = placesOf(memory, DISTINCT);
  const words = memory.refresh();
  const bytes = new Uint8Array(words.buffer);
  for (const [thread, index] of places) {
    const place = there.get(thread);
    if (place === undefined || words[place + (minute & 1)] !== minute) continue;
    const from = ((place + 2) << 2) + (minute & 1) * DISTINCT_BYTES + at(index);
    unite(united, bytes.subarray(from, from + united.length));
  }
  return united;
}

/** How long answers took, second by second: where steps begin in microseconds, and for each kind the steps that were met, and how often. */
export function latency({ seconds }: LatencyHistory, query: URLSearchParams): HttpReply {
  const wanted = Number(/^\d{1,3}$/.exec(query.get('seconds') ?? '')?.[0] ?? 60);
  const told = seconds.slice(wanted === 0 ? seconds.length : -wanted);
  return replyJson({
    kinds: KINDS, bounds: Array.from({ length: 201 }, (_, step) => boundOf(step)),
    seconds: told.map(({ at, counts }) => ({ at, ...Object.fromEntries(KINDS.map((kind, i) => [kind, counts[i]])) })),
  });
}
