// `npm run soak -- [NAME [AMOUNT]]`: a long run that looks for what happens once in a million times. Prints what it found. Exit status 1
// where that is anything.
import { spawnSync } from 'node:child_process';
import { inRoot, recentNode } from './root.mjs';

const node = recentNode();
if (node !== process.execPath) process.exit(spawnSync(node, process.argv.slice(1), { stdio: 'inherit' }).status ?? 1);

/** What there is: the file in test/soak, how much by itself, and what must be 0. Its `soak` takes the amount and says what it found. */
const runs = {
  readings: { amount: 1_000_000, unit: 'answers', wrong: ['foreign'] },
  updates: { amount: 100_000, unit: 'updates', wrong: ['missing', 'back'] },
  connections: { amount: 100_000, unit: 'connections', wrong: ['unanswered', 'files'] },
  quic: { amount: 50_000, unit: 'connections', wrong: ['unanswered', 'left', 'files', 'panics'] },
  differential: { amount: 10_000, unit: 'questions', wrong: ['different'] },
  console: { amount: 60, unit: 'seconds', wrong: ['complaints', 'leaks'] },
  labels: { amount: 1_000_000, unit: 'lines', wrong: ['foreign', 'panics'] },
};

const [name = Object.keys(runs)[0], amount] = process.argv.slice(2);
const run = runs[name];
if (run === undefined || (amount !== undefined && !(Number(amount) > 0))) {
  console.error(`usage: npm run soak -- [NAME [AMOUNT]]   names: ${Object.keys(runs).join(', ')}`);
  process.exit(2);
}
const { soak } = await import(inRoot('test', 'soak', `${name}.ts`));
const found = await soak(Number(amount ?? run.amount));
console.log(`${name}: ${Object.entries(found).map(([what, count]) => `${count} ${what}`).join(', ')}`);
if (run.wrong.some((what) => found[what] !== 0)) process.exitCode = 1;
