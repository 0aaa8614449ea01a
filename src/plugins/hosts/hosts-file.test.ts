// What is said of a hosts file that comes, goes and changes, and what is taken over.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { Metrics } from '../../kernel/seen/metrics.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import { HostsFile } from './hosts-file.ts';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'coredns-ts-hosts-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

function watch(name: string) {
  const said: string[] = [];
  const taken: string[] = [];
  const log = { prefix: () => ({ warning: (text: string) => said.push(text), debug: () => {} }) };
  const file = new HostsFile(path.join(scratch, name), { log, metrics: new Metrics() } as unknown as Run, (text) => taken.push(text));
  return { file, said, taken, at: path.join(scratch, name) };
}

test('what cannot be read is said once, until it can be read again; what was read stays', async () => {
  const { file, said, taken, at } = watch('hosts');
  await file.begin(true);
  await file.load();
  assert.deepEqual(said, [`File does not exist: ${at}`]);
  writeFileSync(at, 'one');
  await file.load();
  await file.load();
  assert.deepEqual(taken, ['one'], 'a file that did not change is not read again');
  rmSync(at);
  await file.load();
  await file.load();
  mkdirSync(at);
  await file.load();
  await file.load();
  assert.deepEqual(said, [`File does not exist: ${at}`, `File does not exist: ${at}`, `Hosts file "${at}" is a directory`]);
  rmSync(at, { recursive: true });
  writeFileSync(at, 'two');
  utimesSync(at, 1000, 1000);
  await file.load();
  utimesSync(at, 2000, 2000);
  await file.load();
  assert.deepEqual(taken, ['one', 'two', 'two']);
});

test('a default that is not there is not spoken of; a place where nothing can be is refused', async () => {
  const { file, said } = watch('default');
  await file.begin(false);
  assert.deepEqual(said, []);
  writeFileSync(path.join(scratch, 'file'), '');
  await assert.rejects(watch('file/below').file.begin(true), /^Error: plugin\/hosts: unable to access hosts file '.*file\/below'/);
});
