// The chain that everybody runs decodes no message and makes no name: what it answers with is bytes. Knows a scenario of that chain.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Message } from '../src/kernel/message.ts';
import { Query } from '../src/kernel/query.ts';
import { runScenario } from '../src/testing/scenario.ts';

const SCENARIO = `
. {
    errors
    log
    prometheus localhost:0
    loadbalance
    cache
    hosts /dev/null {
        192.0.2.7 www.example.org
        192.0.2.8 www.example.org
        fallthrough
    }
    forward . {{UPSTREAM}}
}
----
upstream far.example.net A
    NOERROR ra
    answer far.example.net 300 IN A 192.0.2.1
    answer far.example.net 300 IN A 192.0.2.2

ask www.example.org A +bufsize=1232
    NOERROR aa
    ignore answer edns

ask far.example.net A +bufsize=1232
    NOERROR ra
    ignore answer edns

ask far.example.net A +bufsize=1232
    NOERROR aa ra
    ignore answer edns
`;

/** How often messages and requests were decoded while something ran. */
async function decodes(run: () => Promise<void>): Promise<number> {
  let count = 0;
  const restore: (() => void)[] = [];
  for (const owner of [Message.prototype, Query.prototype] as { parts(): unknown }[]) {
    const own = owner.parts;
    owner.parts = function counted(this: unknown) {
      count++;
      return own.call(this);
    } as never;
    restore.push(() => {
      owner.parts = own;
    });
  }
  try {
    await run();
  } finally {
    for (const back of restore) back();
  }
  return count;
}

test('the default chain decodes nothing: not what it makes, forwards, keeps or serves from what it kept', async () => {
  assert.equal(await decodes(() => runScenario(SCENARIO)), 0);
});
test('a chain that has to is seen', async () => {
  const sorted = SCENARIO.replace('    loadbalance\n', '    loadbalance {\n        prefer 192.0.2.2/32\n    }\n');
  assert.ok((await decodes(() => runScenario(sorted))) > 0);
});
