// Any text as a configuration of another server: refused with its place, or a Corefile that has no error, in which each setting came over
// or
// is told. Knows words of those configurations.
import assert from 'node:assert/strict';
import { fc } from '../../src/testing/properties.ts';
import { checkCorefile } from '../../src/cli/check.ts';
import { corefileText } from '../../src/importers/corefile-text.ts';
import { statementsOf } from '../../src/importers/bind/tree.ts';
import { optionsOf } from '../../src/importers/dnsmasq/lines.ts';
import { IMPORTERS } from '../../src/importers/importers.ts';
import { ImportError, Outcome } from '../../src/importers/outcome.ts';
import { Source } from '../../src/importers/source.ts';
import { clausesOf } from '../../src/importers/unbound/read.ts';
import { target, textOf } from './target.ts';
import type { Target } from './target.ts';

/** The text is that of one file; another one there is, and the folder that it lies in. */
const sourceOf = (text: string): Source => new Source({
  read(path) {
    if (path !== 'f.conf' && !path.endsWith('more.hosts')) throw new Error(`open ${path}: no such file or directory`);
    return Buffer.from(path === 'f.conf' ? text : '192.0.2.1 a.test b\n');
  },
  list: () => ['more.hosts'],
});
async function outcomeOf(kind: string, text: string): Promise<Outcome | undefined> {
  const outcome = new Outcome('/absent');
  try {
    await (await IMPORTERS[kind]!())('f.conf', sourceOf(text), outcome, { hostname: 'host.test', networks: ['192.0.2.0/24'] });
  } catch (error) {
    assert.ok(error instanceof ImportError && error.message !== '', String(error instanceof Error ? error.stack : error));
    return undefined;
  }
  const corefile = corefileText(outcome, 'f.conf');
  const { problems } = await checkCorefile(corefile, '/absent/Corefile', 53);
  // Interfaces are this machine's.
  assert.deepEqual(problems.filter(({ severity, message }) => severity === 'error' && !message.includes('plugin/bind')), [], corefile);
  return outcome;
}

const values = ['a.test', 'more.hosts', 'b.a.test', '192.0.2.1', '2001:db8::1', '192.0.2.0/24', '/a.test/', '/#/',
  '/a.test/b.test/192.0.2.2#5353', ',', '{$HOME}', '"', '\\', '{', '10',
  '{{ .Name }}', 'é', '*', '#', '@', '/', '\'', '0'];
/** A dnsmasq.conf. */
const dnsmasq = target('import-dnsmasq', 250, textOf(...['server=', 'address=', 'local=', 'host-record=', 'cname=', 'mx-host=',
  'srv-host=', 'txt-record=', 'ptr-record=',
  'naptr-record=', 'caa-record=', 'dns-rr=', 'addn-hosts=', 'conf-file=', 'conf-dir=', 'expand-hosts\n', 'domain=', 'no-hosts\n',
    'no-resolv\n', 'resolv-file=', 'bogus-priv\n',
  'domain-needed\n', 'stop-dns-rebind\n', 'bogus-nxdomain=', 'filter-rr=', 'cache-size=', 'min-cache-ttl=', 'interface=',
    'listen-address=', 'port=', 'rev-server=', '\n',
  'dhcp-range=', 'unknown='], ...values), async (text) => {
  const outcome = await outcomeOf('dnsmasq', text);
  if (outcome === undefined) return;
  const count = optionsOf('f.conf', sourceOf(text), { file: 'f.conf', line: 0 }).length;
  assert.ok(outcome.taken + outcome.remarks.filter(({ kind }) => kind !== 'note').length >= count);
});

/** Lines of a word and some values, now and then of anything at all. */
const linesOf = (words: readonly string[], between: string, given: readonly string[], quote: string): fc.Arbitrary<string> => {
  const value = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...given, ...values.filter((each) => !each.includes('"'))) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }).map((text) => text.replaceAll(/["\n\\]/g, '')) });
  const line = fc.tuple(fc.constantFrom(...words), fc.array(value, { minLength: 1, maxLength: 2 }))
    .map(([word, some]) => (word.endsWith('\n') ? word : `${word}${between}${some.map((each) => `${quote}${each}${quote}`).join(' ')}\n`));
  return fc.array(line, { maxLength: 20, size: 'max' }).map((lines) => lines.join(''));
};
/** An unbound.conf. */
const unbound = target('import-unbound', 250, fc.oneof(textOf('server:', 'name:', 'local-zone:', '"', 'x', 'include:'), linesOf([
  'server:\n', 'server:\n', 'stub-zone:\nname: "a.test"\n', 'forward-zone:\nname: "."\n', 'auth-zone:\nname: "a.test"\n', 'rpz:\n',
    'view:\nname: "v"\n', 'name:',
  'forward-addr:', 'stub-addr:', 'forward-tls-upstream: yes\n', 'zonefile:', 'local-zone:', 'local-zone:', 'local-data:', 'local-data:',
    'local-data-ptr:',
  'access-control:', 'access-control-view:', 'view-first:', 'private-address:', 'private-domain:', 'interface:', 'port:', 'serve-expired:',
    'serve-expired-ttl:',
  'cache-min-ttl:', 'trust-anchor:', 'module-config:', 'domain-insecure:', 'verbosity:', 'primary:', 'dns64-prefix:',
    'rpz-action-override:',
], ' ', ['redirect', 'static', 'always_null', 'deny', 'allow', 'refuse', 'a.test. A 192.0.2.1', 'b.a.test TXT x{{y', '192.0.2.1 a.test',
  'yes', 'v', '.',
  '192.0.2.1@853#a.test', 'dns64 iterator', '64:ff9b::/96', 'a.test CNAME b.test'], '"').map((lines) => `server:\n${lines}`)),
    async (text) => {
  const outcome = await outcomeOf('unbound', text);
  if (outcome === undefined) return;
  const count = clausesOf('f.conf', sourceOf(text), { file: 'f.conf', line: 0 }).reduce((sum, { settings }) => sum + settings.length, 0);
  assert.ok(outcome.taken + outcome.remarks.filter(({ kind }) => kind !== 'note').length >= count);
});

/** A named.conf: statements in statements, now and then with a brace too many. */
const words = ['acl a', 'key "k"', 'options', 'zone "a.test"', 'zone "."', 'view v', 'primaries p', 'logging', 'controls', 'type primary',
  'type secondary', 'type forward',
  'type stub', 'type hint', 'file "more.hosts"', 'file "/"', 'algorithm hmac-sha256', 'secret "c2VjcmV0"', 'allow-query', 'allow-transfer',
    'allow-recursion',
  'match-clients', 'forwarders', 'forward only', 'recursion no', 'listen-on port 5353', 'listen-on-v6', 'also-notify', 'response-policy',
    'blackhole',
  'update-policy', 'grant k zonesub ANY', 'allow-update', 'include "f.conf"', '192.0.2.1', '!10/8', 'any', 'none', 'localnets', 'key k',
    'a', 'p',
  '192.0.2.1 port 53 key k', 'zone "a.test" policy nxdomain', 'dnssec-validation no', '{$X}', 'max-cache-ttl 1d', 'rate-limit', '/* x */',
    '# y\n', '"', '}'];
const statement = fc.letrec<{ one: string }>((tie) => ({
  one: fc.tuple(fc.constantFrom(...words), fc.oneof({ maxDepth: 3 }, fc.constant(undefined), fc.array(tie('one'), { maxLength: 5 })))
    .map(([word, body]) => `${word}${body === undefined ? '' : ` { ${body.join(' ')} }`};\n`),
})).one;
const bind = target('import-bind', 250, fc.array(statement, { maxLength: 10 }).map((all) => all.join('')), async (text) => {
  const outcome = await outcomeOf('bind', text);
  if (outcome === undefined) return;
  const zones = statementsOf('f.conf', sourceOf(text), { file: 'f.conf', line: 0 });
  assert.ok(zones.every(({ words: [word], line }) => word === 'zone' || outcome.taken > 0 || outcome.remarks.some((each) =>
    each.line === line)));
  assert.ok(!corefileText(outcome, 'f.conf').includes('c2VjcmV0'));
});

/** The others: what they are made of, as YAML, which JSON is, and lines. */
const text = fc.constantFrom(...values, '9.9.9.9', 'tls://a.test', '[/a.test/]192.0.2.1', '*.a.test', '||a.test^', 'nx', 'yes', 'no',
  '["192.0.2.1"]');
const json = (keys: readonly string[]): fc.Arbitrary<string> => fc.letrec<{ one: unknown }>((tie) => ({
  one: fc.oneof({ maxDepth: 4 }, text, fc.boolean(), fc.nat(70_000), fc.array(tie('one'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...keys), tie('one'), { maxKeys: 6 })),
})).one.map((value) => JSON.stringify(value));
const withoutFault = (kind: string) => async (input: string): Promise<void> => void (await outcomeOf(kind, input));
const kubeDns = target('import-kube-dns', 250, fc.oneof(json(['data', 'stubDomains', 'upstreamNameservers', 'federations', 'a.test']),
  textOf('a:', '- ', '&a', '*a')),
  withoutFault('kube-dns'));
const adguard = target('import-adguard', 250, json(['dns', 'upstream_dns', 'filtering', 'rewrites', 'domain', 'answer', 'clients',
  'persistent', 'ids', 'upstreams',
  'filters', 'url', 'enabled', 'user_rules', 'blocking_mode', 'bind_hosts', 'port', 'cache_ttl_min', 'cache_ttl_max', 'allowed_clients',
    'tls', 'bootstrap_dns']),
withoutFault('adguard'));
const resolved = target('import-resolved', 250, linesOf(['DNS=', 'FallbackDNS=', 'Domains=', 'DNSOverTLS=', 'DNSSEC=', 'Cache=',
  'DNSStubListenerExtra=',
  'StaleRetentionSec=', 'ReadEtcHosts=', 'LLMNR=', '[Other]\n', '[Resolve]\n'], '', ['yes', 'no', '9.9.9.9#a.test', '~a.test', '~.',
    '[::1]:5353'], '')
  .map((lines) => `[Resolve]\n${lines}`), withoutFault('resolved'));
const pihole = target('import-pihole', 250, linesOf(['[dns]\n', '[dns.cache]\n', '[misc]\n', 'upstreams =', 'hosts = [', 'cnameRecords =',
  'revServers =', 'port =',
  'size =', 'dnsmasq_lines =', 'domainNeeded = true\n', ']\n', 'x = [ "a", 1 ]\n'], ' ', ['true,192.0.2.0/24,192.0.2.1,a.test', '53'],
    '"'), withoutFault('pihole'));

/** One for each importer. */
export const imports: readonly Target[] = [dnsmasq, bind, unbound, kubeDns, resolved, adguard, pihole];
