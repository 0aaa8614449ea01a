// `npm run build`: the addon, a clean bundle, the manuals, and the type declarations of what the package exports.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { buildAddon } from './addon.mjs';
import { buildBundle } from './bundle.mjs';
import { compile } from './compiled.mjs';
import { pruneDeclarations } from './declarations.mjs';
import { writeManPages } from './man.mjs';
import { inRoot, recentNode } from './root.mjs';

recentNode();
const why = buildAddon();
if (why) console.log(`coredns-ts: the batched UDP addon was not built: ${why}`);
await buildBundle({ clean: true });
await compile();
writeManPages(inRoot('dist', 'man'), execFileSync(recentNode(), [inRoot('dist', 'main.js'), 'help'], { encoding: 'utf8' }));
if (existsSync(inRoot('src', 'index.ts'))) {
  const { status } = spawnSync(inRoot('node_modules', '.bin', 'tsc'), ['-p', 'tsconfig.build.json'], { cwd: inRoot(), stdio: 'inherit' });
  process.exitCode = status ?? 1;
  if (status === 0) pruneDeclarations();
}
