// `npm run plugin-package -- NAME FOLDER`: makes of packages/NAME what is published, in FOLDER: JavaScript, since Node takes the types off no
// file below node_modules, and a package.json that says so. `npm pack` and `npm publish` are for that folder.
import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import path from 'node:path';
import { inRoot } from './root.mjs';

const [name = '', folder = ''] = process.argv.slice(2);
const from = inRoot('packages', name);
if (name === '' || folder === '' || !readdirSync(inRoot('packages')).includes(name)) {
  console.error(`usage: npm run plugin-package -- NAME FOLDER, where NAME is one of ${readdirSync(inRoot('packages')).join(', ')}`);
  process.exit(2);
}
process.removeAllListeners('warning');
process.on('warning', () => {});
mkdirSync(folder, { recursive: true });
for (const file of readdirSync(from)) {
  if (file.endsWith('.test.ts')) continue;
  if (!file.endsWith('.ts')) cpSync(path.join(from, file), path.join(folder, file));
  else {
    const code = stripTypeScriptTypes(readFileSync(path.join(from, file), 'utf8')).replace(/[ \t]+$/gm, '');
    writeFileSync(path.join(folder, file.replace(/\.ts$/, '.js')), code.replace(/(from '\.\/[\w-]+)\.ts'/g, "$1.js'"));
  }
}
cpSync(inRoot('LICENSE'), path.join(folder, 'LICENSE'));
const { main, ...manifest } = JSON.parse(readFileSync(path.join(from, 'package.json'), 'utf8'));
writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify({ ...manifest, exports: main.replace(/\.ts$/, '.js') }, undefined, 2)}\n`);
