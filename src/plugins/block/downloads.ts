// The lists of a line that come over HTTP, on the main thread: where each lies on the disk, and when it is fetched again. Knows times and
// files; how one is fetched is fetch.ts's, and whether it is taken over its readers say.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Run } from '../../kernel/site/plugin.ts';
import { reasonOf } from '../../wording/errno.ts';
import { fetchList } from './fetch.ts';
import type { RemoteList } from './remote-list.ts';

/** Milliseconds between two looks at a server, and after a first and further ones that failed. */
const AGAIN = 3_600_000, RETRY = 10_000;

/** Fetches lists until the load ends. `arrived` takes over what came, and says whether it did. */
export class Downloads {
  readonly #run: Run;
  readonly #log;
  readonly #bootstrap: string | undefined;
  readonly #arrived: () => Promise<void>;

  constructor(run: Run, plugin: string, bootstrap: string | undefined, arrived: () => Promise<void>) {
    this.#run = run;
    this.#log = run.log.prefix(plugin);
    this.#bootstrap = bootstrap;
    this.#arrived = arrived;
  }
  /** Fetches each at once, and again from time to time. */
  begin(lists: readonly RemoteList[]): void {
    for (const { path } of lists) mkdirSync(dirname(path), { recursive: true });
    for (const list of lists) this.#next(list, 0, 0, '');
  }
  #next(list: RemoteList, wait: number, failures: number, said: string): void {
    const { clock, signal } = this.#run;
    const cancel = clock.after(wait, () => {
      void this.#fetch(list).then((why) => {
        if (signal.aborted) return;
        if (why === undefined) return this.#next(list, AGAIN, 0, '');
        if (why !== said) this.#log.warning(`${list.url} was not fetched, and what it had before stays: ${why}`);
        this.#next(list, Math.min(AGAIN, RETRY * 2 ** Math.min(failures, 10)), failures + 1, why);
      });
    });
    signal.addEventListener('abort', cancel, { once: true });
  }
  /** Why it was not had. */
  async #fetch({ url, path, arriving }: RemoteList): Promise<string | undefined> {
    const { clock, signal } = this.#run;
    try {
      // What is cut off by the end of the process must not be taken for the whole.
      const fetched = await fetchList({ url, file: partOf(arriving), tag: tagOf(path), bootstrap: this.#bootstrap }, clock, signal);
      if (fetched === undefined) return undefined;
      renameSync(partOf(arriving), arriving);
      await this.#arrived();
      if (existsSync(arriving)) {
        rmSync(arriving, { force: true });
        return 'it was not taken over';
      }
      writeFileSync(`${path}.etag`, fetched.tag);
      return undefined;
    } catch (error) {
      return reasonOf(error);
    } finally {
      rmSync(partOf(arriving), { force: true });
    }
  }
}
const partOf = (arriving: string): string => `${arriving}.part`;
/** What the server called the list that is there; '' where there is none. */
function tagOf(path: string): string {
  try {
    return existsSync(path) ? readFileSync(`${path}.etag`, 'latin1').trim() : '';
  } catch {
    return '';
  }
}
