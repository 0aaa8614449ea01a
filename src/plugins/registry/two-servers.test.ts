// Two servers before one etcd: what one has acknowledged the other one answers once it was asked for that revision, by each of the
// operations that wait for one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { RealEtcd, isMissing } from '../../key-value/etcd-rig.test.ts';
import { eventually } from '../../testing/conformance/transport-clients.ts';
import { registry } from './registry-rig.test.ts';

const WEB = '/v1/zones/svc.test/services/web';
const AT = `${WEB}/instances/i-7`;
const SET = '/v1/zones/svc.test/records/www/A';

test('?served=REVISION at another server before the same etcd', { skip: isMissing }, async (t: TestContext) => {
  const etcd = await new RealEtcd().open(t);
  const [one, other] = [await registry(t, { place: `etcd ${etcd.url}` }), await registry(t, { place: `etcd ${etcd.url}` })];
  for (const { ours } of [one, other]) await eventually(() => ours.log().includes('etcd is followed'), 'etcd is followed');
  for (let i = 1; i <= 60; i++) {
    const made = await one.api.send('PUT', AT, { addresses: [`10.0.0.${i}`], ttl: 5 });
    const revision = made.body['revision'] as number;
    const target = i % 2 === 0 ? AT : WEB;
    assert.equal((await other.api.send('GET', `${target}?served=${revision}`)).status, 200);
    assert.deepEqual(await other.answers('web.svc.test', 'A'), [`web.svc.test 5 A 10.0.0.${i}`]);
    const set = await one.api.send('PUT', SET, { ttl: 60, records: [`192.0.2.${i}`] });
    assert.equal((await other.api.send('GET', `${SET}?served=${set.body['revision'] as number}`)).etag, set.etag);
    assert.deepEqual(await other.answers('www.svc.test', 'A'), [`www.svc.test 60 A 192.0.2.${i}`]);
  }
  const wrong = await other.api.send('GET', `${SET}?served=soon`);
  assert.deepEqual([wrong.status, wrong.body['field']], [400, 'served']);
});
