// The page in a Chromium: a token, first rows, a filter, a flush, why, keys, names that would be markup, other sites. Nothing is complained
// of by the browser meanwhile.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { Stream } from '../../src/testing/spawned.ts';
import { Chromium, noChromium } from './chromium.ts';
import type { Tab } from './chromium.ts';
import { TOKENS, again, looked } from './rig.ts';
import type { Looked } from './rig.ts';
import { shown } from './shown.ts';

const skip = noChromium;

/** A browser in which somebody has shown a token. */
async function opened(t: TestContext, at: Looked, token = TOKENS.admin): Promise<Tab> {
  const tab = await Chromium.start(t).page();
  await tab.prefers('light');
  await shown(tab, at, token);
  return tab;
}
const rows = "[...document.querySelectorAll('#live tbody tr:not(.none) td.name button')].map((each) => each.innerText)";

test('a token is shown once, then rows come, a filter chooses, and nothing is complained of', { skip }, async (t) => {
  const at = await looked(t);
  await at.dns.ask('first.example.net');
  const tab = await opened(t, at);
  await tab.until(`${rows}.includes('first.example.net.')`, 'what was asked before');
  await at.dns.ask('second.example.net');
  await tab.until(`${rows}[0] === 'second.example.net.'`, 'what is asked now, on top');
  await tab.press('/');
  await tab.write('under:example.org');
  await tab.press('Enter');
  await tab.until(`${rows}.length === 0`, 'nothing fits');
  await at.dns.ask('third.example.net');
  await at.dns.ask('www.example.org');
  await tab.until(`${rows}.length === 1 && ${rows}[0] === 'www.example.org.'`, 'what fits');
  await tab.open(at.url);
  await tab.until("document.querySelector('#live')", 'no token is wanted again');
  assert.equal(await tab.tell('document.cookie'), '');
  assert.deepEqual(tab.complaints, []);
});

test('names that would be markup, turn the line or fill it are texts', { skip }, async (t) => {
  const at = await looked(t);
  const markup = '<img src=x onerror=complain(1)>';
  const names = [[markup, 'example', 'net'], ['"><script>complain(2)</script>', 'example', 'net'], ['=cmd|calc', 'example', 'net'],
    ['\u00e2\u0080\u00aeevil', 'example', 'net'], Array<string>(4).fill('\0'.repeat(60)), ['12:00:00 NOERROR', 'example', 'net']];
  for (const name of names) await at.dns.ask(name);
  const tab = await opened(t, at);
  await tab.until(`${rows}.length >= ${names.length}`, 'all of them');
  const texts = await tab.tell<string[]>(rows);
  assert.ok(texts.some((text) => text.startsWith('<img\\ src=x\\ onerror=complain\\(1\\)>.example.net.')), texts.join('\n'));
  assert.ok(texts.every((text) => /^[\x20-\x7e\u2026]*$/.test(text)), texts.join('\n'));
  assert.equal(await tab.tell("document.querySelectorAll('#page img, #page script').length"), 0);
  // In why, in the lists and in the cache too.
  for (let i = 0; i < names.length; i++) {
    await tab.press('j');
    await tab.until("document.querySelector('#why .q')", 'why is told');
  }
  await tab.press('3');
  await tab.until("document.querySelectorAll('#cache tbody tr').length > 3", 'the cache');
  assert.equal(await tab.tell("document.querySelectorAll('#page img, #page script').length"), 0);
  assert.deepEqual(tab.complaints, []);
});

test('why is told by keys alone', { skip }, async (t) => {
  const at = await looked(t);
  await at.dns.ask('www.example.org');
  const tab = await opened(t, at);
  await tab.until(`${rows}.includes('www.example.org.')`, 'the row');
  await tab.press('j');
  await tab.press('Enter');
  await tab.until("document.activeElement.id === 'why-title'", 'the focus is where it is told');
  await tab.says(/hosts\s+answered/);
  await tab.says(/Not entered|longest zone/);
  await tab.press('?');
  await tab.says(/pause, or go on/);
  await tab.press('Escape');
  await tab.press('e');
  await tab.until("document.activeElement.id === 'explain-name'", 'the form');
  await tab.write('mail.example.org');
  await tab.press('Enter');
  await tab.says(/mail\.example\.org\. \d+ IN A 192\.0\.2\.2/);
  assert.deepEqual(tab.complaints, []);
});

test('a flush says first how much it concerns; who may only look is told so', { skip }, async (t) => {
  const at = await looked(t);
  for (const name of ['a', 'b', 'c']) await at.dns.ask(`${name}.example.net`);
  const tab = await opened(t, at, TOKENS.operate);
  await tab.press('3');
  await tab.until("document.querySelectorAll('#cache tbody tr').length === 3", 'three answers');
  await tab.click('#under');
  await tab.write('example.net');
  await tab.press('Enter');
  await tab.until("/under example.net/.test(document.querySelector('#cache .head').innerText)", 'those under the name');
  await tab.tell("[...document.querySelectorAll('#cache .bar button')].at(-1).click()");
  await tab.says(/3 answers are asked for anew/);
  await tab.until("document.activeElement.id === 'flush-now'", 'the focus is where it is done');
  await tab.press('Enter');
  await tab.says(/example\.net\. is asked for anew/);
  await tab.says(/Nothing is kept here/);
  await tab.press('8');
  await tab.until("document.querySelector('#changes button')", 'the Corefile');
  await tab.tell("document.querySelector('#changes button').click()");
  assert.equal(await tab.tell("document.querySelector('#changes button').getAttribute('aria-disabled')"), 'true');
  assert.match(await tab.tell("document.querySelector('#changes button').textContent"), /for who may admin/);
  assert.deepEqual(tab.complaints, []);
});

test('a name of another site that leads here gets nothing', { skip }, async (t) => {
  const at = await looked(t);
  const tab = await Chromium.start(t, '--host-resolver-rules=MAP evil.example 127.0.0.1').page();
  await tab.open(`http://evil.example:${at.port}/`);
  await tab.says(/Another host/);
  const status = await tab.tell("fetch('/v1/status').then((reply) => reply.status)");
  assert.equal(status, 421);
  const body = JSON.stringify({ token: TOKENS.admin });
  const session = `fetch('/session', { method: 'POST', headers: { 'content-type': 'application/json' }, body: ${JSON.stringify(body)} })`;
  assert.equal(await tab.tell(`${session}.then((reply) => reply.status)`), 421);
  // Nor does a page of its own that asks across.
  const across = await tab.tell(`fetch('http://127.0.0.1:${at.port}/v1/status').then(() => 'read', () => 'refused')`);
  assert.equal(across, 'refused');
});

test('when the server goes what is there stays, grey, and it goes on by itself', { skip }, async (t) => {
  const at = await looked(t, 'state state');
  await at.dns.ask('before.example.net');
  const tab = await opened(t, at);
  await tab.until(`${rows}.includes('before.example.net.')`, 'the row');
  await at.server.crash();
  await tab.says(/does not answer since \d\d:\d\d:\d\d/);
  assert.ok(await tab.tell(`${rows}.includes('before.example.net.')`));
  assert.match(await tab.tell("getComputedStyle(document.querySelector('main')).filter"), /grayscale/);
  await again(t, at);
  await tab.until("!document.querySelector('.gone')", 'it answers again');
  await at.dns.ask('after.example.net');
  await tab.until(`${rows}.includes('after.example.net.')`, 'what is asked now');
  assert.deepEqual(tab.complaints, []);
});

test('without a folder for sessions a server that comes back asks for the token again', { skip }, async (t) => {
  const at = await looked(t);
  const tab = await opened(t, at);
  await at.server.crash();
  await tab.says(/does not answer since/);
  await again(t, at);
  await tab.until("document.querySelector('#token')", 'a token is wanted');
  assert.deepEqual(tab.complaints, []);
});

test('a moment of the picture leads to its questions, by pointer and by keys', { skip }, async (t) => {
  const at = await looked(t);
  for (let i = 0; i < 5; i++) await at.dns.ask('same.example.net');
  const tab = await opened(t, at);
  await tab.until("/within/.test(document.querySelector('#heat .right').innerText)", 'there is a picture');
  await tab.tell("document.querySelector('#heat canvas').focus()");
  await tab.press('ArrowLeft');
  await tab.until("/answers$/.test(document.querySelector('#heat canvas').getAttribute('aria-valuetext'))", 'a moment is told');
  await tab.press('Enter');
  await tab.until("location.hash.includes('until=')", 'the questions of the moment');
  await tab.says(/Back to what comes now/);
  await tab.press('1');
  await tab.until("document.querySelector('#heat canvas')", 'the picture again');
  // Right above the bottom is where answers from the cache are; the last column is now.
  await tab.until(`(() => {
    const canvas = document.querySelector('#heat canvas'), { width, height } = canvas.getBoundingClientRect();
    for (let y = 4; y < height - 22; y += 4) {
      canvas.dispatchEvent(new PointerEvent('pointermove', { bubbles: true, clientX: canvas.getBoundingClientRect().x + width - 5,
        clientY: canvas.getBoundingClientRect().y + y }));
    }
    return /answers$/.test(canvas.getAttribute('aria-valuetext'));
  })()`, 'a cell is told');
  // The page grows while it is looked at: a pointer that aims before that clicks beside it.
  await tab.until(`(() => {
    const canvas = document.querySelector('#heat canvas');
    const { x, y, width, height } = canvas?.getBoundingClientRect() ?? { x: 0, y: 0, width: 0, height: 0 };
    canvas?.dispatchEvent(new MouseEvent('click', { bubbles: true, clientX: x + width / 2, clientY: y + height / 2 }));
    return location.hash.includes('until=');
  })()`, 'a click leads there too');
  assert.deepEqual(tab.complaints, []);
});

test('clients have names when they are asked for, and many questions are one in so many', { skip }, async (t) => {
  const at = await looked(t);
  await at.dns.ask('a.example.net');
  const tab = await opened(t, at);
  await tab.until(`${rows}.length > 0`, 'a row');
  await tab.press('r');
  await tab.until("/client\\.example\\.net/.test(document.querySelector('#live td.client').innerText)", 'the name of the client');
  const many = new Stream(at.dns.port, { sockets: 8, tcp: false, name: 'many.example.net' });
  t.after(() => many.end());
  await tab.until("/1 in [0-9,]+ of what fits/.test(document.querySelector('#live .head').innerText)", 'one in so many');
  await tab.press(' ');
  await tab.until("/paused, [1-9]/.test(document.querySelector('#live .head').innerText)", 'rows wait');
  assert.ok(await tab.tell<number>("document.querySelectorAll('#live tbody tr').length") <= 14);
  await many.end();
  assert.deepEqual(tab.complaints, []);
});
