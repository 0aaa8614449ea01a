// Builds the page of *console* into dist/console: one script with its sheet inside, named after what is in it, and the two files that lead
// to it. Knows rolldown; knows nothing of what the page does.
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { rolldown } from 'rolldown';
import { inRoot } from './root.mjs';

const SOURCES = ['src', 'console-page'];

/** A sheet without what its reader does not need. */
const small = (css) => css.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\s*\n\s*/g, '').replace(/\s*([{};,])\s*/g, '$1').replace(/: /g, ':');

/** Writes it, the file that a browser asks for first last; the modules that are in it. */
export async function buildPage() {
  const from = (...parts) => inRoot(...SOURCES, ...parts);
  if (!existsSync(from('page.tsx'))) return [];
  const build = await rolldown({
    input: from('page.tsx'), platform: 'browser', cwd: inRoot(), logLevel: 'warn', tsconfig: from('tsconfig.json'),
    transform: { target: 'es2023' },
    plugins: [{
      name: 'sheet',
      load: (id) => (id.endsWith('.css') ? { code: `export default ${JSON.stringify(small(readFileSync(id, 'utf8')))};`, moduleType: 'js' } : null),
    }],
  });
  const folder = inRoot('dist', 'console'), fresh = inRoot('node_modules', `.page.${process.pid}`);
  try {
    const { output } = await build.generate({ format: 'esm', minify: true, codeSplitting: false });
    const [{ code, moduleIds }] = output;
    const name = `console-${createHash('sha256').update(code).digest('base64url').replace(/[-_]/g, '').slice(0, 10)}.js`;
    mkdirSync(folder, { recursive: true });
    mkdirSync(fresh, { recursive: true });
    writeFileSync(path.join(fresh, name), code);
    copyFileSync(from('icon.svg'), path.join(fresh, 'icon.svg'));
    writeFileSync(path.join(fresh, 'index.html'), readFileSync(from('index.html'), 'utf8').replace('/console.js', `/${name}`));
    for (const file of [name, 'icon.svg', 'index.html']) renameSync(path.join(fresh, file), path.join(folder, file));
    return moduleIds;
  } finally {
    await build.close();
    rmSync(fresh, { recursive: true, force: true });
  }
}
