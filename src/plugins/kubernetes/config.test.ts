// What `kubernetes` stanzas may say, with what CoreDNS 1.14.7 says of the same text.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pluginError } from '../../corefile/error.ts';
import { linesByWord, parseCorefile } from '../../corefile/parse.ts';
import { Name } from '../../dns/name.ts';
import type { Machine } from '../../kernel/site/plugin.ts';
import { readSettings } from './config.ts';
import type { Settings } from './config.ts';

const MACHINE: Machine = {
  interfaces: () => new Map([
    ['lo', ['127.0.0.1', '::1']], ['eth0', ['10.0.0.5', 'fe80::1%eth0', '2001:db8::5']], ['eth1', ['192.0.2.7']],
  ]),
  hostname: () => 'host',
  readFile: (path) => (path === '/etc/resolv.conf' ? Buffer.from('domain x\nsearch Example.ORG a..b corp.\n') : assert.fail(path)),
};

/** The stanzas of a block whose second line is the first of `text`. */
function read(text: string, machine = MACHINE): readonly Settings[] {
  const files = { absolute: (path: string) => path, read: () => '', glob: () => [] };
  const { blocks } = parseCorefile(`block.test {\n${text}\n}`, { file: 'Corefile', environment: () => undefined, files });
  const lines = linesByWord(blocks[0]!).get('kubernetes') ?? assert.fail('no stanza');
  const zones = [Name.parse('block.test')];
  try {
    return readSettings(lines, { zones, root: undefined, keys: ['dns://block.test.:53'], scheme: 'dns', machine });
  } catch (error) {
    throw pluginError('kubernetes', error);
  }
}
/** One stanza for cluster.local with these options, of which the first is on line 3. */
const options = (...lines: string[]) => read(`kubernetes cluster.local {\n${lines.join('\n')}\n}`)[0]!;
const texts = (names: readonly Name[]) => names.map(({ text }) => text);

test('what holds without options', () => {
  const { zones, primary, multicluster, fallthrough, searchList, ...others } = read('kubernetes')[0]!;
  assert.deepEqual(texts(zones.names), ['block.test.']);
  assert.equal(primary.text, 'block.test.');
  assert.deepEqual([multicluster.names, fallthrough.names], [[], []]);
  assert.deepEqual(texts(searchList), ['example.org.', 'corp.']);
  assert.deepEqual(others, {
    api: { endpoint: undefined, tls: undefined, kubeconfig: undefined, qps: 0, burst: 0, maxInflight: 0 },
    word: 'kubernetes', namespaces: [], namespaceLabels: undefined, labels: undefined, pods: 'disabled', endpointPodNames: false, ttl: 5,
    endpoints: true, ignoreEmptyService: false, zonal: false, nodes: undefined, startupTimeout: 5000, snapshot: undefined, warnings: [],
    interfaces: ['10.0.0.5', '192.0.2.7', '2001:db8::5'],
  });
});
test('without a resolv.conf the search list is empty', () => {
  const machine = { ...MACHINE, readFile: () => assert.fail('no such file') };
  assert.deepEqual(read('kubernetes', machine)[0]!.searchList, []);
});
test('zones', () => {
  const zones = (text: string) => {
    const { zones: { names }, primary } = read(`kubernetes ${text}`)[0]!;
    return [texts(names), primary.text];
  };
  assert.deepEqual(zones('dns://CLUSTER.local:53'), [['cluster.local.'], 'cluster.local.']);
  assert.deepEqual(zones('10.in-addr.arpa cluster.local'), [['10.in-addr.arpa.', 'cluster.local.'], 'cluster.local.']);
  assert.deepEqual(zones('in-addr.arpa'), [['in-addr.arpa.'], 'in-addr.arpa.']);
  for (const text of ['10.in-addr.arpa', '10.0.0.0/8 1.0.ip6.arpa', 'a..b']) {
    assert.throws(() => zones(text), { message: 'plugin/kubernetes: non-reverse zone name must be used' }, text);
  }
});

test('each option that CoreDNS takes is taken', () => {
  const taken: readonly (readonly [option: string, Partial<Settings>])[] = [
    ['endpoint_pod_names', { endpointPodNames: true }], ['noendpoints', { endpoints: false }], ['zonal', { zonal: true }],
    ['pods disabled', { pods: 'disabled' }], ['pods insecure', { pods: 'insecure' }], ['pods verified', { pods: 'verified' }],
    ['nodes', { nodes: 'internal' }], ['nodes external', { nodes: 'external' }],
    ['namespaces a b', { namespaces: ['a', 'b'] }], ['namespaces a\nnamespaces b a', { namespaces: ['a', 'b'] }],
    ['labels app in (a,b)', { labels: 'app in (a,b)' }], ['labels ""', { labels: '' }],
    ['namespace_labels env == x, !old', { namespaceLabels: 'env=x,!old' }],
    ['ttl 0', { ttl: 0 }], ['ttl 3600', { ttl: 3600 }], ['ttl +7', { ttl: 7 }], ['ttl 6 x', { ttl: 6 }],
    ['ignore', { ignoreEmptyService: false }], ['ignore empty_service', { ignoreEmptyService: true }],
    ['ignore empty_service other', { ignoreEmptyService: true }],
    ['startup_timeout 10s', { startupTimeout: 10_000 }], ['startup_timeout 1s 2s', { startupTimeout: 1000 }],
    ['startup_timeout 0s', { startupTimeout: 0 }], ['snapshot state.bin', { snapshot: 'state.bin' }],
  ];
  for (const [option, expected] of taken) assert.deepEqual({ ...options(option), ...expected }, options(option), option);
  assert.deepEqual(texts(options('fallthrough').fallthrough.names), ['.']);
  assert.deepEqual(texts(options('fallthrough in-addr.arpa 10.0.0.0/8').fallthrough.names), ['in-addr.arpa.', '10.in-addr.arpa.']);
  assert.deepEqual(texts(options('multicluster CLUSTER.local').multicluster.names), ['cluster.local.']);
  assert.deepEqual(texts(options('multicluster').multicluster.names), []);
});
test('how the API is asked', () => {
  const api = (...lines: string[]) => options(...lines).api;
  assert.deepEqual(api('tls a b c').tls, { cert: 'a', key: 'b', ca: 'c' });
  assert.deepEqual(api('kubeconfig f').kubeconfig, { file: 'f', context: undefined });
  assert.deepEqual(api('kubeconfig f c').kubeconfig, { file: 'f', context: 'c' });
  assert.deepEqual([api('apiserver_burst 10').burst, api('apiserver_max_inflight 3').maxInflight], [10, 3]);
  const rates = {
    '10.5': 10.5, '.5e1': 5, '1_0': 10, '+1.e-2': 0.01, inf: Infinity, Infinity, nan: 0, '1e-400': 0, '3.4028235e38': 3.4028235e38,
  };
  for (const [text, qps] of Object.entries(rates)) assert.equal(api(`apiserver_qps ${text}`).qps, qps, text);
  const { api: { endpoint }, warnings } = options('endpoint http://a:1 http://b:2');
  assert.equal(endpoint, 'http://a:1');
  assert.deepEqual(warnings, ["Multiple endpoints have been deprecated, only the first specified endpoint 'http://a:1' is used"]);
});

const selector = (text: string, why: string) => `unable to parse label selector value: '${text}': ${why}`;
const rate = (text: string, why: string) => `@3 invalid apiserver_qps "${text}": strconv.ParseFloat: parsing "${text}": ${why}`;
const words = (last: string) => `@3 Wrong argument count or unexpected line ending after '${last}'`;

/** What CoreDNS refuses, and its text; `@3 ` stands for the place, line 3. */
const REFUSED: readonly (readonly [options: string, text: string])[] = [
  ['endpoint_pod_names x', words('x')], ['noendpoints x', words('x')], ['zonal x', words('x')],
  ['pods', words('pods')], ['pods verified insecure', words('insecure')], ['pods verified }', words('}')],
  ['pods maybe', 'wrong value for pods: maybe,  must be one of: disabled, verified, insecure'],
  ['pods Verified', 'wrong value for pods: Verified,  must be one of: disabled, verified, insecure'],
  ['nodes all', 'wrong value for nodes: all, must be one of: internal, external'], ['nodes internal external', words('external')],
  ['namespaces', words('namespaces')], ['endpoint', words('endpoint')],
  ['namespaces a\nnamespace_labels app=x', '@5 namespaces and namespace_labels cannot both be set'],
  ['namespace_labels ""\nnamespaces a', '@5 namespaces and namespace_labels cannot both be set'],
  ['tls', words('tls')], ['tls a b', words('b')], ['tls a b c d', words('d')],
  ['labels', words('labels')], ['namespace_labels', words('namespace_labels')],
  ['labels a!=b', selector('a!=b', '"!=" is not a valid label selector operator')],
  ['labels "a > 5"', selector('a > 5', '"gt" isn\'t supported in label selectors')],
  ['labels a,', selector('a,', 'couldn\'t parse the selector string "a,": found \'\', expected: identifier after \',\'')],
  ['labels a b c', selector('a b c', 'couldn\'t parse the selector string "a b c": unable to parse requirement: found \'b\', '
    + 'expected: in, notin, =, ==, !=, gt, lt')],
  ['namespace_labels !a=b', "unable to parse namespace_label selector value: '!a=b': couldn't parse the selector string \"!a=b\": "
    + "found '=', expected: ',' or 'end of string'"],
  ['ttl', words('ttl')], ['ttl 3601', '@3 ttl must be in range [0, 3600]: 3601'], ['ttl -1', '@3 ttl must be in range [0, 3600]: -1'],
  ['ttl x', 'strconv.Atoi: parsing "x": invalid syntax'],
  ['ttl 99999999999999999999', 'strconv.Atoi: parsing "99999999999999999999": value out of range'],
  ['pods verified\nttl 4000', '@4 ttl must be in range [0, 3600]: 4000'],
  ['noendpoints\nzonal', '@5 zonal requires the endpoint cache; remove noendpoints'],
  ['ignore other', "unable to parse ignore value: 'other'"], ['ignore other empty_service', "unable to parse ignore value: 'other'"],
  ['kubeconfig', words('kubeconfig')], ['kubeconfig a b c', words('c')],
  ['multicluster other.local',
    '@4 is not authoritative for the multicluster zone other.local. (authoritative zones: [cluster.local.])'],
  ['multicluster cluster.local a.cluster.local',
    '@4 is not authoritative for the multicluster zone a.cluster.local. (authoritative zones: [cluster.local.])'],
  ['namespaces a\nnamespace_labels app=x\nmulticluster other\nnoendpoints\nzonal', '@8 namespaces and namespace_labels cannot both be set'],
  ['startup_timeout', words('startup_timeout')],
  ['startup_timeout x', 'failed to parse startup_timeout: x, time: invalid duration "x"'],
  ['startup_timeout 5', 'failed to parse startup_timeout: 5, time: missing unit in duration "5"'],
  ['apiserver_qps', words('apiserver_qps')], ['apiserver_qps 1 2', words('2')], ['apiserver_qps -1', '@3 apiserver_qps must be >= 0'],
  ['apiserver_qps -inf', '@3 apiserver_qps must be >= 0'], ['apiserver_qps 1e39', rate('1e39', 'value out of range')],
  ['apiserver_qps 3.4028236e38', rate('3.4028236e38', 'value out of range')],
  ...['x', '1_', '1__0', '1_.5', '+nan', '1e', '.', 'infinit']
    .map((text) => [`apiserver_qps ${text}`, rate(text, 'invalid syntax')] as const),
  ['apiserver_qps ""', rate('', 'invalid syntax')],
  ['apiserver_burst', words('apiserver_burst')], ['apiserver_burst 1 2', words('2')],
  ['apiserver_burst -1', '@3 apiserver_burst must be >= 0'],
  ['apiserver_burst 1.5', '@3 invalid apiserver_burst "1.5": strconv.Atoi: parsing "1.5": invalid syntax'],
  ['apiserver_max_inflight', words('apiserver_max_inflight')], ['apiserver_max_inflight -1', '@3 apiserver_max_inflight must be >= 0'],
  ['apiserver_max_inflight x', '@3 invalid apiserver_max_inflight "x": strconv.Atoi: parsing "x": invalid syntax'],
  ...['resyncperiod 5m', 'upstream', 'transfer to *', 'federation a b', 'Pods verified']
    .map((option) => [option, `@3 unknown property '${option.split(' ')[0]}'`] as const),
];
test('what CoreDNS refuses is refused with its words', () => {
  for (const [option, text] of REFUSED) {
    const message = `plugin/kubernetes: ${text.replace(/^@(\d+) /, 'Corefile:$1 - Error during parsing: ')}`;
    assert.throws(() => options(...option.split('\n')), { message }, option);
  }
});
test('what is our own', () => {
  // CoreDNS takes it and crashes.
  assert.throws(() => options('startup_timeout -1s'),
    { message: 'plugin/kubernetes: Corefile:3 - Error during parsing: startup_timeout must be >= 0: -1s' });
  for (const option of ['snapshot', 'snapshot ""', 'snapshot a b']) {
    assert.throws(() => options(option), /Corefile:3 - .*Wrong argument count/, option);
  }
  assert.throws(() => options('pod verified'), { hint: "did you mean 'pods'?" });
});

test('several stanzas in a block, in their order', () => {
  const zones = (text: string) => read(text).map((each) => each.primary.text);
  assert.deepEqual(zones('kubernetes a.local\nkubernetes b.local {\nttl 6\n}\nkubernetes a.local'), ['a.local.', 'b.local.', 'a.local.']);
  assert.deepEqual(read('kubernetes a {\nsnapshot x\n}\nkubernetes b {\nsnapshot y\n}').map(({ snapshot }) => snapshot), ['x', 'y']);
  assert.throws(() => read('kubernetes a {\nttl x\n}\nkubernetes b'),
    { message: 'plugin/kubernetes: strconv.Atoi: parsing "x": invalid syntax' });
  assert.throws(() => read('kubernetes a {\nsnapshot x\n}\nkubernetes b {\nsnapshot x\n}'),
    { message: 'plugin/kubernetes: Corefile:7 - Error during parsing: snapshot "x" is another cluster\'s too' });
});
