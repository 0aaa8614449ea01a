// What parts say of themselves that are known to a running server alone: clusters, keys, a resolver. The walk is asked for over the API;
// the clock stands still.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { ask, rig } from '../../src/plugins/admin/rig.test.ts';
import type { Rig } from '../../src/plugins/admin/rig.test.ts';
import { readKubeBlock } from '../../src/testing/kube-lines.ts';
import { parsePicture } from '../../src/testing/picture.ts';

interface Step { readonly part: string; readonly notes?: readonly string[]; readonly outcome?: { readonly rcode?: string } }
/** What a part of the walk remarked. */
async function said({ socket }: Rig, question: string, part: string): Promise<string> {
  const [name = '', type = ''] = question.split(' ');
  const { status, text, json } = await ask(socket, 'GET', `/v1/explain?${new URLSearchParams({ name, type })}`);
  assert.equal(status, 200, text);
  const notes = (json['steps'] as Step[]).filter((step) => step.part === part).flatMap((step) => step.notes ?? []);
  return `${(json['answer'] as { rcode: string }).rcode} ${notes.join(' | ')}`;
}
/** Waits until the API says this. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; !await isSo();) {
    assert.ok(Date.now() < end, 'waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A cluster with this, as *kubernetes* of the rig's Corefile follows it. */
async function clustered(t: TestContext, corefile: string, objects: readonly string[]): Promise<{ here: Rig; about: string }> {
  const here = await rig(t, corefile);
  const api = await here.around.kube('');
  for (const { resource, object } of readKubeBlock(objects, '')) api.add(resource, object);
  const shown = async () => ((await ask(here.socket, 'GET', '/v1/clusters')).json['clusters'] as
    { revision: number; objects: { services: number; endpointslices: number; namespaces: number } }[])[0]!;
  const count = (word: string) => objects.filter((line) => line.startsWith(word)).length;
  await until(async () => {
    const { services, endpointslices, namespaces } = (await shown()).objects;
    return services === count('service') && endpointslices === count('slice') && namespaces === count('namespace');
  });
  return { here, about: `from http://127.0.0.1:${api.port}, revision ${(await shown()).revision}, heard 0.0 s ago` };
}
const OBJECTS = [
  'namespace shop', 'namespace empty', 'service shop/web 10.96.0.10 http:80', 'service shop/db None db:5432',
  'slice shop/db-1 db db:5432 172.17.1.1=db-0', 'service shop/far ExternalName www.example.net',
];

test('kubernetes says which object a name is, or why there is none, and how new that is', async (t) => {
  const { here, about } = await clustered(t, `.:53 {
    admin unix://{{DIR}}/admin.sock
    kubernetes cluster.local in-addr.arpa {
        endpoint http://127.0.0.1:{{KUBE}}
        pods disabled
    }
}
`, OBJECTS);
  const suffix = `; cluster cluster.local in-addr.arpa ${about}`;
  for (const [question, expected] of [
    ['web.shop.svc.cluster.local A', 'NOERROR Service shop/web, ClusterIP'],
    ['_http._tcp.web.shop.svc.cluster.local SRV', 'NOERROR a port of Service shop/web, ClusterIP'],
    ['db.shop.svc.cluster.local A', 'NOERROR Service shop/db, headless'],
    ['db-0.db.shop.svc.cluster.local A', 'NOERROR an endpoint of Service shop/db, headless'],
    ['none.shop.svc.cluster.local A', 'NXDOMAIN there is no Service shop/none'],
    ['we\\027b.shop.svc.cluster.local A', 'NXDOMAIN there is no Service shop/we\\027b'],
    ['web.other.svc.cluster.local A', 'NXDOMAIN there is no namespace other that may be spoken of'],
    ['empty.svc.cluster.local A', 'NOERROR Namespace empty'],
    ['10-0-0-1.shop.pod.cluster.local A', 'NXDOMAIN names of pods are disabled'],
    ['svc.cluster.local A', 'NOERROR a name above others'],
    ['cluster.local NS', 'NOERROR name servers of the zone'],
    ['what.cluster.local A', 'NXDOMAIN no name of the schema'],
    ['dns-version.cluster.local TXT', 'NOERROR version of the schema'],
    ['10.0.96.10.in-addr.arpa PTR', 'NOERROR names of an address'],
    ['web.shop.svc.cluster.local SOA', 'NOERROR SOA asks for no object'],
  ] as const) assert.equal(await said(here, question, 'kubernetes'), `${expected}${suffix}`, question);
  // An alias is followed: what it leads to is nobody's here.
  assert.match(await said(here, 'far.shop.svc.cluster.local A', 'kubernetes'), /^NOERROR Service shop\/far, ExternalName; cluster /);
});

test('k8s_external says which service is behind a name, and whether there is anything outside', async (t) => {
  const { here, about } = await clustered(t, `.:53 {
    admin unix://{{DIR}}/admin.sock
    kubernetes cluster.local {
        endpoint http://127.0.0.1:{{KUBE}}
    }
    k8s_external example.org
}
`, OBJECTS);
  const suffix = `; cluster cluster.local ${about}`;
  for (const [question, expected] of [
    ['web.shop.example.org A', `NXDOMAIN Service shop/web, ClusterIP, which has nothing outside${suffix}`],
    ['none.shop.example.org A', `NXDOMAIN there is no Service shop/none${suffix}`],
    ['x.other.example.org A', `NXDOMAIN no namespace of the cluster that may be spoken of${suffix}`],
    ['shop.example.org A', `NOERROR a name above others${suffix}`],
    ['example.org NS', 'NOERROR the apex of the zone'],
    ['dns.example.org A', 'NOERROR the name server of the zone, or above it'],
  ] as const) assert.equal(await said(here, question, 'k8s_external'), expected, question);
});

test('registry says what lies under the keys of a name', async (t) => {
  const here = await rig(t, `.:53 {
    admin unix://{{DIR}}/admin.sock
    registry svc.test {
        file {{DIR}}/keys
    }
}
`);
  assert.equal(await said(here, 'web.svc.test A', 'registry'), 'NXDOMAIN nothing of the registry at "/skydns/test/svc/web"');
});

test('recursive says what validation made of an answer', async (t) => {
  const here = await rig(t, `.:53 {
    admin unix://{{DIR}}/admin.sock
    recursive {
        minimise off
        stub example.org 127.0.0.1:{{UPSTREAM_PORT}}
        insecure example.org
    }
}
`);
  const { records } = parsePicture(['NOERROR', 'answer www.example.org. 60 IN A 192.0.2.1']);
  (await here.around.upstream('')).script('www.example.org. A', { rcode: 0, flags: 0x0400, ...records });
  assert.equal(await said(here, 'www.example.org A', 'recursive'), 'NOERROR resolved, of a zone that is not signed: insecure');
});
