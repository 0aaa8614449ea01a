// Tests of reading an unbound.conf: words as they stand, files within files, and what each name is here.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { parseAddress } from '../../dns/address.ts';
import { settingsOf } from './conf-settings.ts';
import { readConf } from './conf.ts';
import { ConfError } from './conf-words.ts';

const files = (texts: Readonly<Record<string, string>>) => (path: string): string => {
  const text = texts[path];
  if (text === undefined) throw new Error(`open ${path}: no such file or directory`);
  return text;
};
const means = (text: string, others: Readonly<Record<string, string>> = {}) => {
  const readText = files({ ...others, conf: text });
  return settingsOf(readConf('conf', readText), readText);
};
const refusal = (text: string, others: Readonly<Record<string, string>> = {}): string => {
  try {
    means(text, others);
  } catch (error) {
    assert.ok(error instanceof ConfError, String(error));
    return error.message;
  }
  return '';
};

test('names and values stand as they like: on one line, on several, quoted, with comments', () => {
  const { resolver } = means(`
    server: do-ip6:no qname-minimisation:
       "no" # to be plain
    stub-zone: name: 'corp.example' stub-addr: 10.0.0.1@5353 stub-addr: fd00::1
    forward-zone:
      name: "."
      forward-addr: 192.0.2.1@853#dns.example
      forward-first: yes`);
  assert.deepEqual([resolver.ipv6, resolver.dnssecOk], [false, true]);
  assert.equal(means('server: disable-edns-do: yes').resolver.dnssecOk, false);
  assert.equal(resolver.minimise, 'off');
  assert.deepEqual(resolver.given.map(({ zone, kind, addresses, first }) => [zone.text, kind, addresses, first]), [
    ['corp.example.', 'stub', [{ address: '10.0.0.1', port: 5353 }, { address: 'fd00::1', port: 53 }], false],
    ['.', 'forward', [{ address: '192.0.2.1', port: 853 }], true],
  ]);
});
test('without an anchor, or without the validator, nothing is validated; anchors come from lines and from files', () => {
  const ds = 'example.org. 300 IN DS 1 13 2 ' + 'ab'.repeat(32);
  assert.equal(means('server: do-ip6: no').validation, undefined);
  assert.equal(means(`server: module-config: "iterator" trust-anchor: "${ds}"`).validation, undefined);
  const { validation } = means(`server: trust-anchor: "${ds}" trust-anchor-file: "root.key" domain-insecure: "lab."`,
    { 'root.key': `; the root\n. 300 IN DS 1 13 2 ${'cd'.repeat(32)}\n` });
  assert.deepEqual(validation?.anchors.map(({ zone, ds: all }) => [zone.text, all.length]), [['example.org.', 1], ['.', 1]]);
  assert.deepEqual(validation?.insecure.map(({ zone }) => zone.text), ['lab.']);
});
test('servers are not asked at refused addresses, nor at this machine unless that is said', () => {
  const { resolver: { refused } } = means('server: do-not-query-address: 192.0.2.0/24');
  assert.deepEqual(['192.0.2.9', '198.51.100.1', '127.0.0.1', '::1'].map(refused), [true, false, true, true]);
  assert.equal(means('server: do-not-query-localhost: no').resolver.refused('127.0.0.1'), false);
});
test('who may ask is what the nearest network says; where something is said, others than this machine are refused', () => {
  const rules = ['10.0.0.0/8 allow', '10.1.0.0/16 deny', '10.1.1.0/24 allow_snoop'];
  const { access } = means(`server: ${rules.map((rule) => `access-control: ${rule}`).join('\n')}`);
  const of = (text: string) => access.of(parseAddress(text)!);
  assert.deepEqual(['10.9.9.9', '10.1.9.9', '10.1.1.9'].map(of), ['allow', 'deny', 'snoop']);
  assert.deepEqual(['192.0.2.1', '127.0.0.1', '::1'].map(of), ['refuse', 'allow', 'allow']);
  assert.equal(means('server: do-ip6: no').access.of(parseAddress('192.0.2.1')!), 'allow');
  assert.equal(refusal('server: access-control: 10.0.0.0/8 perhaps').slice(0, 37), 'conf:1: access-control is a network a');
});
test('each fault is told with its file and line, and what was meant', () => {
  assert.equal(refusal('server:\n  do-ip7: no'), 'conf:2: unknown setting "do-ip7": did you mean do-ip4?');
  assert.equal(refusal('server:\n  do-ip6: maybe'), 'conf:2: do-ip6 is "yes" or "no", not "maybe"');
  assert.equal(refusal('do-ip6: no'), 'conf:1: do-ip6 stands in no clause');
  assert.equal(refusal('server: do-ip6:\nstub-zone: name: a'), 'conf:1: do-ip6 lacks its value');
  assert.equal(refusal('stub-zone:\n name: a.'), 'conf:1: stub-zone a. has no servers: name stub-addr');
  assert.match(refusal('server: module-config: "dns64 iterator" dns64-prefix: 10.0.0.0/8'), /^conf:1: dns64-prefix is a network of IPv6/);
  assert.match(refusal('server: module-config: "respip iterator" response-ip: 10.0.0.0/8 some'), /^conf:1: response-ip is a network and/);
  assert.equal(refusal('view: view-first: yes'), 'conf:1: view lacks its name');
  assert.equal(refusal('server: access-control-view: 10.0.0.0/8 v'),
    'conf:1: access-control-view is a network and the name of a view, not "10.0.0.0/8 v"');
  assert.match(refusal('server:\n local-zone-tag: a. b'), /^conf:2: local-zone-tag is of tags that/);
  assert.match(refusal('server: access-control-tag: 10.0.0.0/40 b'), /^conf:1: access-control-tag is an address or a network/);
  assert.match(refusal('server: define-tag: t access-control-tag-action: 10.0.0.0/8 t some'), /^conf:1: access-control-tag-action is /);
  assert.match(refusal('server: define-tag: t access-control-tag-data: 10.0.0.0/8 t "A 1"'), /^conf:1: /);
  assert.equal(refusal('auth-zone: zonefile: a'), 'conf:1: auth-zone lacks its name');
  assert.equal(refusal('auth-zone:\n name: a.'), 'conf:1: auth-zone a. has no zonefile and no primary');
  assert.equal(refusal('auth-zone: name: a. url: b').slice(0, 13), 'conf:1: url: ');
  assert.equal(refusal('stub-zone: stub-addr: 1.1.1.1'), 'conf:1: stub-zone lacks its name');
  assert.equal(refusal('stub-zone: name: a. stub-addr: ns.a.'), 'conf:1: stub-addr is an address, or ADDRESS@PORT, not "ns.a."');
  assert.equal(refusal('server:\n\n tls-upstream: yes'), 'conf:3: tls-upstream: not built yet');
  assert.equal(refusal('server: local-zone: a. some').slice(0, 28), 'conf:1: local-zone is a zone');
  assert.equal(refusal('server: local-data: "a. A"').slice(0, 8), 'conf:1: ');
  assert.equal(refusal('server: local-data-ptr: "a. b."').slice(0, 33), 'conf:1: local-data-ptr is an addr');
  assert.equal(refusal('server: trust-anchor: "a. DS 1"').slice(0, 8), 'conf:1: ');
  assert.equal(refusal('server: "open'), 'conf:1: a quote does not end on its line');
  assert.equal(refusal('server: loose'), 'conf:1: "loose" where a setting was expected');
  assert.equal(refusal('rpz: name: "a"'), 'conf:1: rpz a. has no zonefile');
  assert.equal(refusal('rpz: zonefile: a'), 'conf:1: rpz lacks its name');
  assert.equal(refusal('rpz: name: a zonefile: b rpz-action-override: deny').slice(0, 34), 'conf:1: rpz-action-override is one');
  assert.equal(refusal('rpz: name: a zonefile: b rpz-action-override: cname'),
    'conf:1: rpz-action-override cname needs rpz-cname-override');
});
test('what is included is read in its place, a fault in it is told with its own name, and circles end', () => {
  const { resolver } = means('server:\n include: "more.conf"\n do-ip6: no', { 'more.conf': 'do-ip4: no\n' });
  assert.deepEqual([resolver.ipv4, resolver.ipv6], [false, false]);
  assert.equal(refusal('server:\n include: more', { more: '\n\nnope: 1' }), 'more:3: unknown setting "nope"');
  assert.equal(refusal('server:\n include: none'), 'conf:2: open none: no such file or directory');
  assert.equal(refusal('include: conf'), 'conf:1: files include one another');
});
test('a zone that is had whole is for the resolver and for clients, and its digest counts where that is said', () => {
  const { zones, resolver } = means(`auth-zone: name: a. zonefile: "x"
    auth-zone: name: b. zonefile: y for-upstream: no zonemd-check: yes`);
  assert.deepEqual(zones.map(({ zone, file, downstream, upstream, fallback, digest }) =>
    [zone.text, file, downstream, upstream, fallback, digest]),
  [['a.', 'x', true, true, false, 'ignore'], ['b.', 'y', true, false, false, 'check']]);
  assert.deepEqual(resolver.given.map(({ zone, kind }) => [zone.text, kind]), [['a.', 'zone']]);
  const both = 'auth-zone: name: a. zonefile: "x" zonemd-check: yes zonemd-reject-absence: yes';
  assert.equal(means(both).zones[0]?.digest, 'require');
  assert.equal(means(`server: zonemd-permissive-mode: yes\n${both}`).zones[0]?.digest, 'ignore');
});
test('what is turned off is not missed, and what has no meaning here is told once', () => {
  assert.equal(refusal('python:\nserver: do-ip6: no'), '');
  assert.equal(refusal('python: python-script: a'), 'conf:1: python: there is no Python here');
  assert.equal(refusal('server: tls-upstream: no ratelimit: 0'), '');
  const text = 'server: num-threads: 4 verbosity: 1 num-threads: 2\nremote-control:\n control-enable: yes';
  const conf = readConf('conf', files({ conf: text }));
  assert.deepEqual(conf.idle, ['num-threads', 'verbosity']);
});
test('any text is read or refused with a place', () => {
  const word = fc.constantFrom('server:', 'stub-zone:', 'name:', 'do-ip6:', 'yes', 'no', '"', "'", '#', '\n', 'include:', 'conf', '@',
    '1.1.1.1', 'rpz:', 'trust-anchor:', 'private-address:', '10.0.0.0/8', '\\', ':', '\u00e9');
  fc.assert(fc.property(fc.array(word, { maxLength: 20 }), (words) => {
    const said = refusal(words.join(' '));
    assert.ok(said === '' || /^conf:\d+: ./.test(said), said);
  }), { numRuns: 500 });
});
test('options of EDNS: who this server is, and strings for servers by the nearest network', () => {
  const { identifier, resolver } = means(`
    server: nsid: "ascii_one"
      edns-client-string: 10.0.0.0/24 "net" edns-client-string: 10.0.0.9/32 "host" edns-client-string-opcode: 65002`);
  assert.equal(Buffer.from(identifier!).toString(), 'one');
  const of = (address: string): string[] => resolver.optionsFor(address).map(({ code, data }) => `${code} ${Buffer.from(data).toString()}`);
  assert.deepEqual(['10.0.0.9', '10.0.0.8', '10.0.1.1'].map(of), [['65002 host'], ['65002 net'], []]);
  assert.deepEqual([...means('server: nsid: 01ff').identifier!], [1, 255]);
  assert.match(refusal('server: nsid: xyz'), /^conf:1: nsid is hexadecimal, or ascii_ and text, not "xyz"$/);
});
