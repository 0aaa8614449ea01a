// Under which zone a query is counted, and when a zone takes room: with its first query.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Name } from '../../dns/name.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import { CountedZones } from '../../kernel/serving/traffic.ts';
import { InProcess } from '../../testing/in-process.ts';
import { parseAsk } from '../../testing/question.ts';
import { freePort } from '../../testing/free-port.ts';
import whoami from '../whoami/index.ts';
import prometheus from './index.ts';

/** Zones that come and go, as `auto` has them. */
let more: readonly Name[] = [];
const changing = definePlugin({
  name: 'changing', parse: () => undefined,
  create(_, site) {
    site.put(CountedZones, () => more);
    return {};
  },
});

test('a zone is counted when it is first asked for, under the longest that holds the name', async () => {
  const port = await freePort();
  const server = new InProcess([prometheus, changing, whoami]);
  const zones = Array.from({ length: 1000 }, (_, n) => `zone-${n}.test`);
  assert.equal(await server.start(`test ${zones.join(' ')} {\n prometheus 127.0.0.1:${port}\n changing\n whoami\n}\n`), undefined);
  const counted = async () => {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const found = text.matchAll(/^coredns_dns_request_duration_seconds_count\{.*zone="([^"]*)"\} (\d+)$/gm);
    return Object.fromEntries(Array.from(found, ([, zone, count]) => [zone, Number(count)]));
  };
  assert.deepEqual(await counted(), {});
  for (const name of ['a.zone-7.test', 'ZONE-7.test', 'x.test', 'zone-1.more.test']) await server.ask(parseAsk(`${name}. A`));
  assert.deepEqual(await counted(), { 'test.': 2, 'zone-7.test.': 2 });
  more = [Name.parse('more.test.'), Name.parse('sub.more.test.'), Name.parse('test.')];
  for (const name of ['a.more.test', 'a.sub.more.test', 'x.test']) await server.ask(parseAsk(`${name}. A`));
  more = [];
  await server.ask(parseAsk('a.more.test. A'));
  assert.deepEqual(await counted(), { 'more.test.': 1, 'sub.more.test.': 1, 'test.': 4, 'zone-7.test.': 2 });
  await server.close();
});
