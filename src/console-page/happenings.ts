// What happened to the server: loads, warnings, ways back. Knows the stream of them.
import { signal } from '@preact/signals';
import { EventReader } from './events.ts';
import { listen, me } from './server.ts';
import type { Change } from './shapes.ts';

/** One of them. */
export interface Happening {
  readonly event: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly level?: string;
  readonly text?: string;
  readonly first?: boolean;
  readonly number?: number;
  readonly changes?: readonly Change[];
}
/**
 * Those that are kept; milliseconds until the stream is opened again, and until somebody is known; an id that no process has, after which
 * all that is kept is told.
 */
const KEPT = 200, AGAIN = 2000, SOON = 100, BEGINNING = '0-0';

/** The oldest first. */
export const events = signal<readonly Happening[]>([]);

/** Listens for as long as the page is there. */
export async function startHappenings(): Promise<void> {
  let after = BEGINNING;
  for (;;) {
    while (typeof me.value !== 'object') await new Promise((resolve) => setTimeout(resolve, SOON));
    const reader = new EventReader();
    try {
      for await (const part of listen(`/v1/events?after=${encodeURIComponent(after)}`, new AbortController().signal)) {
        for (const { event, id, data } of reader.feed(part)) {
          after = id ?? after;
          if (event === 'lost') continue;
          const { at, ...what } = JSON.parse(data) as { at: string };
          events.value = [...events.value, { event, ...what, at: Date.parse(at) }].slice(-KEPT);
        }
      }
    } catch {
      // It is opened again.
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN));
  }
}
