// `node scripts/syntax.mjs`: writes src/plugins/syntax.json, the lines that each word takes, from the Syntax sections of the plugins'
// pages. A test compares the two. Runs on Node 20 too.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { inRoot } from './root.mjs';

/** What is fenced in the Syntax section of a page: the forms of a line, each with its properties. */
export function syntaxOf(word, page) {
  const section = /^## Syntax\n([\s\S]*?)(?=^## |$(?![\s\S]))/m.exec(page)?.[1] ?? '';
  return [...section.matchAll(/^(~~~|```) *txt\n([\s\S]*?)^\1$/gm)].map(([, , text]) => text.trimEnd())
    .filter((text) => text === word || text.startsWith(`${word} `)).join('\n');
}

/** The table of all words. */
export function syntaxTable() {
  const folder = inRoot('src', 'plugins');
  const words = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();
  return Object.fromEntries(words.map((word) => [word, syntaxOf(word, readFileSync(path.join(folder, word, 'README.md'), 'utf8'))]));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(inRoot('src', 'plugins', 'syntax.json'), `${JSON.stringify(syntaxTable(), undefined, 1)}\n`);
}
