// Type declarations of what the package exports: of all that the compiler writes, those that its doors lead to.
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { inRoot } from './root.mjs';

/** Declarations that one file imports, as paths. */
const importsOf = (file) => [...readFileSync(file, 'utf8').matchAll(/(?:\bfrom\s*|\bimport\()\s*['"](\.[^'"]+)['"]/g)]
  .map(([, target]) => path.join(path.dirname(file), target.replace(/\.[jt]s$/, '.d.ts')));

/** Removes each declaration that none of the package's doors leads to, and folders that are empty then. */
export function pruneDeclarations() {
  const { exports } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
  const reached = new Set();
  const queue = Object.values(exports).flatMap(({ types }) => (types === undefined ? [] : [inRoot(types)]));
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    queue.push(...importsOf(file));
  }
  const prune = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const at = path.join(folder, entry.name);
      if (entry.isDirectory()) prune(at);
      else if (!reached.has(at)) rmSync(at);
    }
    if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true });
  };
  prune(inRoot('dist', 'types'));
}
