// `GET /v1/zones/ZONE/changes`: the keys of a zone, and each change of them, for whoever keeps a copy. Knows the store's watch and whether
// the reader takes what it is told; what is told is told-change.ts's.
import type { Name } from '../../../dns/name.ts';
import { EventStream } from '../../../http/event-stream.ts';
import type { ServerEvent } from '../../../http/event-stream.ts';
import { Heading } from '../../../http/exchange.ts';
import type { Exchange } from '../../../http/exchange.ts';
import { Problem } from '../../../http/problem.ts';
import { COMPACTED } from '../../../key-value/key-value.ts';
import type { Pair } from '../../../key-value/key-value.ts';
import type { Operation } from '../api.ts';
import type { Directory } from '../directory.ts';
import type { Places } from '../places.ts';
import { keysOf, lacksTtl, messageOf, relative } from './told-change.ts';
import type { Keyed, Telling, ToldKeys } from './told-change.ts';

/** Milliseconds between two signs of life; keys of an event; events that wait for a slow reader; readers of one load. */
const BEAT = 5000, PART = 500, WAITING = 20_000, MOST = 100;

/** One reader. */
interface Reader {
  readonly directory: Directory;
  readonly zone: Name;
  readonly source: string;
  /** The id of the last event that it has. */
  readonly last: string;
  readonly may: () => boolean;
  readonly over: (told: ToldZone) => void;
}

class ToldZone {
  readonly #reader: Reader;
  readonly #events: EventStream;
  readonly #key: string;
  readonly #waiting: (() => ServerEvent)[] = [];
  /** What is told in which order, though leases are asked for. */
  #told: Promise<void> = Promise.resolve();
  #stop = (): void => {};
  #cancel: () => void;
  #misses = 0;
  /** Nobody is told any more. */
  isOver = false;

  private constructor(reader: Reader, events: EventStream) {
    const { directory, zone } = reader;
    this.#reader = reader;
    this.#events = events;
    this.#key = directory.keyOf(zone.folded.split());
    this.#cancel = directory.parts.clock.after(BEAT, this.#beat);
  }
  /** Begins the reply. */
  static begin(reader: Reader, exchange: Exchange): ToldZone | undefined {
    let told: ToldZone | undefined;
    const events = EventStream.open(exchange, () => told?.end(), () => told?.pump());
    if (events === undefined) exchange.reply(new Heading(204, []), new Uint8Array(), 0, 0);
    if (events === undefined || events.isOver || reader.directory.parts.signal.aborted) {
      events?.end();
      return undefined;
    }
    told = new ToldZone(reader, events);
    told.#begin();
    return told;
  }
  #begin(): void {
    const { last, source } = this.#reader;
    const [, of, at] = /^([0-9a-f]{1,16})-(\d{1,18})$/.exec(last) ?? [];
    if (of !== source || at === undefined) return void this.#list();
    this.#say('since', BigInt(at), () => ({ keys: [] }));
    this.#watch(BigInt(at) + 1n);
  }
  /** All keys of one revision, and then what changes from there. */
  async #list(): Promise<void> {
    try {
      const { keys } = this.#reader.directory.parts;
      const { revision, found } = await keys.list(...keysOf(this.#key));
      const pairs = found.filter(({ key }) => relative(this.#key, key) !== undefined);
      const seconds = await this.#seconds(pairs);
      for (let at = 0; at === 0 || at < pairs.length; at += PART) {
        const more = at + PART < pairs.length;
        const part = pairs.slice(at, at + PART).map((pair) => ({ key: pair.key, pair }));
        this.#say('all', more ? undefined : revision, () => ({ keys: this.#keys(part, seconds), ...more ? { more } : {} }));
      }
      if (!this.isOver) this.#watch(revision + 1n);
    } catch {
      // The store does not answer: another server may have a better one.
      this.end();
    }
  }
  #watch(revision: bigint): void {
    const { keys } = this.#reader.directory.parts;
    this.#stop = keys.watch(...keysOf(this.#key), revision, {
      changed: (at, events) => {
        const own = events.filter(({ key }) => relative(this.#key, key) !== undefined);
        if (own.length > 0) this.#told = this.#told.then(() => this.#change(at, own)).catch(this.end);
      },
      over: (why) => {
        if (why === COMPACTED) this.#told = this.#told.then(() => this.#list());
        else this.end();
      },
    });
  }
  async #change(revision: bigint, events: readonly Keyed[]): Promise<void> {
    const seconds = await this.#seconds(events.flatMap(({ pair }) => pair ?? []));
    this.#say('changed', revision, () => ({ keys: this.#keys(events, seconds) }));
  }
  /** The seconds of the leases that decide a TTL. */
  async #seconds(pairs: readonly Pair[]): Promise<ReadonlyMap<bigint, number>> {
    const seconds = new Map<bigint, number>();
    for (const pair of pairs) {
      if (!lacksTtl(pair) || seconds.has(pair.lease)) continue;
      seconds.set(pair.lease, (await this.#reader.directory.parts.keys.lease(pair.lease)).granted);
    }
    return seconds;
  }
  #keys(events: readonly Keyed[], seconds: ReadonlyMap<bigint, number>): ToldKeys['keys'] {
    return events.map(({ key, pair }) => {
      const own = relative(this.#key, key)!;
      return pair === undefined ? { key: own } : { key: own, value: messageOf(pair, seconds.get(pair.lease) ?? 0) };
    });
  }

  // --- the reader

  #say(event: Telling, revision: bigint | undefined, keys: () => ToldKeys): void {
    if (this.isOver) return;
    const id = revision === undefined ? {} : { id: `${this.#reader.source}-${revision}` };
    this.#waiting.push(() => ({ event, ...id, data: JSON.stringify(keys()) }));
    if (this.#waiting.length > WAITING) return this.end();
    this.pump();
  }
  /** Tells as much as is taken. */
  pump(): void {
    let told = 0;
    while (told < this.#waiting.length && this.#events.takes) this.#events.send(this.#waiting[told++]!());
    this.#waiting.splice(0, told);
    if (told > 0) this.#misses = 0;
  }
  /** Who hears that it has all must have all: where this server does not, it says so by leaving. */
  readonly #beat = (): void => {
    const { directory, may } = this.#reader;
    if (!may() || directory.parts.names.remark !== undefined || (this.#waiting.length > 0 && ++this.#misses > 2)) return this.end();
    if (this.#waiting.length === 0) this.#events.beat();
    this.#cancel = directory.parts.clock.after(BEAT, this.#beat);
  };
  readonly end = (): void => {
    if (this.isOver) return;
    this.isOver = true;
    this.#stop();
    this.#cancel();
    this.#waiting.length = 0;
    this.#events.end();
    this.#reader.over(this);
  };
}

/** The operation. */
export function changesOn(directory: Directory, { zoneAt }: Pick<Places, 'zoneAt'>): Operation {
  const readers = new Set<ToldZone>();
  directory.parts.signal.addEventListener('abort', () => {
    for (const each of readers) each.end();
  }, { once: true });
  return {
    method: 'GET', path: '/v1/zones/{zone}/changes', id: 'changes', events: true,
    summary: 'The keys of a zone, and each change of them, for who keeps a copy',
    replies: { 200: { type: 'string', description: 'events all, since and changed, whose data is an object with keys' } },
    async run(asked) {
      const zone = zoneAt(asked);
      asked.may('read', zone.text);
      await directory.listed();
      const { names, keys } = directory.parts;
      const again = { cure: 'ask another server, or try again', fields: [['Retry-After', '1']] as const };
      if (names.remark !== undefined) throw new Problem(503, 'Not current', { detail: names.remark, ...again });
      if (readers.size >= MOST) throw new Problem(503, 'Too many follow', again);
      const source = await keys.source();
      return {
        status: 200,
        goesOn: (exchange) => {
          const told = ToldZone.begin({
            directory, zone, source, last: exchange.field('last-event-id') ?? '', may: () => asked.mayStill('read', zone.text),
            over: (each) => readers.delete(each),
          }, exchange);
          if (told !== undefined && !told.isOver) readers.add(told);
        },
      };
    },
  };
}
