// Hosted zones of an API of Route 53 that says what the test says: pages, what cannot be used, what does not come whole, and its quota.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { FakeClock } from '../../testing/fake-clock.ts';
import { askOnce } from '../../testing/one-question.ts';
import { ScriptedApi } from '../../testing/scripted-api.ts';
import type { ScriptedAnswer } from '../../testing/scripted-api.ts';
import { eventually } from '../../testing/conformance/transport-clients.ts';
import { serve } from '../../testing/served.ts';
import { systemClock } from '../../kernel/clock.ts';
import { standard } from '../index.ts';
import { AwsCredentials } from './credentials.ts';
import type { KeySource } from './credentials.ts';
import { sign } from './signature.ts';
import { readXml } from './xml.ts';

const set = (name: string, type: string, ...values: readonly string[]) =>
  `<ResourceRecordSet><Name>${name}</Name><Type>${type}</Type><TTL>60</TTL><ResourceRecords>${
    values.map((value) => `<ResourceRecord><Value>${value}</Value></ResourceRecord>`).join('')}</ResourceRecords></ResourceRecordSet>`;
const weighted = (text: string) => text.replace('<TTL>', '<SetIdentifier>i</SetIdentifier><Weight>5</Weight><TTL>');
const alias = '<AliasTarget><DNSName>lb.test.</DNSName></AliasTarget>';
const apex = [set('a.test.', 'SOA', 'ns.a.test. host.a.test. 1 7200 900 1209600 86400'), set('a.test.', 'NS', 'ns.a.test.')];
const page = (sets: readonly string[], next = ''): ScriptedAnswer => ({
  body: `<?xml version="1.0"?>\n<ListResourceRecordSetsResponse xmlns="x"><ResourceRecordSets>${sets.join('')}</ResourceRecordSets>`
    + `<IsTruncated>${next !== ''}</IsTruncated>${next}<MaxItems>1000</MaxItems></ListResourceRecordSetsResponse>`,
});
/** An API that knows every hosted zone, whose record sets are what the test says. */
class Route53 {
  sets: (url: URL) => ScriptedAnswer = () => page(apex);
  readonly api = new ScriptedApi((url, { headers }) => {
    const isSigned = /^AWS4-HMAC-SHA256 Credential=ID\/\d{8}\/us-east-1\/route53\/aws4_request, /.test(headers.authorization ?? '');
    if (!isSigned) return { status: 403 };
    return url.pathname === '/2013-04-01/hostedzonesbyname' ? { body: '<R><HostedZones></HostedZones></R>' } : this.sets(url);
  });
  async serve(t: TestContext, lines = 'a.test.:Z1', more = '', clock: FakeClock | typeof systemClock = systemClock) {
    await this.api.open(t);
    const line = `route53 ${lines} {\naws_access_key ID SECRET\naws_endpoint ${this.api.url}\n${more}\n}`;
    const ours = await serve(`a.test {\nbind 127.0.0.1\n${line}\n}`, standard, clock);
    t.after(() => ours.close());
    return ours;
  }
}

test('a zone of several pages is served whole; what cannot be used is left out alone, and named', async (t) => {
  const route53 = new Route53();
  route53.sets = ({ searchParams }) => (searchParams.get('name') === null
    ? page([...apex, set('txt.a.test.', 'TXT', '"a \\"b\\" \\052"', '"two" "parts"'),
      set('\\052.w.a.test.', 'A', '192.0.2.4', '192.0.2.999')],
      '<NextRecordName>x.a.test.</NextRecordName><NextRecordType>A</NextRecordType><NextRecordIdentifier>b&amp;c</NextRecordIdentifier>')
    : page([weighted(set('x.a.test.', 'A', '192.0.2.1')), weighted(set('x.a.test.', 'A', '192.0.2.2', '192.0.2.1')),
      `<ResourceRecordSet><Name>alias.a.test.</Name><Type>A</Type>${alias}</ResourceRecordSet>`]));
  const ours = await route53.serve(t);
  assert.deepEqual((await askOnce(ours.port, 'txt.a.test', 'TXT')).answer,
    ['txt.a.test. 60 IN TXT "a \\"b\\" *"', 'txt.a.test. 60 IN TXT "two" "parts"']);
  assert.deepEqual((await askOnce(ours.port, 'any.w.a.test', 'A')).answer, ['any.w.a.test. 60 IN A 192.0.2.4']);
  assert.deepEqual((await askOnce(ours.port, 'x.a.test', 'A')).answer,
    ['x.a.test. 60 IN A 192.0.2.1', 'x.a.test. 60 IN A 192.0.2.2']);
  const named = /of zone a\.test\. is left out: \*\.w\.a\.test\. A: .*192\.0\.2\.999.*; alias\.a\.test\. A: it is an alias of lb\.test\.$/m;
  assert.match(ours.log(), named);
  assert.equal(ours.log().split('whatever the policy says: x.a.test. A (weighted)\n').length, 2);
  assert.match(route53.api.asked.at(-1)!, /rrset\?identifier=b%26c&maxitems=1000&name=x\.a\.test\.&type=A$/);
});

test('`alias`: what it leads to is told as the name\'s own, through this server, for sixty seconds', async (t) => {
  const route53 = new Route53();
  const to = (name: string, type: string, target: string) => `<ResourceRecordSet><Name>${name}</Name><Type>${type}</Type>`
    + `<AliasTarget><HostedZoneId>Z</HostedZoneId><DNSName>${target}</DNSName></AliasTarget></ResourceRecordSet>`;
  route53.sets = () => page([...apex, to('a.test.', 'A', 'lb.test.'), to('both.a.test.', 'A', 'lb.test.'),
    to('both.a.test.', 'AAAA', 'lb.test.'), to('both.a.test.', 'A', 'lb2.test.'), set('both.a.test.', 'TXT', '"t"'),
    to('in.a.test.', 'A', 'x.a.test.'), to('\\052.w.a.test.', 'A', 'lb.test.'),
    set('x.a.test.', 'A', '192.0.2.1'), set('www.a.test.', 'CNAME', 'both.a.test.'), to('none.a.test.', 'A', 'none.lb.test.'),
    to('self.a.test.', 'A', 'self.a.test.'), to('c.a.test.', 'CNAME', 'lb.test.')]);
  await route53.api.open(t);
  const line = `route53 a.test.:Z1 {\naws_access_key ID SECRET\naws_endpoint ${route53.api.url}\nalias\n}`;
  const lb = 'template IN A lb.test {\nmatch ^lb[.]\nanswer "{{ .Name }} 300 IN CNAME n.lb.test."\n'
    + 'answer "n.lb.test. 300 IN A 192.0.2.50"\n'
    + 'fallthrough\n}\ntemplate IN ANY lb.test {\nrcode NXDOMAIN\n}';
  const ours = await serve(`a.test lb.test {\nbind 127.0.0.1\n${line}\n${lb}\n}`, standard);
  t.after(() => ours.close());
  const answers = async (type: string, ...names: readonly string[]) =>
    (await Promise.all(names.map((name) => askOnce(ours.port, `${name}a.test`, type)))).map(({ answer }) => answer);
  assert.deepEqual(await answers('A', '', 'both.', 'in.', 'x.w.', 'www.'), [
    ['a.test. 60 IN A 192.0.2.50'], ['both.a.test. 60 IN A 192.0.2.50'], ['in.a.test. 60 IN A 192.0.2.1'],
    ['x.w.a.test. 60 IN A 192.0.2.50'], ['www.a.test. 60 IN CNAME both.a.test.', 'both.a.test. 60 IN A 192.0.2.50'],
  ]);
  assert.deepEqual(await answers('TXT', 'both.', 'in.'), [['both.a.test. 60 IN TXT "t"'], []]);
  assert.deepEqual([await answers('TYPE65401', 'in.'), await answers('ANY', 'in.')], [[[]], [[]]]);
  const denials = await Promise.all([['both', 'AAAA'], ['none', 'A'], ['self', 'A']].map(([name, type]) =>
    askOnce(ours.port, `${name}.a.test`, type!)));
  assert.deepEqual(denials.map(({ rcode, answer, authority }) => [rcode, answer.length, authority.length]),
    [['NOERROR', 0, 1], ['NOERROR', 0, 1], ['SERVFAIL', 0, 1]]);
  assert.match(ours.log(), /left out: both\.a\.test\. A: it is another alias, of lb2\.test\.; c\.a\.test\. CNAME: it is an alias of/);
});

test('what does not come whole is not served: cut, without end, or no zone', async (t) => {
  const route53 = new Route53();
  const clock = new FakeClock();
  let said = page([...apex, set('x.a.test.', 'A', '192.0.2.1')]);
  route53.sets = () => said;
  const ours = await route53.serve(t, 'a.test.:Z1', 'refresh 10', clock);
  const passes = async (text: string) => {
    for (let i = 0; i < 400 && !ours.log().includes(text); i++) await clock.elapse(100);
    assert.ok(ours.log().includes(text), `${text}, in ${ours.log()}`);
    assert.equal((await askOnce(ours.port, 'x.a.test', 'A')).answer[0], 'x.a.test. 60 IN A 192.0.2.1');
  };
  const circle = '<NextRecordName>x.a.test.</NextRecordName><NextRecordType>A</NextRecordType>';
  for (const [next, text] of [
    [page(apex, circle), 'the pages of the API go round in a circle'],
    [{ body: page(apex).body!.slice(0, -'</ListResourceRecordSetsResponse>'.length) },
      'Route 53 answered what cannot be read: the document is cut'],
    [page([set('x.a.test.', 'A', '192.0.2.9')]), 'there is no SOA record'],
    [{ status: 403, body: '<E><Error><Code>AccessDenied</Code><Message>no</Message></Error></E>' },
      'Route 53 refuses /hostedzone/Z1/rrset: AccessDenied: no'],
  ] as const) {
    said = next;
    await passes(`Failed to update zone a.test.: ${text}; what was fetched before is served`);
  }
  said = page([...apex, set('x.a.test.', 'A', '192.0.2.1'), set('y.a.test.', 'A', '192.0.2.2')]);
  await passes('zone a.test. is fetched again');
  assert.equal((await askOnce(ours.port, 'y.a.test', 'A')).answer.length, 1);
});

test('an account that is asked too much rests, and its zones with it', async (t) => {
  const route53 = new Route53();
  const clock = new FakeClock();
  let refused = 0;
  route53.sets = () => (refused++ < 1 ? { status: 400, body: '<E><Error><Code>Throttling</Code></Error></E>' } : page(apex));
  await route53.api.open(t);
  const started = serve(`a.test {\nbind 127.0.0.1\nroute53 a.test.:Z1 a.test.:Z2 a.test.:Z3 {\naws_access_key ID SECRET\naws_endpoint ${
    route53.api.url}\n}\n}`, standard, clock);
  await eventually(() => refused === 3, 'all three were asked for');
  const asked = route53.api.asked.length;
  await clock.elapse(200);
  assert.equal(route53.api.asked.length, asked);
  let isThere = false;
  void started.then(() => (isThere = true));
  for (let i = 0; i < 300 && !isThere; i++) await clock.elapse(100);
  const ours = await started;
  t.after(() => ours.close());
  assert.equal(refused, 4);
});

test('of several zones of one name the next has what one has not; what none has falls through where it may', async (t) => {
  const route53 = new Route53();
  route53.sets = ({ pathname }) => page([...apex, pathname.includes('Z1') ? set('one.a.test.', 'A', '192.0.2.1')
    : set('two.a.test.', 'A', '192.0.2.2')]);
  await route53.api.open(t);
  const ours = await serve(`a.test {\nbind 127.0.0.1\nroute53 a.test.:Z1 a.test.:Z2 {\naws_access_key ID SECRET\naws_endpoint ${
    route53.api.url}\nfallthrough fall.a.test\n}\nwhoami\n}`, standard);
  t.after(() => ours.close());
  const rcodes = await Promise.all(['one', 'two', 'none'].map((name) => askOnce(ours.port, `${name}.a.test`, 'A')));
  assert.deepEqual(rcodes.map(({ rcode, answer }) => [rcode, answer.length]), [['NOERROR', 1], ['NOERROR', 1], ['NXDOMAIN', 0]]);
  assert.equal((await askOnce(ours.port, 'x.fall.a.test', 'A')).rcode, 'NOERROR');
});

test('a zone that is not there stops the start', async (t) => {
  const body = '<E><Error><Code>NoSuchHostedZone</Code><Message>Z1</Message></Error></E>';
  const api = await new ScriptedApi(() => ({ status: 404, body })).open(t);
  await assert.rejects(serve(`a.test {\nroute53 a.test.:Z1 {\naws_access_key ID SECRET\naws_endpoint ${api.url}\n}\n}`, standard),
    /plugin\/route53: failed to create route53 plugin: Route 53 refuses \/hostedzonesbyname: NoSuchHostedZone: Z1/);
});

test('signatures are those of the test suite of AWS', () => {
  const keys = { id: 'AKIDEXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', token: undefined };
  const scope = { region: 'us-east-1', service: 'service', now: Date.UTC(2015, 7, 30, 12, 36) };
  const of = (query: readonly (readonly [string, string])[]) => {
    const fields = sign({ method: 'GET', authority: 'example.amazonaws.com', path: '/', query }, keys, scope);
    return /Signature=(.*)$/.exec(fields.at(-1)![1])?.[1];
  };
  assert.equal(of([]), '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31');
  assert.equal(of([['Param2', 'value2'], ['Param1', 'value1']]), 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500');
});

test('keys come from the environment, a profile, a web identity, a container, the machine; temporary ones are renewed', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'route53-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'credentials'), token = path.join(folder, 'token');
  writeFileSync(file, '[default]\naws_access_key_id = D\naws_secret_access_key=x\n\n'
    + '[ other ]\n# no\naws_access_key_id=O\naws_secret_access_key = y \n');
  writeFileSync(token, 'web token\n');
  let given = 0;
  const clock = new FakeClock();
  const json = () => ({ body: JSON.stringify({ AccessKeyId: `M${given++}`, SecretAccessKey: 's', Token: 't',
    Expiration: new Date(clock.wall() + 3_600_000).toISOString() }) });
  const api = await new ScriptedApi((url, { method, headers }, body) => {
    if (url.pathname === '/latest/api/token') return method === 'PUT' ? { body: 'metadata-token' } : { status: 405 };
    if (url.pathname === '/container') return headers.authorization === 'agent' ? json() : { status: 401 };
    if (body.includes('WebIdentityToken=web%20token')) {
      return { body: '<A><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>W</AccessKeyId><SecretAccessKey>s</SecretAccessKey>'
        + '</Credentials></AssumeRoleWithWebIdentityResult></A>' };
    }
    if (headers['x-aws-ec2-metadata-token'] !== 'metadata-token') return { status: 401 };
    return url.pathname.endsWith('/') ? { body: 'role\n' } : json();
  }).open(t);
  const nowhere = { AWS_SHARED_CREDENTIALS_FILE: path.join(folder, 'none'), AWS_CONFIG_FILE: path.join(folder, 'none') };
  const source: KeySource = { fixed: undefined, profile: undefined, file: undefined };
  const credentials = (environment: Readonly<Record<string, string>>, from: Partial<KeySource> = {}) => {
    const words = new Map(Object.entries({ ...nowhere, ...environment }));
    return new AwsCredentials({ ...source, ...from }, clock, (name) => words.get(name));
  };
  const { signal } = new AbortController();
  const id = async (from: AwsCredentials) => (await from.get(signal)).id;
  assert.equal(await id(credentials({ AWS_ACCESS_KEY_ID: 'E', AWS_SECRET_ACCESS_KEY: 's', AWS_SHARED_CREDENTIALS_FILE: file })), 'E');
  assert.equal(await id(credentials({ AWS_SHARED_CREDENTIALS_FILE: file })), 'D');
  assert.equal(await id(credentials({}, { profile: 'other', file })), 'O');
  await assert.rejects(id(credentials({}, { profile: 'third', file })), /no keys in profile third/);
  assert.equal(await id(credentials({ AWS_ROLE_ARN: 'arn', AWS_WEB_IDENTITY_TOKEN_FILE: token, AWS_ENDPOINT_URL_STS: api.url })), 'W');
  const agent = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${api.url}/container`, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'agent' };
  assert.equal(await id(credentials(agent)), 'M0');
  const machine = credentials({ AWS_EC2_METADATA_SERVICE_ENDPOINT: api.url });
  assert.deepEqual([await id(machine), await id(machine)], ['M1', 'M1']);
  await clock.elapse(3_400_000);
  assert.equal(await id(machine), 'M2');
  await assert.rejects(id(credentials({ AWS_EC2_METADATA_DISABLED: 'true' })), /there are no AWS keys/);
});

test('XML: entities, nothing, depth, and what is none', () => {
  assert.deepEqual(readXml('<?xml version="1.0"?><a b="c"><!-- x --><d>&lt;&#65;&#x42;&amp;lt;</d><e/></a>').children,
    [{ name: 'd', children: [], text: '<AB&lt;' }, { name: 'e', children: [], text: '' }]);
  for (const wrong of ['', '<a>', '<a></b>', '</a>', '<a', '<a>'.repeat(40), 'x']) assert.throws(() => readXml(wrong), Error, wrong);
});
