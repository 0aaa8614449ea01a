#!/usr/bin/env node
// `npm create coredns-ts-plugin WORD`: the files of a plugin, as `coredns-ts plugin new WORD` writes them. Knows where the program lies.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const program = join(dirname(createRequire(import.meta.url).resolve('coredns-ts/package.json')), 'bin', 'coredns-ts');
const { status, error } = spawnSync(program, ['plugin', 'new', ...process.argv.slice(2)], { stdio: 'inherit' });
if (error !== undefined) console.error(`create-coredns-ts-plugin: ${error.message}`);
process.exitCode = status ?? 1;
