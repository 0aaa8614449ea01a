// The chain that everybody runs decodes no message and makes no name: what it answers with is bytes. Knows a scenario of that chain.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Message } from '../src/kernel/query/message.ts';
import { Query } from '../src/kernel/query/query.ts';
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
    NOERROR ra
    ignore answer edns
`;

/**
 * kubeadm's chain: what the cluster says, what an upstream says, NODATA, NXDOMAIN, and each of them again from the cache. Not in it: what
 * has to be decoded, which is SRV records that are shuffled though others point into them.
 */
const CLUSTER = `
. {
    errors
    health 127.0.0.1:{{HEALTH}}
    ready 127.0.0.1:{{READY}}
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        endpoint http://127.0.0.1:{{KUBE}}
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }
    prometheus 127.0.0.1:{{METRICS}}
    forward . {{UPSTREAM}}
    cache 30
    loop
    reload
    loadbalance
}
----
upstream far.example.net A
    NOERROR ra
    answer far.example.net 300 IN A 192.0.2.1
    answer far.example.net 300 IN A 192.0.2.2

kube add
    namespace shop
    service shop/web 10.96.0.10 fd00::10 http:80 https:443
    service shop/db None db:5432
    slice shop/db-1 db db:5432 172.17.1.1=db-0 172.17.1.2

${['web.shop.svc.cluster.local A', 'web.shop.svc.cluster.local AAAA', 'db.shop.svc.cluster.local A',
    '_db._tcp.db.shop.svc.cluster.local A', 'db-0.db.shop.svc.cluster.local SRV', 'db-0.db.shop.svc.cluster.local A',
    '10-1-2-3.shop.pod.cluster.local A', '10.0.96.10.in-addr.arpa PTR', '1.1.17.172.in-addr.arpa PTR', 'far.example.net A',
    'db.shop.svc.cluster.local AAAA', 'shop.svc.cluster.local A', 'cluster.local SOA', 'far.example.net.shop.svc.cluster.local A',
  ].map((question) => `ask ${question}\n    NOERROR\n    ignore head flags answer authority additional\n\n`.repeat(2)).join('')}
ask web.shop.svc.cluster.local A +bufsize=1232
    NOERROR aa
    answer web.shop.svc.cluster.local 30 IN A 10.96.0.10
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
test('the chain of a cluster decodes nothing either', async () => {
  assert.equal(await decodes(() => runScenario(CLUSTER)), 0);
  const others = ['db.shop.svc.cluster.local SRV', '_http._tcp.WEB.shop.svc.cluster.local SRV', 'nosuch.shop.svc.cluster.local A'];
  const asks = others.map((question) => `ask ${question} +bufsize=1232\n    NOERROR\n    ignore head flags answer authority additional\n`);
  const plain = CLUSTER.replace(/^ {4}(cache 30|loadbalance)\n/gm, '') + asks.join('');
  assert.equal(await decodes(() => runScenario(plain)), 0);
});
test('a chain that has to is seen', async () => {
  const sorted = SCENARIO.replace('    loadbalance\n', '    loadbalance {\n        prefer 192.0.2.2/32\n    }\n');
  assert.ok((await decodes(() => runScenario(sorted))) > 0);
});
