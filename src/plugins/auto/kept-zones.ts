// Which zones of a folder are open, on the main thread: opened when their file is found, closed when two looks have missed it (AUTO-5).
// Knows what was found; serves nothing.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Name } from '../../dns/name.ts';
import { signingOf } from '../../authority/signing/settings.ts';
import { openZone } from '../../authority/zone/open-zone.ts';
import type { OpenZone, ZoneLine } from '../../authority/zone/open-zone.ts';
import { isSame, lookAt } from '../../authority/zone/file-state.ts';
import type { FileState } from '../../authority/zone/file-state.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import { Ending } from '../../kernel/signal.ts';
import type { End } from '../../kernel/signal.ts';
import type { Site } from '../../kernel/site/site.ts';
import type { Found, Scan } from './folder.ts';

/** Looks that must miss a zone before it goes, and how many may go at once where that is half of all. */
const LOOKS = 2, FEW = 10;
/** Zones that are opened, and files that are looked at, in one turn: some milliseconds. */
const TURN = 16, LOOKS_A_TURN = 256;

/** How zones are opened. */
export interface KeepOptions {
  readonly prune: boolean;
  readonly counted: boolean;
  /** The most iterations of hashes that zones may have; as usual where nothing is said. */
  readonly iterations: number | undefined;
  /** The folder in which zones are kept for the next start; undefined: nowhere. */
  readonly journal: string | undefined;
  /** The block, whose parts say how zones are signed. */
  readonly site: Pick<Site, 'all'>;
  /** Called whenever a zone was loaded, not before its first time was over. */
  changed(zone: Name): void;
}
interface Kept {
  readonly found: Found;
  readonly open: OpenZone;
  readonly end: Ending;
  missed: number;
}
/** A zone's file, which is looked at when the folder is. */
export const lineOf = (
  { zone, path }: Found, { site, iterations, journal }: Pick<KeepOptions, 'site' | 'iterations' | 'journal'>,
): ZoneLine =>
  ({ zone, path, reload: 0, interval: '', unchanged: 'leave', iterations, signing: signingOf(site, zone), journal });
/** Opens the zone of a line until the signal aborts; as `openZone`. */
export type Opener = (line: ZoneLine, signal: End) => Promise<OpenZone>;

/** The zones of one folder. */
export class KeptZones {
  readonly #run: Pick<Run, 'log' | 'signal'>;
  readonly #options: KeepOptions;
  readonly #open: Opener;
  readonly #kept = new Map<string, Kept>();
  /** Files that could not be served, as they were then and why. */
  readonly #failed = new Map<string, { readonly state: FileState | undefined; readonly text: string }>();
  #said = '';

  constructor(run: Run, options: KeepOptions, open: Opener = (line, signal) => openZone(run, 'auto', line, signal)) {
    this.#run = run;
    this.#options = options;
    this.#open = open;
  }

  /** What is open, by key. */
  get found(): readonly Found[] {
    return [...this.#kept.values()].map(({ found }) => found);
  }
  /** Why what is served is not what the files say. */
  get troubles(): readonly string[] {
    return [...[...this.#kept.values()].flatMap(({ open }) => open.trouble ?? []), ...[...this.#failed.values()].map(({ text }) => text)];
  }
  /** What is to be done when all of them go. */
  close(): void {
    for (const { end } of this.#kept.values()) end.abort();
  }

  /**
   * Looks at the files of zones that are open; whether one was written just now, so that it is to be looked at again soon: with `now` it is
   * read all the same.
   */
  async look(now = false): Promise<boolean> {
    let soon = false;
    let count = 0;
    for (const { open, missed } of [...this.#kept.values()]) {
      if (missed > 0) continue;
      const again = open.look(now);
      soon = (typeof again === 'boolean' ? again : await again) || soon;
      if (++count % LOOKS_A_TURN === 0) await nextTurn();
      if (this.#run.signal.aborted) return false;
    }
    return soon;
  }
  /** Opens what is new, closes what is gone. Resolves with the zones that came and went. */
  async take(scan: Scan): Promise<readonly Name[]> {
    this.#forget(scan);
    const came: Name[] = [];
    const all = [...scan.zones.values()].filter((found) => !this.#isKept(found));
    for (let at = 0; at < all.length && !this.#run.signal.aborted; at += TURN) {
      const opened = await Promise.all(all.slice(at, at + TURN).map((found) => this.#come(found)));
      came.push(...opened.flatMap((zone) => zone ?? []));
      if (opened.some((zone) => zone !== undefined)) await nextTurn();
    }
    const complaints = [...scan.complaints];
    const gone = this.#go(scan, complaints);
    this.#complain(complaints);
    return [...came, ...gone];
  }
  /** Whether it is open, from the same file; then it was not missed. */
  #isKept({ zone, path }: Found): boolean {
    const kept = this.#kept.get(zone.key);
    if (kept?.found.path !== path) return false;
    kept.missed = 0;
    return true;
  }
  /** Files that are gone are not broken any more. */
  #forget(scan: Scan): void {
    if (this.#failed.size === 0) return;
    const paths = new Set([...scan.zones.values()].map(({ path }) => path));
    for (const path of this.#failed.keys()) if (!paths.has(path)) this.#failed.delete(path);
  }
  async #come(found: Found): Promise<Name | undefined> {
    const { zone, path } = found;
    const before = this.#kept.get(zone.key);
    const failed = this.#failed.get(path);
    const state = lookAt([path]);
    if (failed !== undefined && state !== undefined && isSame(failed.state, state)) return undefined;
    const end = new Ending();
    try {
      const open = await this.#open({ ...lineOf(found, this.#options), counted: this.#options.counted }, end);
      this.#failed.delete(path);
      this.#kept.set(zone.key, { found, open, end, missed: 0 });
      before?.end.abort();
      open.listen(() => this.#options.changed(zone), end);
      this.#run.log.prefix('auto').info(`Inserting zone \`${zone.text}' from: ${path}`);
      return zone;
    } catch (error) {
      end.abort();
      const text = (error as Error).message.replace(/^plugin\/auto: /, '');
      this.#failed.set(path, { state, text: `zone ${zone.text}: ${text}` });
      this.#run.log.prefix('auto').warning(`Parse zone \`${zone.text}': ${text}`);
      return undefined;
    }
  }

  #go({ zones }: Scan, complaints: string[]): readonly Name[] {
    const going = [...this.#kept.values()].filter((kept) => !zones.has(kept.found.zone.key) && ++kept.missed >= LOOKS);
    if (going.length > FEW && going.length * 2 > this.#kept.size && !this.#options.prune) {
      complaints.push(`${going.length} of ${this.#kept.size} zones have no file any more: they are kept, unless "prune all" is said`);
      return [];
    }
    for (const { found: { zone }, end } of going) {
      this.#kept.delete(zone.key);
      end.abort();
      this.#run.log.prefix('auto').info(`Deleting zone \`${zone.text}'`);
    }
    return going.map(({ found }) => found.zone);
  }
  /** Says what was not said the last time. */
  #complain(complaints: readonly string[]): void {
    const text = complaints.join('\n');
    if (text !== this.#said) for (const complaint of complaints) this.#run.log.prefix('auto').warning(complaint);
    this.#said = text;
  }
}
