// What the kernel hands to authors is what they are promised: the compiler says so. Knows both.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message as KernelMessage } from '../kernel/query/message.ts';
import { Query as KernelQuery } from '../kernel/query/query.ts';
import type { Run as KernelRun } from '../kernel/site/plugin.ts';
import type { Site as KernelSite } from '../kernel/site/site.ts';
import type { Run, Site } from './plugin.ts';
import type { Message, Query } from './query.ts';

test('the kernel\'s objects are those that authors know', () => {
  const query = (it: KernelQuery): Query => it;
  const message = (it: KernelMessage): Message => it;
  const site = (it: KernelSite): Site => it;
  const run = (it: Omit<KernelRun, 'space'>): Omit<Run, 'space'> => it;
  const one = KernelQuery.alone(64);
  assert.equal(query(one), one);
  assert.deepEqual([message.length, site.length, run.length], [1, 1, 1]);
});
