// How much plugins say in the log while somebody wants it otherwise: written on main, obeyed by every thread, over by itself. Knows words
// of plugins and levels.
import { problem } from '../http/problem.ts';
import type { HttpReply } from '../http/message.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Level } from '../kernel/seen/log-lines.ts';
import type { Closable } from '../kernel/shared.ts';
import type { Run } from '../kernel/site/plugin.ts';
import type { Note } from '../store/notes.ts';
import type { Store } from '../store/store.ts';
import { quoted } from '../wording/quote.ts';
import { replyJson } from './reply.ts';
import { lasting } from './things.ts';

const NAME = 'levels of the log';
/** Milliseconds that one holds where nothing is said; until a write that failed is tried again. */
const USUAL = 3600_000, LATER = 10_000;
/** As they are asked for, and as lines have them. */
const LEVELS: { readonly [word: string]: Level } = { debug: 'DEBUG', info: 'INFO', warning: 'WARN', error: 'ERROR' };

/** In every thread: the least grave level of which lines of a plugin are said; undefined where that is as usual. */
export function leastOf(store: Store): (plugin: string) => Level | undefined {
  const note = store.note(NAME);
  let round = -1;
  let levels: ReadonlyMap<string, Level> = new Map();
  return (plugin) => {
    if (note.round !== round) {
      round = note.round;
      levels = new Map(JSON.parse(note.read() || '[]') as [string, Level][]);
    }
    return levels.get(plugin) ?? levels.get('');
  };
}

interface Wanted {
  readonly level: string;
  readonly until: number;
  readonly cancel: () => void;
}
/** What is wanted otherwise. Main's; it outlives loads. */
export class Levels implements Closable {
  readonly #clock: Clock;
  readonly #note: Note;
  /** By plugin; '' is all of which nothing else is wanted. */
  readonly #wanted = new Map<string, Wanted>();

  constructor(clock: Clock, store: Store) {
    this.#clock = clock;
    this.#note = store.note(NAME);
  }
  close(): void {
    for (const plugin of [...this.#wanted.keys()]) this.#drop(plugin);
    this.#tell();
  }
  get list(): HttpReply {
    const rows = [...this.#wanted].map(([plugin, { level, until }]) => (
      { plugin: plugin === '' ? null : plugin, level, until: new Date(until).toISOString() }));
    return replyJson({ levels: rows });
  }
  /** From now on a plugin says so much, for some time. */
  set({ sites }: Run, { plugin = '', level, for: time }: { readonly [name: string]: unknown }): HttpReply {
    const wait = lasting(time, USUAL);
    if (typeof wait === 'string') return problem(400, 'No duration', wait);
    if (typeof level !== 'string' || !Object.hasOwn(LEVELS, level)) return problem(400, 'No level', Object.keys(LEVELS).join(', '));
    const known = sites.flatMap(({ parts }) => parts.map(({ name }) => name));
    if (typeof plugin !== 'string' || (plugin !== '' && !known.includes(plugin))) {
      return problem(404, 'No such plugin', `${quoted(String(plugin))} stands in no block; without a plugin all are meant`);
    }
    this.#drop(plugin);
    const cancel = this.#clock.after(wait, () => this.undo(plugin));
    this.#wanted.set(plugin, { level, until: this.#clock.wall() + wait, cancel });
    this.#tell();
    return this.list;
  }
  /** It says as much as usual again. */
  undo(plugin: string): HttpReply {
    this.#drop(plugin);
    this.#tell();
    return this.list;
  }
  #drop(plugin: string): void {
    this.#wanted.get(plugin)?.cancel();
    this.#wanted.delete(plugin);
  }
  #tell(): void {
    try {
      this.#note.write(JSON.stringify([...this.#wanted].map(([plugin, { level }]) => [plugin, LEVELS[level]])));
    } catch {
      // The shared memory is full: what was wanted before holds until there is room.
      this.#clock.after(LATER, () => this.#tell());
    }
  }
}
