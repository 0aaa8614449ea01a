// Compares the Extended DNS Errors that the sources send with the table that says when. Knows how a source names one and
// the table's form, nothing of the errors.
import type { Files } from './layers.ts';
import { isTest, withoutComments } from './layers.ts';

/** The rows of the page's table, `| 15 | BLOCKED | when |`: the code by its name. */
export function documented(page: string): Map<string, number> {
  const rows = page.matchAll(/^\| *(\d+) *\| *`?([A-Z][A-Z_]*)`? *\| *\S.*\|\s*$/gm);
  return new Map([...rows].map(([, code, name]) => [name ?? '', Number(code)]));
}

/** The names of the info codes that the sources use, written `INFO_CODE.NAME`. */
export function used(files: Files): Set<string> {
  const names = new Set<string>();
  for (const [path, text] of files) {
    if (isTest(path)) continue;
    for (const [, name] of withoutComments(text).matchAll(/\bINFO_CODE\.([A-Z_]+)\b/g)) names.add(name ?? '');
  }
  return names;
}

/** Where page, sources and the registry of codes do not agree. */
export function disagreements(page: string, files: Files, codes: Readonly<Record<string, number>>): string[] {
  const rows = documented(page);
  const sent = used(files);
  return [
    ...[...sent].filter((name) => !rows.has(name)).map((name) => `${name} is sent, and the page does not say when`),
    ...[...rows.keys()].filter((name) => !sent.has(name)).map((name) => `${name} is on the page, and nothing sends it`),
    ...[...rows].filter(([name, code]) => codes[name] !== code).map(([name, code]) => `${name} is not ${code}`),
  ];
}
