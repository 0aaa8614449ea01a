// What `npm ci` does in a checkout after the libraries are there: the addon, then the bundle. Runs on Node 20 too.
import { existsSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { buildAddon } from './addon.mjs';
import { inRoot, recentNode } from './root.mjs';

const why = buildAddon();
if (why) console.log(`coredns-ts: no batched UDP (${why}); Node's own sockets serve instead, at two to three times the cost a query.`);
recentNode();
if (existsSync(inRoot('node_modules', 'rolldown'))) {
  const { buildBundle } = await import('./bundle.mjs');
  const { compile } = await import('./compiled.mjs');
  await buildBundle().then(compile).catch((error) => {
    console.error(`coredns-ts: the bundle was not built: ${stripVTControlCharacters(error.message)}`);
    process.exitCode = 1;
  });
} else {
  console.log('coredns-ts: not bundled, since the development dependencies are missing; bin/coredns-ts runs the sources.');
}
