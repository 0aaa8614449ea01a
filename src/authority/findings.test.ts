// What sources find at names: one suite for all of them, so that what stands above a source need not know which one it has.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latin1, latin1Bytes } from '../dns/latin1.ts';
import { Name } from '../dns/name.ts';
import { NEVER } from '../kernel/site/fallthrough.ts';
import { Zones } from '../kernel/site/zones.ts';
import { HostsBackend } from '../plugins/hosts/backend.ts';
import { readEntries } from '../plugins/hosts/entries.ts';
import { Table } from '../plugins/hosts/table.ts';
import { ClusterBackend } from '../plugins/kubernetes/answers/backend.ts';
import { CountedNames } from '../plugins/kubernetes/cluster/counted-names.ts';
import { openMaps } from '../plugins/kubernetes/cluster/maps.ts';
import { ServiceStore } from '../plugins/kubernetes/cluster/service-store.ts';
import { NamespaceSink, ServiceSink } from '../plugins/kubernetes/cluster/sinks.ts';
import { Space } from '../store/space.ts';
import { Store } from '../store/store.ts';
import { TYPE } from '../dns/type-name.ts';
import { loneQuery } from '../testing/lone-query.ts';
import { MadeZone } from '../testing/made-zone.ts';
import { StoredZone } from '../testing/stored-zone.ts';
import { Finding, Proof } from './finding.ts';
import { EMPTY, NOWHERE } from './backend.ts';
import type { Backend } from './backend.ts';
import { Computed } from './computed.ts';
import { Place, ServedZones } from './served-zones.ts';
import type { Source } from './source.ts';
import { STORE_KEY } from '../testing/store-key.ts';

/** What is at names, as `KIND LABEL`, the label being the one at which it begins. */
type Expected = Readonly<Record<string, string>>;

/** All of a suite's names, one after the other, in any spelling, with the same objects. */
function tell(source: Source, names: Iterable<string>, spell = (name: string) => name): Record<string, string> {
  const finding = new Finding();
  const place = new Place();
  const told: Record<string, string> = {};
  for (const name of names) {
    const [text = '', type = 'A'] = spell(name).split(' ');
    const query = loneQuery(text, type === 'TXT' ? TYPE.TXT : TYPE.A);
    if (!source.zones.find(query, place)) told[name] = 'elsewhere';
    else {
      assert.equal(source.find(place, query, finding), undefined);
      told[name] = `${finding.kind} ${finding.label}`;
    }
  }
  return told;
}
function suite(title: string, make: () => Source, expected: Expected): void {
  test(title, () => {
    const source = make();
    const names = Object.keys(expected);
    assert.deepEqual(tell(source, names), expected);
    // The object that says it has nothing of the question before, and letters are letters.
    assert.deepEqual(tell(source, names.toReversed(), (name) => name.toUpperCase()), expected);
    const place = new Place();
    const finding = new Finding();
    for (const name of names) {
      const query = loneQuery(name.split(' ')[0]!, TYPE.A);
      if (!source.zones.find(query, place)) continue;
      void source.find(place, query, finding);
      if (finding.kind === 'nothing') assert.equal(finding.node ?? finding.sets, 0, `${name} has nothing, so nothing is told of it`);
      if (finding.kind === 'node') assert.equal(finding.label, 0);
      assert.ok(finding.label <= place.labels, `${name}: the label is one of those before the zone, or the zone's first`);
    }
  });
}

const LINES = `
@ 60 IN SOA ns hostmaster 1 7200 3600 86400 30
@ 60 IN NS ns
ns 60 IN A 192.0.2.1
a.b.ent 60 IN A 192.0.2.2
*.wild 60 IN TXT "x"
sub.wild 60 IN A 192.0.2.3
*.w.*.odd 60 IN A 192.0.2.4
cut 60 IN NS ns.cut
cut 60 IN NS ns.elsewhere.test.
ns.cut 60 IN A 192.0.2.5
deep.ns.cut 60 IN A 192.0.2.6
old 60 IN DNAME new
old 60 IN A 192.0.2.7
`;
const OF_ZONE: Expected = {
  'z.test.': 'node 0',
  'ns.z.test.': 'node 0',
  'nosuch.z.test.': 'nothing 1',
  'x.ns.z.test.': 'nothing 1',
  'y.x.ns.z.test.': 'nothing 2',
  // Names that own nothing (RFC 4592 section 2.2.2).
  'ent.z.test.': 'node 0',
  'b.ent.z.test.': 'node 0',
  'c.ent.z.test.': 'nothing 1',
  'x.a.b.ent.z.test.': 'nothing 1',
  // Wildcards: what lies below a name that exists is none of theirs.
  'x.wild.z.test.': 'wildcard 1',
  'y.x.wild.z.test.': 'wildcard 2',
  '*.wild.z.test.': 'node 0',
  'x.*.wild.z.test.': 'nothing 1',
  'sub.wild.z.test.': 'node 0',
  'x.sub.wild.z.test.': 'nothing 1',
  'x.odd.z.test.': 'wildcard 1',
  'x.w.*.odd.z.test.': 'wildcard 1',
  // Cuts: whatever is below.
  'cut.z.test.': 'cut 0',
  'ns.cut.z.test.': 'cut 1',
  'x.y.cut.z.test.': 'cut 2',
  // A DNAME holds below its owner.
  'old.z.test.': 'node 0',
  'x.old.z.test.': 'rename 1',
  'y.x.old.z.test.': 'rename 2',
  'test.': 'elsewhere',
};
suite('what a zone of record sets has', () => new MadeZone('z.test.', LINES), OF_ZONE);
suite('what a zone in the shared memory has', () => {
  const zone = new StoredZone('z.test.');
  zone.load(LINES);
  return zone.source();
}, OF_ZONE);

/** Names before the zone, and what is there. */
const COMPUTED = new Map([['', EMPTY], ['www', EMPTY], ['a.b', EMPTY], ['closed', NOWHERE]]);
suite('what a source that computes has', () => new Computed({
  zones: new ServedZones([Name.parse('z.test.')]), fallthrough: NEVER, ttl: 5, unknown: 'denial',
  at: ({ at, labels }, { bytes }) => {
    const before: string[] = [];
    for (let i = 0; i < labels; i++) before.push(Buffer.from(bytes.subarray(at[i]! + 1, at[i + 1])).toString('latin1'));
    return COMPUTED.get(before.join('.'));
  },
  incomplete: () => undefined,
} satisfies Backend), {
  'z.test.': 'node 0', 'www.z.test.': 'node 0', 'a.b.z.test.': 'node 0', 'b.z.test.': 'nothing 0', 'closed.z.test.': 'nothing 0',
  'nosuch.z.test.': 'nothing 0', 'test.': 'elsewhere',
});
suite('what a hosts file has', () => {
  const store = Store.create(1 << 24, STORE_KEY);
  const table = new Table(store, new Space(store, 'test'));
  const zones = new Zones([Name.parse('z.test.')]);
  table.fill([readEntries('192.0.2.1 www.z.test\n192.0.2.2 *.wild.z.test\n2001:db8::1 six.z.test', zones, true, assert.fail)], 5);
  return new Computed(new HostsBackend({ zones, fallthrough: NEVER, ttl: 5 }, table));
}, {
  'www.z.test.': 'node 0', 'www.z.test. TXT': 'node 0', 'six.z.test.': 'node 0', 'x.wild.z.test.': 'node 0', 'wild.z.test.': 'nothing 0',
  'z.test.': 'nothing 0', 'nosuch.z.test.': 'nothing 0', 'test.': 'elsewhere',
});
suite('what a cluster has', () => {
  const maps = openMaps(Store.create(1 << 24, STORE_KEY), 0);
  const around = { maps, names: new CountedNames(), now: () => 7, complain: assert.fail };
  const hearing = { service() {}, slice() {} };
  new NamespaceSink(around).put({ metadata: { name: 'ns' } });
  const services = new ServiceStore(maps.services, maps.slices, maps.addresses, maps.prefixes, maps.externalPrefixes, hearing);
  new ServiceSink(around, services).put({
    metadata: { name: 'svc', namespace: 'ns' },
    spec: { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'], ports: [{ name: 'http', port: 80, protocol: 'TCP' }] },
  });
  const settings = {
    zones: new Zones([Name.parse('z.test.')]), primary: Name.parse('z.test.'), namespaces: [], pods: 'insecure', ttl: 5, zonal: false,
    ignoreEmptyService: false, multicluster: new Zones([]), fallthrough: NEVER,
  } as unknown as ConstructorParameters<typeof ClusterBackend>[0];
  return new Computed(new ClusterBackend(settings, maps, []));
}, {
  'svc.ns.svc.z.test.': 'node 0', 'ns.svc.z.test.': 'node 0', 'svc.z.test.': 'node 0', 'z.test.': 'node 0',
  '10-0-0-1.ns.pod.z.test.': 'node 0', '_http._tcp.svc.ns.svc.z.test.': 'node 0', 'nosuch.ns.svc.z.test.': 'nothing 0',
  'svc.nosuch.svc.z.test.': 'nothing 0', 'x.z.test.': 'nothing 0', 'test.': 'elsewhere',
});

test('glue is found by its own name, and so are names of the zone', () => {
  const zone = new MadeZone('z.test.', LINES);
  const finding = new Finding();
  const told = (text: string) => {
    const { raw } = Name.parse(text);
    zone.exactly(zone.zones.zones[0]!, latin1Bytes(raw), raw.length, finding);
    return [finding.kind, zone.typesAt(finding.sets)];
  };
  assert.deepEqual(told('ns.cut.z.test.'), ['cut', [TYPE.A]]);
  assert.deepEqual(told('ns.z.test.'), ['node', [TYPE.A]]);
  assert.deepEqual(told('nosuch.cut.z.test.'), ['nothing', []]);
});

test('what proves that a name is not there is the last one before it that can', () => {
  const zone = new MadeZone('z.test.', `${LINES}
@ 30 IN NSEC ns.z.test. NS SOA NSEC
ns 30 IN NSEC wild.z.test. A NSEC
wild 30 IN NSEC z.test. NSEC`);
  const place = new Place();
  const proof = new Proof();
  const told = (text: string, label: number, wildcard: boolean) => {
    const query = loneQuery(text, TYPE.A);
    assert.ok(zone.zones.find(query, place));
    zone.prove(place, query, label, wildcard, proof);
    return `${latin1(proof.owner, 0, proof.length)} ${String(proof.matches)}`;
  };
  assert.equal(told('nx.z.test.', 0, false), '\x02ns false');
  assert.equal(told('nx.z.test.', 1, true), ' false');
  assert.equal(told('NS.z.test.', 0, false), '\x02ns true');
  assert.equal(told('zz.z.test.', 0, false), '\x04wild false');
});

test('a zone that cannot be asked says why', () => {
  const zone = new MadeZone('z.test.', LINES);
  zone.why = 'it is expired';
  const place = new Place();
  const finding = new Finding();
  const query = loneQuery('ns.z.test.', TYPE.A);
  assert.ok(zone.zones.find(query, place));
  zone.find(place, query, finding);
  assert.deepEqual([finding.kind, finding.why, finding.sets], ['unready', 'it is expired', 0]);
});
