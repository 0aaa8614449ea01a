// Whether everybody can use the page: axe finds nothing in any section, dark or light, on a desktop or a phone; what is to be touched is
// large enough; nothing is wider than the phone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import axe from 'axe-core';
import { Chromium, noChromium } from './chromium.ts';
import type { Tab } from './chromium.ts';
import { looked } from './rig.ts';
import { shown } from './shown.ts';

const SECTIONS = ['overview', 'queries', 'cache', 'upstreams', 'zones', 'clusters', 'policy', 'corefile'];

/** What axe says is wrong, in a line each. */
async function complaints(tab: Tab): Promise<readonly string[]> {
  const found = `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => id + ': ' + html.slice(0, 200) + ' ' + failureSummary)))`;
  return tab.tell<string[]>(found);
}

for (const [scheme, width, height, isPhone] of [['light', 1440, 1200, false], ['dark', 360, 740, true]] as const) {
  test(`axe finds nothing: ${scheme}, ${width} wide`, { skip: noChromium }, async (t) => {
    const at = await looked(t);
    for (const name of ['www.example.org', 'a.example.net', 'a.example.net', 'x.gone.test', 'x.fails.test']) await at.dns.ask(name);
    const browser = Chromium.start(t);
    const tab = await browser.page(width, height, isPhone);
    await tab.prefers(scheme);
    await tab.open(at.url);
    await tab.until("document.querySelector('#token')", 'a token is wanted');
    await tab.tell(axe.source);
    assert.deepEqual(await complaints(tab), []);
    await shown(tab, at);
    await tab.tell(axe.source);
    await tab.until("document.querySelectorAll('#live tbody tr:not(.none)').length >= 4", 'rows');
    await tab.press('j');
    await tab.until("document.querySelectorAll('ol.walk li').length > 2", 'a walk');
    const wrong: string[] = [];
    for (const section of SECTIONS) {
      await tab.tell(`location.hash = '#/${section}'`);
      await tab.until(`document.title.toLowerCase().startsWith('${section}') && document.querySelector('main section')`, section);
      await tab.until("!/asking/i.test(document.querySelector('header').innerText)", 'the server answers');
      wrong.push(...(await complaints(tab)).map((each) => `${section}: ${each}`));
      if (!isPhone) continue;
      assert.ok(await tab.tell<number>('document.documentElement.scrollWidth') <= width, `${section} is wider than the phone`);
      const small = `[...document.querySelectorAll('button, a[href], input, select')].filter((each) => {
        const { width, height } = each.getBoundingClientRect();
        return width > 1 && (height < 44 || width < 44) && !each.closest('.unseen, .skip, header nav, p');
      }).map((each) => each.outerHTML.slice(0, 160))`;
      wrong.push(...(await tab.tell<string[]>(small)).map((each) => `${section}: too small to be touched: ${each}`));
    }
    assert.deepEqual(wrong, []);
    await tab.press('?');
    await tab.until("document.querySelector('dialog[open]')", 'the keys');
    assert.deepEqual(await complaints(tab), []);
    assert.deepEqual(tab.complaints, []);
  });
}
