// `npm test [FILE...]`: builds, checks, and runs every test; with files, these alone. Needs no internet.
import { spawnSync } from 'node:child_process';
import os from 'node:os';
import { inRoot, recentNode } from './root.mjs';

/** Longest time that the tests may take, in milliseconds: one that leaves something open would wait for ever. */
const LONGEST = 24 * 60_000;

const node = recentNode();
const named = process.argv.slice(2);
const run = (program, args, timeout) => spawnSync(program, args, {
  timeout, cwd: inRoot(), stdio: 'inherit', env: { NODE_COMPILE_CACHE: inRoot('node_modules', '.cache', 'compiled'), ...process.env },
}).status ?? 1;

const prepared = run(node, [inRoot('scripts', 'prepare.mjs')]);
const checked = named.length > 0 ? 0 : run(node, [inRoot('scripts', 'check.mjs'), '--no-gates']);
const files = named.length > 0 ? named : ['src/**/*.test.ts', 'native/**/*.test.ts', 'test/**/*.test.ts'];
const concurrency = Math.max(2, os.availableParallelism());
const began = Date.now();
const tested = run(node, ['--test', '--test-timeout=480000', `--test-concurrency=${concurrency}`, ...files], LONGEST);
if (Date.now() - began >= LONGEST) console.error('test: ended after 24 minutes; the runner names above what was still running');
if (prepared !== 0) console.error('test: the build failed, as printed above');
if (checked !== 0) console.error('test: types, lint or dead code complain, as printed above the tests');
process.exit(prepared || checked || tested ? 1 : 0);
