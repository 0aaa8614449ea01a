// Questions without an end in front of the page: what its browser holds of them after so many seconds, how long its frames took, and how
// soon it showed rows at first on a slow machine. Knows the page and the protocol of Chromium.
import type { TestContext } from 'node:test';
import { Stream } from '../../src/testing/spawned.ts';
import { Chromium } from '../console/chromium.ts';
import type { Tab } from '../console/chromium.ts';
import { looked } from '../console/rig.ts';
import { shown } from '../console/shown.ts';

/** Seconds in which what the page needs in any case is there, and bytes that it may grow by afterwards. */
const SETTLED = 15, GROWN = 8 << 20;
/** How much slower a phone is. */
const SLOW = 4;

/** What is in use after everything that is not is gone. */
async function heap(tab: Tab): Promise<number> {
  await tab.send('HeapProfiler.enable');
  await tab.send('HeapProfiler.collectGarbage');
  const { usedSize } = await tab.send('Runtime.getHeapUsage');
  return usedSize as number;
}
const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Watches for so many seconds. */
export async function soak(seconds: number): Promise<Record<string, number>> {
  const ends: (() => unknown)[] = [];
  const context = { after: (end: () => unknown) => ends.unshift(end) } as unknown as TestContext;
  try {
    const at = await looked(context);
    for (let i = 0; i < 50; i++) await at.dns.ask(`n${i}.example.net`);
    const tab = await Chromium.start(context).page();
    await shown(tab, at);
    await tab.send('Emulation.setCPUThrottlingRate', { rate: SLOW });
    await tab.open(at.url);
    await tab.until("document.querySelectorAll('#live tbody tr:not(.none)').length > 10", 'rows');
    const first = await tab.tell<number>("performance.getEntriesByName('first rows')[0]?.startTime ?? -1");
    await tab.send('Emulation.setCPUThrottlingRate', { rate: 1 });
    const stream = new Stream(at.dns.port, { sockets: 4, tcp: false, name: 'many.example.net' });
    ends.unshift(() => stream.end());
    await tab.tell(`(() => {
      let before = performance.now();
      globalThis.frames = [];
      const next = (now) => {
        frames.push(now - before);
        before = now;
        requestAnimationFrame(next);
      };
      requestAnimationFrame(next);
    })()`);
    await pause(SETTLED);
    const before = await heap(tab);
    await tab.tell('frames.length = 0');
    await pause(seconds);
    const frames = await tab.tell<number[]>('frames');
    const after = await heap(tab);
    frames.sort((one, other) => one - other);
    return {
      complaints: tab.complaints.length, leaks: after - before > GROWN ? 1 : 0,
      'bytes before': before, 'bytes after': after, 'ms to first rows': Math.round(first),
      'us of a frame, median': Math.round((frames[frames.length >> 1] ?? 0) * 1000),
      'us, 99 of 100': Math.round((frames[Math.floor(frames.length * 0.99)] ?? 0) * 1000),
    };
  } finally {
    for (const end of ends) await end();
  }
}
