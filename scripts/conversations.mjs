// `npm run conversations [-- --keep] [--dgram] [NAME...]`: replays the recorded conversations that do not agree yet, or those that
// are named, and says which do. With --keep these move to `agreed` in test/conformance/cases.json, where `npm test` holds them.
// With --dgram the server does without the addon; --times says how long each took.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { inRoot, recentNode } from './root.mjs';

const folder = inRoot('test', 'conformance');
const list = inRoot('test', 'conformance', 'cases.json');
const { agreed, wanted, dgram } = JSON.parse(readFileSync(list, 'utf8'));
const given = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const names = given.includes('agreed') ? agreed : given.length > 0 ? given : wanted;
const passed = process.argv.slice(2).filter((word) => word === '--times' || word === '--verbose');

const node = recentNode();
const prepared = spawnSync(node, [inRoot('scripts', 'prepare.mjs')], { stdio: 'inherit' });
if (prepared.status !== 0) process.exit(1);
if (process.argv.includes('--dgram')) process.env.COREDNS_TS_UDP = 'dgram';
const replayed = spawnSync(node, [`${folder}/replay.mjs`, '--server', inRoot('bin', 'coredns-ts'), ...passed, ...names],
  { encoding: 'utf8', maxBuffer: 1 << 28 });
process.stdout.write(replayed.stdout);
process.stderr.write(replayed.stderr);

const differ = new Set((/^cases that differ: (.*)$/m.exec(replayed.stdout)?.[1] ?? '').split(', ').map((each) => each.split(' ')[0]));
const skipped = new Set([...replayed.stdout.matchAll(/^(\S+): skipped, it needs/gm)].map(([, name]) => name));
const agree = names.filter((name) => !differ.has(name) && !skipped.has(name));
console.log(`\n${agree.length} of ${names.length} cases agree: ${agree.join(', ')}`);

if (process.argv.includes('--keep') && /\d+ passed/.test(replayed.stdout)) {
  const kept = [...new Set([...agreed, ...agree])].sort();
  const left = wanted.filter((name) => !kept.includes(name));
  writeFileSync(list, `{\n  "agreed": ${printed(kept)},\n  "wanted": ${printed(left)},\n  "dgram": ${printed(dgram)}\n}\n`);
}

/** The names as a JSON list, as many on a line as fit. */
function printed(all) {
  if (all.length === 0) return '[]';
  const lines = [''];
  for (const name of all) {
    if (lines.at(-1).length + name.length > 110) lines.push('');
    lines[lines.length - 1] += `${lines.at(-1) === '' ? '' : ' '}${JSON.stringify(name)},`;
  }
  return `[\n    ${lines.join('\n    ').slice(0, -1)}\n  ]`;
}
