// `npm run check`: types, lint, dead code and the gates, each of them to its end. Exit status 1 where one complains.
import { spawnSync } from 'node:child_process';
import { inRoot, recentNode } from './root.mjs';

const bin = (name) => inRoot('node_modules', '.bin', name);
const gates = ['architecture', 'document', 'exports', 'readme', 'errors', 'launcher'].map((name) => `test/${name}.test.ts`);
const checks = [
  ['types', bin('tsc'), ['--noEmit', '-p', 'tsconfig.json']],
  ['types of the page', bin('tsc'), ['--noEmit', '-p', 'src/console-page/tsconfig.json']],
  ['lint', bin('biome'), ['lint', '--error-on-warnings', '--diagnostic-level=warn', '.']],
  ['dead code', bin('knip'), ['--no-progress']],
  ...(process.argv.includes('--no-gates') ? [] : [['gates', recentNode(), ['--test', '--test-reporter=spec', ...gates]]]),
];
const failed = [];
for (const [what, program, args] of checks) {
  const { status } = spawnSync(program, args, { cwd: inRoot(), stdio: 'inherit' });
  if (status !== 0) failed.push(what);
}
if (failed.length > 0) console.error(`check: complaints from ${failed.join(', ')}`);
process.exit(failed.length > 0 ? 1 : 0);
