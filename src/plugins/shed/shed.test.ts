// Queries at a socket whose replies do not leave: over UDP they are dropped and counted.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Metrics } from '../../kernel/seen/metrics.ts';
import { failure } from '../../kernel/query/outcome.ts';
import type { Part, Run } from '../../kernel/site/plugin.ts';
import { Query } from '../../kernel/query/query.ts';
import { Site } from '../../kernel/site/site.ts';
import type { Channel, Service } from '../../kernel/query/transport.ts';
import shed from './index.ts';

/** A channel with so many replies waiting, and losses that it tells once. */
function channel(transport: 'udp' | 'tcp', queued: number, lost = 0): Channel {
  const service = { index: 0, label: 'dns://:53' } as Service;
  const common = { transport, stream: transport === 'tcp', service, localAddress: '::', localPort: 53, send: () => {} };
  if (transport === 'tcp') return common;
  return {
    ...common, queued,
    takeLost() {
      const told = lost;
      lost = 0;
      return told;
    },
  };
}
function started(): { ask: (on: Channel) => string; dropped: (reason: string) => number } {
  const metrics = new Metrics();
  const part = shed.create(undefined, new Site([], 0)) as Part;
  void part.start!({ metrics } as unknown as Run);
  const family = metrics.family(shed.metrics!['dropped']!);
  return {
    ask(on) {
      const query = Query.alone(64);
      query.arrive(12, on);
      const answer = part.handle!(query, () => failure(5));
      return answer instanceof Promise ? 'later' : answer.kind;
    },
    dropped: (reason) => metrics.values[family.cell(['dns://:53', reason])]!,
  };
}

test('a query is dropped while 1024 replies wait', () => {
  const { ask, dropped } = started();
  assert.equal(ask(channel('udp', 1023)), 'failure');
  assert.equal(dropped('query'), 0);
  assert.equal(ask(channel('udp', 1024)), 'drop');
  assert.equal(dropped('query'), 1);
});
test('queries over TCP are not dropped', () => {
  const { ask, dropped } = started();
  assert.equal(ask(channel('tcp', 5000)), 'failure');
  assert.equal(dropped('query'), 0);
});
test('lost replies are counted once', () => {
  const { ask, dropped } = started();
  const socket = channel('udp', 0, 7);
  ask(socket);
  ask(socket);
  assert.equal(dropped('response'), 7);
});
