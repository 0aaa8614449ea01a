// A zone of external names over clusters that say what they are told to: its apex, its name server, its serial, and transfers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMessage, encodeMessage } from '../../dns/message.ts';
import { message } from '../../dns/parts.ts';
import { parseAddress } from '../../dns/address.ts';
import type { ExternalNames, ExternalRules, ExternalNamesSource } from '../../authority/external-names.ts';
import { ExternalNamesSources } from '../../authority/external-names.ts';
import { Computed } from '../../authority/computed.ts';
import { Lookup } from '../../authority/lookup.ts';
import { Transfers } from '../../authority/transfer.ts';
import type { ZoneWriter } from '../../authority/transfer.ts';
import { Name } from '../../dns/name.ts';
import { printRR } from '../../dns/rr.ts';
import type { RR } from '../../dns/rr.ts';
import { typeByName } from '../../dns/type-name.ts';
import { NEVER } from '../../kernel/site/fallthrough.ts';
import { failure } from '../../kernel/query/outcome.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import { Query } from '../../kernel/query/query.ts';
import { Site } from '../../kernel/site/site.ts';
import { Zones } from '../../kernel/site/zones.ts';
import { writtenZone } from '../../testing/written-zone.ts';
import { ExternalBackend } from './external-backend.ts';
import type { Settings } from './config.ts';
import plugin from './index.ts';

const ip = (text: string) => parseAddress(text)!;
const EXT = Name.parse('ext.test.');
const settings: Settings = {
  zones: new Zones([EXT, Name.parse('in-addr.arpa.')]), apex: '\x03Top', ttl: 1000, headless: false, fallthrough: NEVER,
};

const cluster = (change: Partial<ExternalNames> = {}): ExternalNames => ({
  at: () => undefined, serial: () => 7, incomplete: () => undefined, stale: () => undefined, nameServers: () => undefined,
  machine: [ip('192.0.2.1'), ip('2001:db8::1'), ip('192.0.2.1')], has: () => false, *write() {}, ...change,
});
const print = (records: readonly RR[]) => records.map((record) => printRR(record).replaceAll(/\s+/g, ' '));

/** The sections of the reply, and its rcode. */
function ask(backend: ExternalBackend, name: string, type: string) {
  const packet = encodeMessage(message({ question: { name: Name.parse(name), type: typeByName(type)!, class: 1 } }), { compress: false });
  const query = Query.alone(packet.length);
  query.bytes.set(packet);
  query.arrive(packet.length, { stream: false } as never);
  query.questionEnd = packet.length;
  query.type = typeByName(type)!;
  query.class = 1;
  const outcome = new Lookup(new Computed(backend)).handle(query, () => failure(9));
  assert.ok(!(outcome instanceof Promise) && outcome.kind === 'reply');
  const { plainLength } = outcome;
  const parts = decodeMessage(outcome.bytes, outcome.at, outcome.length);
  outcome.plain = 0;
  assert.equal(plainLength, outcome.plainLength);
  return { rcode: parts.rcode, answer: print(parts.answer), authority: print(parts.authority), additional: print(parts.additional) };
}

const SOA = 'ext.test. 1000 IN SOA ns1.Top.ext.test. hostmaster.Top.ext.test. 7 7200 1800 86400 1000';
const none = { rcode: 0, answer: [], authority: [], additional: [] };

test('the apex has SOA and NS in lower case, whatever the spelling of the question; all else is empty (KEXT-2)', () => {
  const backend = new ExternalBackend(settings, [cluster()]);
  assert.deepEqual(ask(backend, 'ext.test.', 'SOA'), { ...none, answer: [SOA] });
  assert.deepEqual(ask(backend, 'EXT.test.', 'SOA'), { ...none, answer: [SOA] });
  assert.deepEqual(ask(backend, 'Ext.Test.', 'NS'), {
    ...none, answer: ['ext.test. 1000 IN NS ns1.Top.ext.test.'],
    additional: ['ns1.Top.Ext.Test. 1000 IN A 192.0.2.1', 'ns1.Top.Ext.Test. 1000 IN AAAA 2001:db8::1'],
  });
  assert.deepEqual(ask(backend, 'ext.test.', 'A'), { ...none, authority: [SOA] });
  assert.deepEqual(ask(backend, 'eXt.test.', 'MX'), { ...none, authority: [SOA] });
});

test('below the apex there is the name server alone', () => {
  const backend = new ExternalBackend(settings, [cluster({ at: () => assert.fail('a cluster is asked') })]);
  assert.deepEqual(ask(backend, 'top.ext.test.', 'A'), { ...none, authority: [SOA] });
  assert.deepEqual(ask(backend, 'nS1.tOp.ext.test.', 'A'), { ...none, answer: ['nS1.tOp.ext.test. 1000 IN A 192.0.2.1'] });
  assert.deepEqual(ask(backend, 'ns1.top.ext.test.', 'AAAA'), { ...none, answer: ['ns1.top.ext.test. 1000 IN AAAA 2001:db8::1'] });
  assert.deepEqual(ask(backend, 'ns1.top.ext.test.', 'TXT'), { ...none, authority: [SOA] });
  assert.deepEqual(ask(backend, 'ns2.top.EXT.test.', 'A'), { ...none, rcode: 3, authority: [SOA] });
  assert.deepEqual(ask(backend, 'a.ns1.top.ext.test.', 'A'), { ...none, rcode: 3, authority: [SOA] });
});

test('an apex of two labels is whole, and a name that only ends like it is none', () => {
  const backend = new ExternalBackend({ ...settings, apex: '\x01a\x01b' }, [cluster()]);
  assert.deepEqual(ask(backend, 'a.b.ext.test.', 'A').rcode, 0);
  assert.deepEqual(ask(backend, 'ns1.a.b.ext.test.', 'A').answer, ['ns1.a.b.ext.test. 1000 IN A 192.0.2.1']);
  assert.deepEqual(ask(backend, 'b.ext.test.', 'A').rcode, 3);
  assert.deepEqual(ask(backend, 'xa.b.ext.test.', 'A').rcode, 3);
});

test('of several clusters the one that this server runs in tells its addresses, and the latest change is the serial', () => {
  const other = cluster({ nameServers: () => [ip('203.0.113.1')], serial: () => 9 });
  const backend = new ExternalBackend(settings, [cluster(), other]);
  assert.deepEqual(ask(backend, 'ns1.top.ext.test.', 'A').answer, ['ns1.top.ext.test. 1000 IN A 203.0.113.1']);
  assert.match(ask(backend, 'ext.test.', 'SOA').answer[0]!, / 9 7200 /);
});

function transfersOf(...clusters: readonly ExternalNames[]) {
  const site = new Site([EXT], 0);
  let rules: ExternalRules | undefined;
  for (const each of clusters) {
    const source: ExternalNamesSource = {
      externalNames(_run, given) {
        rules = given;
        return each;
      },
    };
    site.put(ExternalNamesSources, source);
  }
  const [part] = [plugin.create(settings, site)].flat();
  void part!.start!({} as Run);
  return { source: site.all(Transfers)[0]!, rules };
}

test('a zone is given away whole; a client that has the serial, or a later one, needs nothing (KEXT-5)', async () => {
  const { source, rules } = transfersOf(cluster({
    *write(zone, to) {
      const name = Name.parse('lb.shop.ext.test.');
      if (zone.name.equals(EXT)) yield to.add({ name, type: 1, class: 1, ttl: 5, rdata: ip('203.0.113.1') });
    },
  }), cluster());
  assert.deepEqual(rules, { ttl: 1000, headless: false, primary: EXT });
  const whole = await source.transfer(EXT, undefined);
  assert.deepEqual(print([whole!.soa]), [SOA]);
  assert.deepEqual(writtenZone(EXT, whole!.records as ZoneWriter), [
    'ext.test. 1000 IN NS ns1.Top.ext.test.', 'lb.shop.ext.test. 5 IN A 203.0.113.1', 'ns1.top.ext.test. 1000 IN A 192.0.2.1',
    'ns1.top.ext.test. 1000 IN AAAA 2001:db8::1',
  ]);
  const upToDate = async (serial: number) => (await source.transfer(EXT, serial))!.upToDate;
  assert.deepEqual([await upToDate(6), await upToDate(7), await upToDate(8)], [false, true, true]);
  assert.equal(source.transfer(Name.parse('shop.ext.test.'), undefined), undefined);
});

test('a cluster that was not read yet gives nothing away, and a zone needs a cluster', () => {
  const { source } = transfersOf(cluster(), cluster({ incomplete: () => 'not read' }));
  assert.throws(() => source.transfer(EXT, undefined), /not read/);
  assert.throws(() => transfersOf(), { message: 'plugin/k8s_external: kubernetes plugin not loaded' });
});
