// The entry of a thread beside the main one. Knows what the process gave it; the rest is in threads/.
import { parentPort, workerData } from 'node:worker_threads';
import { isAside, serveAside } from '../threads/aside.ts';
import type { AsideData } from '../threads/aside.ts';
import type { ThreadData } from '../threads/messages.ts';
import { serveThread } from '../threads/serving-thread.ts';
import type { Plugin } from '../kernel/site/plugin.ts';
import { equip } from './equipment.ts';
import { pluginsWith } from './plugin-choice.ts';
import type { DevData } from './dev-thread.ts';
import type { Common } from './equipment.ts';
import type { Code } from './plugin-code.ts';
import type { Addition } from './plugin-config.ts';
import type { ChosenPlugins } from './plugins-anew.ts';
import { readOptionsOf } from './read-options.ts';
import { explainInLine } from './start-error.ts';

/** Serves until the main thread ends this one, with these plugins in place of the standard ones where some are given. */
export async function runThread(own?: readonly Plugin[]): Promise<void> {
  const port = parentPort!;
  if (isAside(workerData as object)) {
    const { WORKS } = await import('./aside.ts');
    return serveAside(port, workerData as AsideData, WORKS);
  }
  if ('dev' in (workerData as object)) return (await import('./dev-thread.ts')).serveDev(port, workerData as DevData, own);
  const data = workerData as ThreadData<Common>;
  const { additions = [], code, file } = data.own;
  if (additions.length > 0) await know(additions, code);
  const equipment = equip(data.own, data.thread, await pluginsWith(additions, own));
  const { warn, builtIn } = equipment.readOptions;
  serveThread(port, data, {
    ...equipment, explain: explainInLine,
    choose: async (chosen) => {
      const { additions: others, code: read } = chosen as ChosenPlugins;
      await know(others, read);
      return { ...readOptionsOf(file, data.own.port, await pluginsWith(others, own), warn), builtIn };
    },
    fatal: (text) => {
      equipment.lines.finish();
      port.postMessage({ what: 'fatal', text });
      process.exit(1);
    },
  });
}
/** From now on the code of these is what main has read. */
async function know(additions: readonly Addition[], code: Code | undefined): Promise<void> {
  const { keepCode } = await import('./plugin-code.ts');
  for (const { url } of additions) keepCode(url, code);
}
