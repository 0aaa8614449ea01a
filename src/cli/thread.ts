// The entry of a thread beside the main one. Knows what the process gave it; the rest is in threads/.
import { enableCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { ThreadData } from '../threads/messages.ts';
import { serveThread } from '../threads/serving-thread.ts';
import { equip } from './equipment.ts';
import type { Common } from './equipment.ts';
import { explainStartError } from './start-error.ts';

/** Serves until the main thread ends this one. */
export function runThread(): void {
  enableCompileCache?.();
  const port = parentPort!;
  const data = workerData as ThreadData<Common>;
  const equipment = equip(data.own, false);
  serveThread(port, data, {
    ...equipment, explain: explainStartError,
    fatal: (text) => {
      equipment.lines.flush();
      port.postMessage({ what: 'fatal', text });
      process.exit(1);
    },
  });
}
