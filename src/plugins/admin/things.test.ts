// What there is to look at beside upstreams: clusters, rules, zones; that a cluster is read anew, a zone looked at, its secondaries told.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseAsk } from '../../testing/question.ts';
import { readKubeBlock } from '../../testing/kube-lines.ts';
import { SERVED, ask, rig, run } from './rig.test.ts';
import type { Rig } from './rig.test.ts';

const get = async ({ socket }: Rig, path: string) => (await ask(socket, 'GET', path)).json;
const post = (here: Rig, path: string, body: object = {}) => ask(here.socket, 'POST', path, JSON.stringify(body));
const at = ({ socket }: Rig) => ['--server', socket];
/** Asks again until it is so, for a minute. */
async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; !await isSo();) {
    assert.ok(Date.now() < end, `waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

interface Cluster {
  readonly id: string;
  readonly revision: number;
  readonly objects: object;
  readonly watches: readonly { readonly resource: string; readonly whole: boolean; readonly error: string | null }[];
}
const CLUSTER = `.:53 {
    admin unix://{{DIR}}/admin.sock
    kubernetes cluster.local 10.in-addr.arpa {
        endpoint http://127.0.0.1:{{KUBE}}
    }
}
`;

test('clusters are shown, and one is read anew: what a watch missed is there then', async (t) => {
  const here = await rig(t, CLUSTER);
  const api = await here.around.kube('');
  const shown = async () => ((await get(here, '/v1/clusters'))['clusters'] as Cluster[])[0]!;
  const objects = readKubeBlock(['namespace shop', 'service shop/web 10.96.0.10 http:80', 'service shop/db 10.96.0.11'], '');
  for (const { resource, object } of objects) api.add(resource, object);
  const counts = { namespaces: 1, services: 2, endpointslices: 0, serviceimports: 0, pods: 0, nodes: 0 };
  const are = async (wanted: object) => until(JSON.stringify(wanted), async () =>
    JSON.stringify((await shown()).objects) === JSON.stringify(wanted));
  await are(counts);
  const { revision, watches, ...cluster } = await shown();
  assert.deepEqual(cluster, {
    id: '0-cluster.local.', block: '.', by: 'kubernetes', name: `cluster.local 10.in-addr.arpa from http://127.0.0.1:${api.port}`,
    whole: true, stale: null, objects: counts,
  });
  assert.ok(revision > 0);
  assert.deepEqual(watches.map(({ resource, whole, error }) => [resource, whole, error]),
    [['namespaces', true, null], ['services', true, null], ['endpointslices', true, null]]);
  assert.match((await run('clusters', ...at(here))).out,
    /^0-cluster\.local\. {2}whole {2}1 namespaces, 2 services, .*, kubernetes of \.\n$/);

  // The API forgets to tell.
  api.store.delete('services', 'shop/db');
  api.requests.length = 0;
  const said = await post(here, '/v1/clusters/0-cluster.local./relist');
  assert.deepEqual(said.json, { id: '0-cluster.local.', relisted: ['namespaces', 'services', 'endpointslices'] });
  await are({ ...counts, services: 1 });
  await api.when(() => api.requests.filter(({ url }) => url.includes('sendInitialEvents')).length === 3);
  // It goes on watching, and failed at nothing.
  api.add('services', readKubeBlock(['service shop/new 10.96.0.12'], '')[0]!.object);
  await are(counts);
  assert.deepEqual((await shown()).watches.map(({ error }) => error), [null, null, null]);
  assert.ok(!here.server.log().some((line) => line.includes('Failed to watch')));
  assert.equal((await post(here, '/v1/clusters/x/relist')).status, 404);
  assert.equal((await run('clusters', 'relist', 'x', ...at(here))).status, 1);
  assert.equal((await run('clusters', 'relist', ...at(here))).status, 2);
});

test('whoever waits before the next try asks at once when a cluster is to be read anew', async (t) => {
  const here = await rig(t, CLUSTER);
  const api = await here.around.kube('');
  const wrong = async () => ((await get(here, '/v1/clusters'))['clusters'] as Cluster[])[0]!.watches.filter(({ error }) => error !== null);
  api.faults.forbid('services');
  api.faults.cut('services', 'clean');
  await until('services fail', async () => (await wrong()).length === 1);
  api.faults.allow('services');
  // The clock stands still: nobody tries by himself.
  assert.ok((await run('clusters', 'relist', '0-cluster.local.', ...at(here))).out.includes('services'));
  await until('nothing fails', async () => (await wrong()).length === 0);
});

interface Policy {
  readonly block: string;
  readonly by: string;
  readonly rules: readonly {
    readonly what: string; readonly at: string | null; readonly size: number | null; readonly hits: number | null;
  }[];
}
test('rules are shown with what was counted of them', async (t) => {
  const corefile = `.:53 {
    admin unix://{{DIR}}/admin.sock
    acl {
        block type TXT net 127.0.0.0/8
        filter type HINFO
        filter type SRV
        allow
    }
    block {{DIR}}/ads {
        allow {{DIR}}/good
        action nxdomain
    }
    rpz policy.example {
        file {{DIR}}/policy.zone
    }
    firewall query {
        tag dark=yes type == 'A'
        refuse type == 'MX'
        allow true
    }
    ratelimit {
        requests-per-second 1000
        report-only
    }
    template ANY ANY {
        rcode NXDOMAIN
    }
}
example.org:53 {
    view inside {
        expr incidr(client_ip(), '10.0.0.0/8')
    }
    whoami
}
`;
  const { Surroundings } = await import('../../testing/subject.ts');
  const around = new Surroundings();
  t.after(() => around.close());
  writeFileSync(join(around.directory, 'ads'), 'ads.example\nmore.example\ngood.example\n');
  writeFileSync(join(around.directory, 'good'), 'good.example\n');
  writeFileSync(join(around.directory, 'policy.zone'),
    '$ORIGIN policy.example.\n@ 60 IN SOA ns a 1 2 3 4 5\n@ 60 IN NS ns\nbad.example 60 IN CNAME .\n');
  const here = await rig(t, corefile.replaceAll(/\{\{DIR\}\}\/(?=ads|good|policy)/g, `${around.directory}/`));
  for (const [name, count] of [['www.example A', 2], ['ads.example A', 3], ['bad.example A', 1], ['x.example TXT', 4], ['x.example MX', 5],
    ['x.example HINFO', 1], ['x.example SRV', 1]] as const) {
    for (let i = 0; i < count; i++) await here.server.ask(parseAsk(name));
  }
  const { policies } = await get(here, '/v1/policy') as unknown as { policies: readonly Policy[] };
  const folder = around.directory;
  const rows = policies.flatMap(({ block, by, rules }) => rules.map(({ what, at: place, size, hits }) =>
    `${block} ${by} ${what.replaceAll(folder, 'DIR')} ${place} ${size} ${hits}`));
  assert.deepEqual(rows, [
    '. ratelimit requests-per-second 1000 null null 0',
    '. acl block type TXT net 127.0.0.0/8 Corefile:4 null 4', '. acl filter type HINFO Corefile:5 null null',
    '. acl filter type SRV Corefile:6 null null', '. acl allow Corefile:7 null null', '. acl filter: all policies null null 2',
    '. acl allowed, or of no policy null null 11',
    ". firewall query: tag dark=yes type == 'A' Corefile:17 null null", ". firewall query: refuse type == 'MX' Corefile:18 null 5",
    '. firewall query: allow true Corefile:19 null 6', '. firewall query: block by default null null 0',
    '. block nxdomain DIR/ads Corefile:9 3 3', '. block allow DIR/good Corefile:9 1 null',
    '. rpz policy.example. DIR/policy.zone given null 1 1',
    "example.org. (view inside) view incidr(client_ip(), '10.0.0.0/8') Corefile:31 null null",
  ]);
});

const ZONE = (serial: number): string => `@ 60 IN SOA ns.example.com. a. ${serial} 2 3 4 5\n@ 60 IN NS ns.example.com.\n`;
test('zones are shown with their serials, looked at when somebody wants it, and their secondaries are told', async (t) => {
  const secondary = createSocket('udp4');
  const heard: string[] = [];
  secondary.on('message', (message, from) => {
    // NOTIFY (RFC 1996): opcode 4.
    if (((message[2]! >> 3) & 15) === 4) heard.push(message.subarray(12, message.indexOf(0, 12)).toString('latin1'));
    message[2]! |= 0x84;
    secondary.send(message, from.port, from.address);
  });
  await new Promise<void>((resolve) => void secondary.bind(0, '127.0.0.1', resolve));
  t.after(() => secondary.close());
  const { Surroundings } = await import('../../testing/subject.ts');
  const around = new Surroundings();
  t.after(() => around.close());
  const { directory } = around;
  const write = (name: string, serial: number) => writeFileSync(join(directory, name), ZONE(serial));
  write('com', 7);
  write('db.example.net', 8);
  const to = `127.0.0.1:${(secondary.address() as AddressInfo).port}`;
  const here = await rig(t, `example.com:53 {
    admin unix://{{DIR}}/admin.sock
    file ${directory}/com
    transfer {
        to ${to}
    }
}
example.net:53 {
    auto {
        directory ${directory} db\\.(.*) {1}
    }
}
example.org:53 {
    records {
        www A 192.0.2.1
    }
}
`);
  interface Zone { readonly zone: string; readonly serial: number; readonly by: string; readonly can: readonly string[] }
  const list = async () => ((await get(here, '/v1/zones'))['zones'] as Zone[]).map(({ zone, by, serial, can }) =>
    `${zone} ${by} ${serial} ${can.join(',')}`);
  assert.deepEqual((await list()).map((row) => row.replace(/records \d+/, 'records N')),
    ['example.com. file 7 refresh,notify', 'example.net. auto 8 refresh', 'example.org. records N ']);
  assert.equal(((await get(here, '/v1/zones?limit=1'))['more']), 2);
  assert.match((await run('zones', ...at(here))).out, /^example\.com\. {2}7 {2}file of example\.com\.\nexample\.net\. {2}8 {2}auto of /);

  write('com', 9);
  write('db.example.net', 10);
  write('db.new.example.net', 11);
  assert.deepEqual((await post(here, '/v1/zones/EXAMPLE.com./refresh')).json, { zone: 'example.com.', refreshed: ['file'] });
  assert.equal((await run('zones', 'refresh', 'example.net', ...at(here))).out, 'example.net. was looked at by auto\n');
  assert.deepEqual((await list()).slice(0, 3),
    ['example.com. file 9 refresh,notify', 'example.net. auto 10 refresh', 'new.example.net. auto 11 refresh']);
  await until('the new serial was told', async () => heard.length > 0);
  const before = heard.length;
  assert.deepEqual((await post(here, '/v1/zones/example.com/notify')).json, { zone: 'example.com.', told: [to] });
  await until('it is told once more', async () => heard.length > before);
  assert.ok(heard.every((name) => name === '\x07example\x03com'));
  assert.equal((await post(here, '/v1/zones/example.net/notify')).status, 409);
  assert.equal((await post(here, '/v1/zones/example.org/refresh')).status, 409);
  for (const [zone, what] of [['none.example', 'refresh'], ['a..b', 'notify'], ['%00', 'refresh']] as const) {
    assert.equal((await post(here, `/v1/zones/${zone}/${what}`)).status, 404, zone);
  }
});

test('plugins are told by the program too', async (t) => {
  const here = await rig(t, SERVED);
  const { out } = await run('plugins', ...at(here));
  assert.equal(out,
    '.\n  admin  Corefile:2\n  admin\n  cache  Corefile:3\n  forward  Corefile:4\nexample.org.\n  admin\n  hosts  Corefile:7\n');
  assert.equal((await run('policy', ...at(here))).status, 1);
});
