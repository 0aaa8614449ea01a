// The Syntax sections of the plugins' pages, for what is packed without the pages. Knows the form of a page. Runs on Node 20 too.
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { inRoot } from './root.mjs';

/** The section of each word. */
export function syntaxSections() {
  const folder = inRoot('src', 'plugins');
  const words = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();
  const section = (word) => readFileSync(path.join(folder, word, 'README.md'), 'utf8')
    .split(/^(?=## )/m).find((text) => text.startsWith('## Syntax'));
  return Object.fromEntries(words.map((word) => [word, section(word) ?? '']));
}
