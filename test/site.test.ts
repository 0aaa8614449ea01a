// The site: every page is there, and every link of it leads to a file and a heading that are there; what is read needs no script. Knows the
// files that are written, and HTML by its marks.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { pathsIn, read, root } from './gates/checkout.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'site-'));
after(() => rmSync(folder, { recursive: true, force: true }));
before(async () => {
  const script = path.join(root, 'scripts/site.mjs');
  const { buildSite } = await import(script) as { buildSite: (folder: string) => number };
  buildSite(folder);
});
const pages = (): readonly string[] => readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.html'));
const textOf = (name: string): string => readFileSync(path.join(folder, name), 'utf8');
const idsOf = (html: string): ReadonlySet<string> => new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!));

test('each document and each plugin has its page', () => {
  const all = new Set(pages());
  const words = pathsIn('src').flatMap((file) => /^src\/plugins\/([^/]+)\/README\.md$/.exec(file)?.[1] ?? []);
  const docs = pathsIn('docs').flatMap((file) => /^docs\/([^/]+)\.md$/.exec(file)?.[1] ?? []);
  assert.ok(words.length > 60 && docs.length > 8);
  const wanted = ['index.html', 'deploy.html', ...words.map((word) => `plugins/${word}.html`), ...docs.map((name) => `docs/${name}.html`)];
  assert.deepEqual(wanted.filter((name) => !all.has(name)), []);
});

test('every link leads somewhere, every picture and style is there', () => {
  const wrong: string[] = [];
  let links = 0;
  for (const name of pages()) {
    const html = textOf(name);
    for (const [, target = ''] of html.matchAll(/ (?:href|src)="([^"]+)"/g)) {
      if (/^(https?|mailto):/.test(target)) continue;
      links++;
      const [file = '', anchor] = target.split('#');
      const at = file === '' ? name : path.posix.normalize(path.posix.join(path.posix.dirname(name), file));
      if (!existsSync(path.join(folder, at))) wrong.push(`${name}: ${target}`);
      else if (anchor !== undefined && !idsOf(textOf(at)).has(anchor)) wrong.push(`${name}: ${target} has no such heading`);
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(links > 5000, `${links} links`);
});

test('nothing of a page is lost, and nothing of it is a mark that was not meant', () => {
  for (const word of ['forward', 'rewrite', 'kubernetes']) {
    const html = textOf(`plugins/${word}.html`);
    const main = /<main>([\s\S]*)<\/main>/.exec(html)![1]!;
    const plain = (text: string) => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
    const said = plain(main.replace(/<[^>]+>/g, ' ')).replace(/\s+/g, ' ');
    const words = read(`src/plugins/${word}/README.md`).match(/[A-Za-z]{4,}/g)!;
    assert.deepEqual(words.filter((each) => !said.includes(each) && !main.includes(each)), [], word);
    for (const tag of ['table', 'ul', 'li', 'pre', 'code', 'p']) {
      assert.equal(main.split(`<${tag}>`).length + main.split(`<${tag} `).length - 1, main.split(`</${tag}>`).length, `${word}: ${tag}`);
    }
  }
});

test('a search finds the section, best first, from any depth', () => {
  const field = { value: '', listen: () => {}, addEventListener(_: string, listen: () => void) { this.listen = listen; } };
  const found: { textContent: string; children: { href: string; textContent: string }[]; append(li: unknown): void } = {
    textContent: '', children: [],
    append(li) { this.children.push((li as { a: { href: string; textContent: string } }).a); },
  };
  const box = { hidden: true, querySelector: (what: string) => (what === 'input' ? field : found) };
  const document = {
    documentElement: { dataset: { base: '../' } }, getElementById: () => box,
    createElement: (tag: string) => (tag === 'a' ? {} : { append(a: unknown) { Object.assign(this, { a }); } }),
  };
  runInNewContext(textOf('search.js'), { document });
  assert.equal(box.hidden, false);
  field.value = 'forward syntax';
  field.listen();
  assert.equal(found.children[0]?.href, '../plugins/forward.html#syntax');
  assert.ok(existsSync(path.join(folder, 'plugins', found.children[0].href.split('#')[0]!)));
});

test('each alert names a section of the runbooks', () => {
  const ids = idsOf(textOf('docs/runbooks.html'));
  const alerts = [...read('deploy/prometheus/rules.yaml').matchAll(/alert: (\w+)[\s\S]*?runbook: (\S+)/g)];
  assert.ok(alerts.length > 10);
  for (const [, alert, runbook] of alerts) {
    assert.equal(runbook, `docs/runbooks.md#${alert!.toLowerCase()}`);
    assert.ok(ids.has(alert!.toLowerCase()), alert);
  }
});
