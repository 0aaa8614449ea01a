// The flags of a node cache as NodeLocal DNSCache takes them, and what is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readNodeCacheOptions } from './options.ts';

test('the arguments of its DaemonSet', () => {
  const words = ['-localip', '169.254.20.10,10.96.0.10', '-conf', '/etc/Corefile', '-upstreamsvc', 'kube-dns-upstream'];
  assert.deepEqual(readNodeCacheOptions(words), {
    addresses: ['169.254.20.10', '10.96.0.10'], isIPv6: false, port: 53, healthPort: 8080, interval: 60_000, rules: 'auto',
    setsUpInterface: true, interfaceName: 'nodelocaldns', metrics: '0.0.0.0:9353', template: '/etc/coredns/Corefile.base',
    corefile: '/etc/Corefile', kubeDns: '', upstreamService: 'kube-dns-upstream', skipsTeardown: false, handover: '', pidfile: '',
    quiet: false, json: false, idle: [],
  });
});

const read = (...words: string[]) => readNodeCacheOptions(['-localip', '192.0.2.1', ...words]);
test('switches and other values', () => {
  const options = read('-setupinterface=false', '-setupiptables=f', '-skipteardown', '--syncinterval=90', '-corefile', 'a', '-health-port',
    '1', '-setupebtables', '-reloadwithsignal', '-dns.port', '1053');
  if (typeof options === 'string') return assert.fail(options);
  assert.deepEqual([options.setsUpInterface, options.rules, options.skipsTeardown, options.interval, options.corefile, options.healthPort,
    options.idle.length, options.port], [false, 'none', true, 90_000, 'a', 1, 1, 1053]);
  // As durations are read there, nanoseconds are seconds.
  for (const [text, milliseconds] of [['30ns', 30_000], ['1m', 60_000], ['45', 45_000]] as const) {
    const some = read('-syncinterval', text);
    assert.equal(typeof some === 'string' ? some : some.interval, milliseconds);
  }
});

test('what cannot be is refused', () => {
  assert.match(readNodeCacheOptions([]) as string, /^invalid localip specified - "": /);
  const mixed = readNodeCacheOptions(['-localip', '192.0.2.1,::1']) as string;
  assert.match(mixed, /^unexpected IP Family for localIP - "::1", want IPv6=false$/);
  for (const [words, refused] of [
    [['-localips', 'a'], /not defined: -localips/], [['a'], /extra command line arguments: \[a\]/], [['-p', '70000'], /invalid port/],
    [['-health-port', 'x'], /invalid healthcheck port specified - "x"/], [['-syncinterval', 'soon'], /-syncinterval/],
    [['-syncinterval', '0'], /-syncinterval/], [['-rules', 'ebpf'], /unknown rules "ebpf"/], [['-interfacename', 'a b'], /"a b"/],
    [['-interfacename', '-x'], /"-x"/], [['-upstreamsvc', 'A;B'], /"A;B"/], [['-log-format', 'xml'], /"xml"/],
    [['-setupinterface=maybe'], /invalid boolean value "maybe"/],
  ] as const) assert.match(String(read(...words)), refused);
  assert.equal(read('-help'), '');
  assert.equal(read('-version'), 'version');
});
