// Managed zones of an API of Cloud DNS that says what the test says: pages, changes, what cannot be used, what does not come whole, and the
// tokens that are shown to it.
import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { FakeClock } from '../../testing/fake-clock.ts';
import { askOnce } from '../../testing/one-question.ts';
import { ScriptedApi } from '../../testing/scripted-api.ts';
import type { ScriptedAnswer } from '../../testing/scripted-api.ts';
import { serve } from '../../testing/served.ts';
import { systemClock } from '../../kernel/clock.ts';
import { standard } from '../index.ts';
import { GoogleTokens, readCredential } from './credentials.ts';

const set = (name: string, type: string, ...rrdatas: readonly string[]) => ({ name, type, ttl: 60, rrdatas });
const apex = [set('a.test.', 'SOA', 'ns.a.test. host.a.test. 1 7200 900 1209600 86400'), set('a.test.', 'NS', 'ns.a.test.')];
const page = (rrsets: readonly unknown[], nextPageToken?: string): ScriptedAnswer => ({ body: JSON.stringify({ rrsets, nextPageToken }) });
const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** An API that gives tokens to whoever signs with the key, and knows every managed zone. */
class CloudDns {
  sets: (url: URL) => ScriptedAnswer = () => page(apex);
  change = '1';
  readonly api = new ScriptedApi((url, { headers }, body) => {
    if (url.pathname === '/token') return this.#token(new URLSearchParams(body));
    if (headers.authorization !== 'Bearer a-token') return { status: 401 };
    if (url.pathname.endsWith('/changes')) return { body: JSON.stringify({ changes: [{ id: this.change, status: 'done' }] }) };
    return url.pathname.endsWith('/rrsets') ? this.sets(url) : { body: '{"kind":"dns#managedZone"}' };
  });
  #token(words: URLSearchParams): ScriptedAnswer {
    const [head = '', claims = '', signature = ''] = words.get('assertion')!.split('.');
    const good = verify('sha256', Buffer.from(`${head}.${claims}`), createPublicKey(keys.publicKey.export({ type: 'spki', format: 'pem' })),
      Buffer.from(signature, 'base64url'));
    const { iss, aud, scope } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { [claim: string]: string };
    if (!good || iss !== 'me@p' || aud !== `${this.api.url}/token` || !scope!.endsWith('ndev.clouddns.readonly')) return { status: 400 };
    return { body: JSON.stringify({ access_token: 'a-token', expires_in: 3600 }) };
  }
  async serve(t: TestContext, lines = 'a.test.:p:z', more = '', clock: FakeClock | typeof systemClock = systemClock) {
    await this.api.open(t);
    const folder = mkdtempSync(path.join(tmpdir(), 'clouddns-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const key = keys.privateKey.export({ type: 'pkcs8', format: 'pem' });
    const account = { type: 'service_account', client_email: 'me@p', private_key: key, token_uri: `${this.api.url}/token` };
    writeFileSync(path.join(folder, 'account.json'), JSON.stringify(account));
    const line = `clouddns ${lines} {\ncredentials ${folder}/account.json\nendpoint ${this.api.url}\n${more}\n}`;
    const ours = await serve(`a.test {\nbind 127.0.0.1\n${line}\nwhoami\n}`, standard, clock);
    t.after(() => ours.close());
    return ours;
  }
}

test('a zone of several pages is served whole; what cannot be used is left out alone, and named', async (t) => {
  const cloud = new CloudDns();
  cloud.sets = ({ searchParams }) => (searchParams.get('pageToken') === null
    ? page([...apex, set('txt.a.test.', 'TXT', '"a \\"b\\""', '"two" "parts"'), set('*.w.a.test.', 'A', '192.0.2.4', '192.0.2.999')], 'b&c')
    : page([set('x.a.test.', 'A', '192.0.2.1', '192.0.2.2'), { name: 'geo.a.test.', type: 'A', ttl: 5, routingPolicy: {} }, null,
      { name: 'wrr.a.test.', type: 'A', ttl: 5, routingPolicy: { wrr: { items: [{ weight: 1, rrdatas: ['192.0.2.7'] }, null,
        { weight: 2, rrdatas: ['192.0.2.8', '192.0.2.7'] }] } } }]));
  const ours = await cloud.serve(t);
  assert.deepEqual((await askOnce(ours.port, 'txt.a.test', 'TXT')).answer,
    ['txt.a.test. 60 IN TXT "a \\"b\\""', 'txt.a.test. 60 IN TXT "two" "parts"']);
  assert.deepEqual((await askOnce(ours.port, 'any.w.a.test', 'A')).answer, ['any.w.a.test. 60 IN A 192.0.2.4']);
  assert.deepEqual((await askOnce(ours.port, 'x.a.test', 'A')).answer, ['x.a.test. 60 IN A 192.0.2.1', 'x.a.test. 60 IN A 192.0.2.2']);
  assert.deepEqual((await askOnce(ours.port, 'wrr.a.test', 'A')).answer, ['wrr.a.test. 5 IN A 192.0.2.7', 'wrr.a.test. 5 IN A 192.0.2.8']);
  assert.match(ours.log(), /of zone a\.test\. all values are answered, whatever the policy says: wrr\.a\.test\. A \(weighted\)$/m);
  assert.match(ours.log(), /is left out: \*\.w\.a\.test\. A: .*192\.0\.2\.999.*; geo\.a\.test\. A: it has a routing policy/);
  assert.match(cloud.api.asked.at(-1)!, /^GET \/dns\/v1\/projects\/p\/managedZones\/z\/rrsets\?maxResults=1000&pageToken=b%26c$/);
});

test('what has not changed is not fetched again, and what does not come whole is not served', async (t) => {
  const cloud = new CloudDns();
  const clock = new FakeClock();
  cloud.sets = () => page([...apex, set('x.a.test.', 'A', '192.0.2.1')]);
  const ours = await cloud.serve(t, 'a.test.:p:z', 'refresh 10', clock);
  const fetched = () => cloud.api.asked.filter((each) => each.includes('/rrsets')).length;
  const looks = () => cloud.api.asked.filter((each) => each.includes('/changes')).length;
  const passes = async (condition: () => boolean, what: string) => {
    for (let i = 0; i < 4000 && !condition(); i++) await clock.elapse(100);
    assert.ok(condition(), `${what}, in ${ours.log()}`);
  };
  await passes(() => looks() >= 4, 'four looks');
  assert.equal(fetched(), 1);
  for (const [said, text] of [
    [page(apex, 'again'), 'the pages of the API go round in a circle'],
    [{ body: '{"rrsets":[' }, 'answered what is no JSON'],
    [{ body: '{"rrsets":5}' }, 'the API gave "rrsets" that are no list'],
    [page([set('x.a.test.', 'A', '192.0.2.9')]), 'there is no SOA record'],
    [{ status: 403, body: 'no' }, 'Cloud DNS, asked for p/z, answered 403 (no)'],
  ] as const) {
    cloud.change += '1';
    cloud.sets = () => said;
    await passes(() => ours.log().includes(text), text);
    assert.equal((await askOnce(ours.port, 'x.a.test', 'A')).answer[0], 'x.a.test. 60 IN A 192.0.2.1');
  }
  cloud.sets = () => page([...apex, set('y.a.test.', 'A', '192.0.2.2')]);
  await passes(() => ours.log().includes('zone a.test. is fetched again'), 'it is fetched again');
  assert.equal((await askOnce(ours.port, 'y.a.test', 'A')).answer.length, 1);
});

test('of several zones of one name the next has what one has not; what none has falls through where it may', async (t) => {
  const cloud = new CloudDns();
  cloud.sets = ({ pathname }) => page([...apex, pathname.includes('/one/') ? set('one.a.test.', 'A', '192.0.2.1')
    : set('two.a.test.', 'A', '192.0.2.2')]);
  const ours = await cloud.serve(t, 'a.test.:p:one a.test.:p:two', 'fallthrough fall.a.test');
  const rcodes = await Promise.all(['one', 'two', 'none'].map((name) => askOnce(ours.port, `${name}.a.test`, 'A')));
  assert.deepEqual(rcodes.map(({ rcode, answer }) => [rcode, answer.length]), [['NOERROR', 1], ['NOERROR', 1], ['NXDOMAIN', 0]]);
  assert.equal((await askOnce(ours.port, 'x.fall.a.test', 'A')).rcode, 'NOERROR');
});

test('a zone that is not there stops the start', async (t) => {
  const cloud = new CloudDns();
  cloud.sets = () => ({ status: 404, body: 'not found' });
  await assert.rejects(cloud.serve(t), /Cloud DNS, asked for p\/z, answered 404 \(not found\)/);
});

test('credentials: those that are none, a token of a user, the metadata of the machine, kept until shortly before their end', async (t) => {
  for (const [text, why] of [
    ['x', /invalid character 'x' looking for beginning of value/], ['{}', /missing `type` field in credential/],
    ['{"type":"zz"}', /unknown credential type: zz/], ['null', /missing `type`/], ['', /unexpected end of JSON input/],
  ] as const) assert.throws(() => readCredential(text), why);
  const clock = new FakeClock();
  const { signal } = new AbortController();
  const bodies: string[] = [];
  const api = await new ScriptedApi((url, { headers }, body) => {
    bodies.push(body);
    if (url.pathname === '/user') return { body: '{"access_token":"u","expires_in":3600}' };
    return headers['metadata-flavor'] === 'Google' ? { body: '{"access_token":"m","expires_in":3600}' } : { status: 403 };
  }).open(t);
  const user = { type: 'authorized_user', client_id: 'c&d', client_secret: 's', refresh_token: 'r', token_uri: `${api.url}/user` };
  assert.equal(await new GoogleTokens(user, clock, () => undefined).get(signal), 'u');
  assert.equal(bodies[0], 'grant_type=refresh_token&client_id=c%26d&client_secret=s&refresh_token=r');
  const environment: { readonly [name: string]: string } = { GCE_METADATA_HOST: api.url.slice(7), CLOUDSDK_CONFIG: '/nowhere' };
  const tokens = new GoogleTokens(undefined, clock, (name) => environment[name]);
  assert.equal(await tokens.get(signal), 'm');
  assert.equal(await tokens.get(signal), 'm');
  assert.equal(bodies.length, 2);
  await clock.elapse(56 * 60_000);
  assert.equal(await tokens.get(signal), 'm');
  assert.equal(bodies.length, 3);
  const of = (type: string) => new GoogleTokens({ type }, clock, () => undefined).get(signal);
  await assert.rejects(of('external_account'), /external_account are not supported/);
  await assert.rejects(of('service_account'), /email must be provided/);
});
