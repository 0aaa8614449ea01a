// `npm run fuzz -- [TARGET [SECONDS]]`: throws cases at one parser, or at each in turn, for so long (60). Prints the seed, so that what was
// found can be found again. Exit status 1 where a property does not hold.
import { spawnSync } from 'node:child_process';
import { inRoot, recentNode } from './root.mjs';

const node = recentNode();
if (node !== process.execPath) process.exit(spawnSync(node, process.argv.slice(1), { stdio: 'inherit' }).status ?? 1);

const { ended, targets } = await import(inRoot('test', 'fuzz', 'targets.ts'));
const [name, seconds = '60', seed = String(Date.now() & 0x7fffffff)] = process.argv.slice(2);
const chosen = targets.filter((target) => name === undefined || name === 'all' || target.name === name);
if (chosen.length === 0 || !(Number(seconds) > 0)) {
  console.error(`usage: npm run fuzz -- [TARGET [SECONDS [SEED]]]   targets: ${targets.map((target) => target.name).join(', ')}`);
  process.exit(2);
}
for (const target of chosen) {
  const until = performance.now() + Number(seconds) * 1000;
  let cases = 0;
  let next = Number(seed);
  console.log(`${target.name}: seed ${seed}`);
  try {
    for (; performance.now() < until; cases += 500) await target.try({ numRuns: 500, seed: next++ });
    console.log(`${target.name}: ${cases} cases, and the property holds`);
  } catch (error) {
    console.log(`${target.name}: ${error.message}`);
    process.exitCode = 1;
  }
}
await ended();
