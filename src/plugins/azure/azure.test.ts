// Zones of an API of Azure DNS that says what the test says: pages, what cannot be used, what does not come whole, what is not there yet,
// and the tokens that are shown to it.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { checkCorefile } from '../../cli/check.ts';
import { systemClock } from '../../kernel/clock.ts';
import { eventually } from '../../testing/conformance/transport-clients.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { askOnce } from '../../testing/one-question.ts';
import { ScriptedApi } from '../../testing/scripted-api.ts';
import type { ScriptedAnswer } from '../../testing/scripted-api.ts';
import { serve } from '../../testing/served.ts';
import { standard } from '../index.ts';
import { AzureTokens } from './credentials.ts';

const set = (name: string, type: string, fields: object, fqdn = name === '@' ? 'a.test.' : `${name}.a.test.`) =>
  ({ name, type: `Microsoft.Network/dnszones/${type}`, properties: { fqdn, TTL: 60, ...fields } });
const a = (name: string, ...addresses: readonly string[]) =>
  set(name, 'A', { ARecords: addresses.map((ipv4Address) => ({ ipv4Address })) });
const soa = set('@', 'SOA', { SOARecord: { host: 'ns.a.test.', email: 'host.a.test', serialNumber: 1, refreshTime: 3600, retryTime: 300,
  expireTime: 2419200, minimumTTL: 300 } });
const apex = [soa, set('@', 'NS', { NSRecords: [{ nsdname: 'ns.a.test.' }] })];
const page = (value: unknown, nextLink?: string): ScriptedAnswer => ({ body: JSON.stringify({ value, nextLink }) });
const ZONE = '/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Network/dnsZones/a.test/recordsets?api-version=2018-05-01';

/** Waits until what is asked on real sockets says so. */
async function comes(condition: () => Promise<boolean>, what: string): Promise<void> {
  for (let i = 0; i < 2000; i++) if (await condition()) return;
  assert.fail(what);
}
/** An API that gives tokens to whoever knows the secret. */
class AzureDns {
  sets: (url: URL) => ScriptedAnswer | 'held' = () => page(apex);
  secret = 'hush';
  readonly api = new ScriptedApi((url, { headers }, body) => {
    if (url.pathname === '/ten/oauth2/v2.0/token') return this.#token(new URLSearchParams(body));
    return headers.authorization === `Bearer token for ${this.secret}` ? this.sets(url) : { status: 401, body: 'who is this' };
  });
  #token(words: URLSearchParams): ScriptedAnswer {
    const known = words.get('client_id') === 'cli' && words.get('grant_type') === 'client_credentials'
      && words.get('scope') === 'https://management.azure.com/.default';
    const token = { access_token: `token for ${words.get('client_secret')}`, expires_in: 3600 };
    return known ? { body: JSON.stringify(token) } : { status: 400 };
  }
  corefile(zones = 'rg:a.test', more = '', secret = this.secret): string {
    const account = `tenant ten\nclient cli\nsecret ${secret}\nsubscription sub\nendpoint ${this.api.url}\nauthority ${this.api.url}`;
    return `a.test {\nbind 127.0.0.1\nazure ${zones} {\n${account}\n${more}\n}\nwhoami\n}`;
  }
  async start(t: TestContext, zones?: string, more?: string, clock: FakeClock | typeof systemClock = systemClock) {
    await this.api.open(t);
    const ours = await serve(this.corefile(zones, more), standard, clock);
    t.after(() => ours.close());
    return ours;
  }
  /** A server whose zones are there. */
  async serve(t: TestContext, zones?: string, more?: string, clock: FakeClock | typeof systemClock = systemClock) {
    const ours = await this.start(t, zones, more, clock);
    await comes(async () => (await askOnce(ours.port, 'a.test', 'SOA')).rcode === 'NOERROR', 'the zone is there');
    return ours;
  }
}
const answerOf = async (port: number, name: string, type: 'A' | 'MX' | 'SRV' | 'TXT' | 'CAA' | 'SOA' | 'AAAA' | 'PTR') =>
  (await askOnce(port, name, type)).answer;

test('a zone of several pages is served whole; what cannot be used is left out alone, and named', async (t) => {
  const azure = new AzureDns();
  azure.sets = ({ searchParams }) => (searchParams.get('$skipToken') === null
    ? page([...apex, set('txt', 'TXT', { TXTRecords: [{ value: ['a "b" \\c é', 'd;'] }] }), a('*.w', '192.0.2.4', '192.0.2.999'),
      set('mail', 'MX', { MXRecords: [{ preference: 5, exchange: 'mx.b.test' }] }),
      set('caa', 'CAA', { caaRecords: [{ flags: 0, tag: 'issue', value: 'ca.test' }] })],
    `https://elsewhere.test${ZONE}&$skipToken=b%26c`)
    : page([a('x', '192.0.2.1', '192.0.2.2'), set('lb', 'A', { targetResource: { id: '/subscriptions/sub/lb' } }), null,
      set('six', 'AAAA', { AAAARecords: [{ ipv6Address: '2001:db8::1' }, { ipv6Address: 6 }, {}] }),
      set('s', 'SRV', { SRVRecords: [{ priority: 1, weight: 2, port: 3, target: 'x.a.test' }] }),
      set('p', 'PTR', { PTRRecords: [{ ptrdname: 'x.a.test' }] }),
      set('alias', 'CNAME', { CNAMERecord: { cname: 'x.a.test' } })]));
  const ours = await azure.serve(t);
  const found = [];
  for (const [name, type] of [['txt', 'TXT'], ['any.w', 'A'], ['mail', 'MX'], ['caa', 'CAA'], ['alias', 'A'], ['six', 'AAAA'], ['s', 'SRV'],
    ['p', 'PTR']] as const) found.push(...await answerOf(ours.port, `${name}.a.test`, type));
  assert.deepEqual(found, [
    'txt.a.test. 60 IN TXT "a \\"b\\" \\\\c \\195\\169" "d;"', 'any.w.a.test. 60 IN A 192.0.2.4', 'mail.a.test. 60 IN MX 5 mx.b.test.',
    'caa.a.test. 60 IN CAA 0 issue "ca.test"', 'alias.a.test. 60 IN CNAME x.a.test.', 'x.a.test. 60 IN A 192.0.2.1',
    'x.a.test. 60 IN A 192.0.2.2', 'six.a.test. 60 IN AAAA 2001:db8::1', 's.a.test. 60 IN SRV 1 2 3 x.a.test.',
    'p.a.test. 60 IN PTR x.a.test.',
  ]);
  assert.match(ours.log(), /is left out: \*\.w\.a\.test\. A: .*192\.0\.2\.999.*; lb\.a\.test\. A: it is an alias of \/subscriptions/);
  const [, first, second] = azure.api.asked;
  assert.deepEqual([first, second], [`GET ${ZONE}`, `GET ${ZONE}&$skipToken=b%26c`]);
});

test('a private zone is asked for where those are, and needs no NS', async (t) => {
  const azure = new AzureDns();
  const { TTL: ttl, ...rest } = soa.properties;
  azure.sets = () => page([{ ...soa, properties: { ...rest, ttl } }, { name: 'x', type: 'Microsoft.Network/privateDnsZones/A',
    properties: { ttl: 9, aRecords: [{ ipv4Address: '10.0.0.1' }] } }]);
  const ours = await azure.serve(t, 'rg:a.test', 'access private');
  assert.deepEqual(await answerOf(ours.port, 'x.a.test', 'A'), ['x.a.test. 9 IN A 10.0.0.1']);
  assert.equal(azure.api.asked[1], `GET ${ZONE.replace(/dnsZones.*/, 'privateDnsZones/a.test/ALL?api-version=2018-09-01')}`);
});

test('a start waits for no zone and fails for none: SERVFAIL until it is there, or what is behind', async (t) => {
  const azure = new AzureDns();
  const clock = new FakeClock();
  azure.sets = () => ({ status: 403, body: '{"error":{"code":"AuthorizationFailed"}}' });
  const ours = await azure.start(t, 'rg:a.test', 'fallthrough fall.a.test', clock);
  const failed = 'Failed to update zone a.test.: Azure DNS, asked for rg:a.test, answered 403 ({"error":{"code":"AuthorizationFailed"}}); '
    + 'nothing is served of it yet';
  await eventually(() => ours.log().includes(failed), failed);
  assert.equal((await askOnce(ours.port, 'x.a.test', 'A')).rcode, 'SERVFAIL');
  assert.equal((await askOnce(ours.port, 'x.fall.a.test', 'A')).rcode, 'NOERROR');
  azure.sets = () => page([...apex, a('x', '192.0.2.1')]);
  for (let i = 0; i < 200 && !ours.log().includes('is fetched again'); i++) await clock.elapse(100);
  assert.deepEqual(await answerOf(ours.port, 'x.a.test', 'A'), ['x.a.test. 60 IN A 192.0.2.1']);
  assert.equal((await askOnce(ours.port, 'x.fall.a.test', 'A')).rcode, 'NOERROR');
});

test('what does not come whole is not served', async (t) => {
  const azure = new AzureDns();
  const clock = new FakeClock();
  azure.sets = () => page([...apex, a('x', '192.0.2.1')]);
  const ours = await azure.serve(t, 'rg:a.test', 'refresh 10', clock);
  const passes = async (text: string) => {
    for (let i = 0; i < 4000 && !ours.log().includes(text); i++) await clock.elapse(100);
    assert.ok(ours.log().includes(text), `${text}, in ${ours.log()}`);
  };
  for (const [said, text] of [
    [page(apex, `https://a.test${ZONE}`), 'the pages of the API go round in a circle'],
    [page(apex, 'nowhere'), 'the API gave a next page that is no URL'],
    [{ body: '{"value":[' }, 'answered what is no JSON'],
    [{ body: '{"value":5}' }, 'the API gave a page without record sets'],
    [{ body: 'null' }, 'the API gave a page without record sets'],
    [page([a('x', '192.0.2.9')]), 'there is no SOA record'],
    [{ status: 404, body: 'no' }, 'Azure DNS, asked for rg:a.test, answered 404 (no); what was fetched before is served'],
  ] as const) {
    azure.sets = () => said;
    await passes(text);
    assert.deepEqual(await answerOf(ours.port, 'x.a.test', 'A'), ['x.a.test. 60 IN A 192.0.2.1']);
  }
  azure.sets = () => page([...apex, a('y', '192.0.2.2')]);
  await passes('zone a.test. is fetched again');
  assert.equal((await askOnce(ours.port, 'x.a.test', 'A')).rcode, 'NXDOMAIN');
});

test('of several zones of one name the next has what one has not; what none has falls through where it may', async (t) => {
  const azure = new AzureDns();
  azure.sets = ({ pathname }) => page([...apex, a(pathname.includes('/one/') ? 'one' : 'two', '192.0.2.1')]);
  const ours = await azure.serve(t, 'one:a.test two:a.test', 'fallthrough fall.a.test');
  await comes(async () => (await askOnce(ours.port, 'two.a.test', 'A')).answer.length === 1, 'the second zone is there');
  const rcodes = await Promise.all(['one', 'two', 'none'].map((name) => askOnce(ours.port, `${name}.a.test`, 'A')));
  assert.deepEqual(rcodes.map(({ rcode, answer }) => [rcode, answer.length]), [['NOERROR', 1], ['NOERROR', 1], ['NXDOMAIN', 0]]);
  assert.equal((await askOnce(ours.port, 'x.fall.a.test', 'A')).rcode, 'NOERROR');
});

test('a reload keeps what is served and asks with the new secret; one that fails leaves the old one', async (t) => {
  const azure = new AzureDns();
  const clock = new FakeClock();
  azure.sets = () => page([...apex, a('x', '192.0.2.1')]);
  const ours = await azure.serve(t, 'rg:a.test', '', clock);
  await assert.rejects(ours.replace(`${azure.corefile('rg:a.test', '', 'wrong')}\na.test {\nfile /nowhere/db\nforward nowhere\n}`));
  const refetched = async () => {
    const { length } = azure.api.asked;
    for (let i = 0; i < 2000 && !azure.api.asked.slice(length).some((each) => each.includes('dnsZones')); i++) await clock.elapse(100);
  };
  await refetched();
  assert.doesNotMatch(ours.log(), /Failed to update/);
  azure.secret = 'new';
  await ours.replace(azure.corefile());
  assert.deepEqual(await answerOf(ours.port, 'x.a.test', 'A'), ['x.a.test. 60 IN A 192.0.2.1']);
  azure.sets = () => page([...apex, a('x', '192.0.2.7')]);
  await refetched();
  await comes(async () => (await answerOf(ours.port, 'x.a.test', 'A'))[0] === 'x.a.test. 60 IN A 192.0.2.7', 'the new secret holds');
});

test('two accounts in one block are one, which check says', async () => {
  const corefile = '. {\nazure rg:a.test {\nsubscription one\n}\nazure rg:b.test {\nsubscription two\nenvironment azurechinacloud\n}\n}\n';
  const { problems } = await checkCorefile(corefile, 'C', 53);
  assert.deepEqual(problems.map(({ message }) => message), ['plugin/azure: all zones of a block have one account, as in CoreDNS, so that '
    + 'this subscription counts for those of the lines above too']);
});

test('tokens: a federated one, the identity of a service and of the machine, kept until shortly before their end', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'azure-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(path.join(folder, 'federated'), 'from the cluster\n');
  const clock = new FakeClock();
  const { signal } = new AbortController();
  let given = 0;
  const api = await new ScriptedApi((url, { headers }, body) => {
    const words = new URLSearchParams(body);
    const query = url.search.replace('resource=https%3A%2F%2Fapi%2F', 'R');
    if (url.pathname === '/t/oauth2/v2.0/token') {
      return words.get('client_assertion') === 'from the cluster' ? { body: '{"access_token":"f","expires_in":60}' } : { status: 401 };
    }
    if (url.pathname === '/msi') {
      const end = Math.floor(clock.wall() / 1000) + 3600;
      return headers['x-identity-header'] === 'h' && query === '?api-version=2019-08-01&R'
        ? { body: `{"access_token":"s","expires_on":"${end}"}` } : { status: 400 };
    }
    return headers.metadata === 'true' && query === '?api-version=2018-02-01&R&client_id=c'
      ? { body: `{"access_token":"m${given++}","expires_in":"3600"}` } : { status: 400, body: query };
  }).open(t);
  const of = (environment: Readonly<Record<string, string>>, client = '') => new AzureTokens({
    account: { tenant: '', client, secret: '', subscription: '' }, login: api.url, resource: 'https://api/',
  }, clock, (name) => environment[name]);
  const federated = { AZURE_TENANT_ID: 't', AZURE_CLIENT_ID: 'c', AZURE_FEDERATED_TOKEN_FILE: path.join(folder, 'federated') };
  assert.equal(await of(federated).get(signal), 'f');
  const service = of({ IDENTITY_ENDPOINT: `${api.url}/msi`, IDENTITY_HEADER: 'h' });
  assert.deepEqual([await service.get(signal), await service.get(signal)], ['s', 's']);
  const machine = of({ AZURE_POD_IDENTITY_AUTHORITY_HOST: api.url }, 'c');
  assert.deepEqual([await machine.get(signal), await machine.get(signal)], ['m0', 'm0']);
  machine.forget();
  assert.equal(await machine.get(signal), 'm1');
  await clock.elapse(56 * 60_000);
  assert.equal(await machine.get(signal), 'm2');
  await assert.rejects(of({ AZURE_POD_IDENTITY_AUTHORITY_HOST: api.url }).get(signal), /there are no credentials .* answered 400/);
});
