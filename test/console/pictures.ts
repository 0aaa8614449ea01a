// `node test/console/pictures.ts FOLDER SECONDS`: pictures of the page for the README, of a desktop and a phone, dark and light, after so
// many seconds of questions. Knows what is asked so that there is something to see.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Chromium } from './chromium.ts';
import type { Looked } from './rig.ts';
import { looked } from './rig.ts';
import { shown } from './shown.ts';

/** What is made a picture of. */
export const PICTURES = [
  { name: 'desktop-dark', scheme: 'dark', width: 1440, height: 1330, isPhone: false },
  { name: 'phone-light', scheme: 'light', width: 390, height: 1500, isPhone: true },
  { name: 'desktop-light', scheme: 'light', width: 1440, height: 1330, isPhone: false },
  { name: 'phone-dark', scheme: 'dark', width: 390, height: 1500, isPhone: true },
] as const;
const NAMES = ['web.shop', 'api.payments', 'registry', 'pool.ntp', 'assets', 'login.corp', 'cdn.telemetry', '_http._tcp.web', 'mail'];

/** Asks so much that each part of the page has something to show. */
async function busy({ dns }: Looked): Promise<void> {
  for (let round = 0; round < 6; round++) {
    for (const [i, name] of NAMES.entries()) {
      for (let n = 0; n <= (NAMES.length - i) / 3; n++) await dns.ask(`${name}.example.net`);
    }
    await dns.ask('www.example.org');
    await dns.ask(`n${round}.gone.test`);
    await dns.ask(`n${round}.fails.test`);
    await dns.ask(['<img src=x onerror=alert(1)>', 'example', 'net']);
  }
}
/** Takes them: each by its name, as PNG. */
export async function pictures(t: TestContext, seconds = 0): Promise<ReadonlyMap<string, Buffer>> {
  const at = await looked(t);
  for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
    await busy(at);
    await new Promise((resolve) => setTimeout(resolve, 200 + Math.random() * 2000));
  }
  const browser = Chromium.start(t);
  const taken = new Map<string, Buffer>();
  for (const { name, scheme, width, height, isPhone } of PICTURES) {
    const tab = await browser.page(width, height, isPhone);
    await tab.prefers(scheme);
    if (taken.size === 0) await shown(tab, at);
    else await tab.open(at.url);
    await busy(at);
    await tab.until("document.querySelectorAll('#live tbody tr:not(.none)').length >= 7", 'rows');
    await tab.until("document.querySelectorAll('#top li').length > 5", 'what comes most');
    await tab.until("/within/.test(document.querySelector('#heat .right').innerText)", 'how long answers took');
    for (let i = 0; i < 3; i++) await tab.press('j');
    await tab.until("document.querySelectorAll('#why ol.walk li').length > 2", 'a walk');
    taken.set(name, await tab.picture());
    await tab.send('Page.close');
  }
  return taken;
}

if (import.meta.main) {
  const [folder = '.', seconds = '0'] = process.argv.slice(2);
  const ends: (() => unknown)[] = [];
  const context = { after: (end: () => unknown) => ends.unshift(end) } as unknown as TestContext;
  mkdirSync(folder, { recursive: true });
  try {
    for (const [name, png] of await pictures(context, Number(seconds))) writeFileSync(join(folder, `console-${name}.png`), png);
  } finally {
    for (const end of ends) await end();
  }
}
