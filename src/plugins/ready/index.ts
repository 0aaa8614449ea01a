// *ready* enables a readiness check HTTP endpoint. Knows which parts say whether they are ready; knows no plugin by name.
import { showAt } from '../../kernel/show.ts';
import type { HttpReply } from '../../http/message.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Site } from '../../kernel/site/site.ts';
import { Slot } from '../../kernel/slot.ts';
import { readReady } from './config.ts';

/** Put there by each block that has `ready`: whether its parts are asked again and again. The last block speaks for all. */
const Monitored = new Slot<boolean>('monitored continuously');

/** The parts of every block with `ready`, and what they said. */
class Readiness {
  readonly #sites: readonly Site[];
  readonly #continuously: boolean;
  readonly #wasReady = new WeakSet<object>();

  constructor(sites: readonly Site[]) {
    this.#sites = sites.filter((site) => site.all(Monitored).length > 0);
    this.#continuously = this.#sites.at(-1)?.last(Monitored) ?? false;
  }
  /** The names of the plugins that are not ready, sorted. */
  missing(): readonly string[] {
    const missing = new Set<string>();
    for (const { name, part } of this.#sites.flatMap(({ parts }) => parts)) {
      if (part.ready === undefined || (!this.#continuously && this.#wasReady.has(part))) continue;
      if (part.ready()) this.#wasReady.add(part);
      else missing.add(name);
    }
    return [...missing].sort();
  }
  /** What parts say although they are ready, each once. */
  remarks(): readonly string[] {
    return [...new Set(this.#sites.flatMap(({ parts }) => parts.flatMap(({ part }) => part.remark?.() ?? [])))];
  }
}

export default definePlugin({
  name: 'ready',
  parse: readReady,
  create({ address, continuously }, site) {
    site.put(Monitored, continuously);
    let goodbye = new AbortController();
    let listening = false;
    let show: () => Promise<void>;
    return {
      /** An address that cannot be had is told and no reason to end: queries are answered all the same, as CoreDNS does. */
      control(run) {
        const log = run.log.prefix('ready');
        const readiness = new Readiness(run.sites);
        // At a reload the sockets are there all the time.
        listening = !run.first;
        const answer = (): HttpReply => {
          const missing = [...readiness.missing(), ...(listening ? [] : ['listeners']), ...run.whole.awaited()].join(',');
          if (missing === '') return { status: 200, body: ['OK', ...readiness.remarks()].join('\n') };
          log.info(`Plugins not ready: "${missing}"`);
          return { status: 503, body: missing };
        };
        show = async () => {
          try {
            await showAt({ ...run, signal: AbortSignal.any([run.signal, goodbye.signal]) }, address, '/ready', answer);
          } catch (error) {
            log.error(`Failed to start ready handler: ${(error as Error).message}`);
          }
        };
        return show();
      },
      started() {
        listening = true;
      },
      /** Who shares the address speaks for it from now on: whether this one is ready says nothing of that one. */
      handOver(run, failed) {
        goodbye.abort();
        failed.addEventListener('abort', () => {
          if (run.signal.aborted) return;
          goodbye = new AbortController();
          void show();
        }, { once: true });
      },
      /** From here on nobody is listened to, also while `health` still waits, as in CoreDNS: who asks takes that for not ready. */
      drain: () => goodbye.abort(),
    };
  },
});
