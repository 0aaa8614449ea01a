// Whatever happens in a cluster, no answer is another one without its name having been told: what caches keep of a cluster is never old.
// Knows random clusters and every question worth asking of them; knows no server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Computed } from '../../src/authority/computed.ts';
import { Lookup } from '../../src/authority/lookup.ts';
import { ServedZones } from '../../src/authority/served-zones.ts';
import { decodeMessage } from '../../src/dns/message.ts';
import { Name } from '../../src/dns/name.ts';
import { printRR } from '../../src/dns/rr.ts';
import { failure } from '../../src/kernel/query/outcome.ts';
import { NEVER } from '../../src/kernel/site/fallthrough.ts';
import { Zones } from '../../src/kernel/site/zones.ts';
import { ClusterBackend } from '../../src/plugins/kubernetes/answers/backend.ts';
import { NodeSink } from '../../src/plugins/kubernetes/cluster/node-sink.ts';
import { NodeStore } from '../../src/plugins/kubernetes/cluster/node-store.ts';
import type { Settings } from '../../src/plugins/kubernetes/config.ts';
import { CountedNames } from '../../src/plugins/kubernetes/cluster/counted-names.ts';
import { openMaps } from '../../src/plugins/kubernetes/cluster/maps.ts';
import type { Hearing } from '../../src/plugins/kubernetes/cluster/service-store.ts';
import { ServiceStore } from '../../src/plugins/kubernetes/cluster/service-store.ts';
import { ImportSink, NamespaceSink, PodSink, ServiceSink, SliceSink } from '../../src/plugins/kubernetes/cluster/sinks.ts';
import { Store } from '../../src/store/store.ts';
import { loneQuery } from '../../src/testing/lone-query.ts';
import { typeByName } from '../../src/dns/type-name.ts';
import { ClusterEvents } from './cluster-events.ts';
import type { ClusterEvent } from './cluster-events.ts';
import { questions } from './universe.ts';
import { STORE_KEY } from '../../src/testing/store-key.ts';

/** Everything is read in one turn here. */
const READING = { within: (call: () => unknown) => call() };
const ZONES = ['cluster.local.', 'clusterset.local.', 'in-addr.arpa.', 'ip6.arpa.'].map((text) => Name.parse(text));

/** A cluster, what it answers, and the names that were told since the last time; undefined where anything may be another. */
function cluster() {
  const maps = openMaps(Store.create(1 << 26, STORE_KEY), 0);
  const names = new CountedNames();
  let told: Set<string> | undefined = new Set();
  for (const zone of new ServedZones(ZONES).zones) {
    names.add(zone, zone.name.key === ZONES[1]!.key ? 'imports' : 'services', {
      changed: (bytes, at) => void told?.add(Name.read(bytes, at, bytes.length).key),
      all: () => void (told = undefined),
    });
  }
  const hearing = (imported: boolean): Hearing => ({
    service: (...what) => names.service(imported, ...what), slice: (...what) => names.slice(imported, ...what),
  });
  const around = { maps, names, now: () => 7, complain: () => {} };
  const services = new ServiceStore(maps.services, maps.slices, maps.addresses, maps.prefixes, maps.externalPrefixes, hearing(false));
  const imports = new ServiceStore(maps.imports, maps.importSlices, maps.addresses, maps.prefixes, undefined, hearing(true), true);
  const sinks = {
    namespaces: new NamespaceSink(around), services: new ServiceSink(around, services), serviceimports: new ImportSink(around, imports),
    endpointslices: new SliceSink(around, services, imports, { podNames: false, zones: false }, { seen() {} } as never),
    nodes: new NodeSink(around, new NodeStore(maps, names), 'internal'), pods: new PodSink(around, false),
  };
  const settings = {
    zones: new Zones(ZONES), primary: ZONES[0], namespaces: [], pods: 'verified', nodes: 'internal', ttl: 5, ignoreEmptyService: false,
    multicluster: new Zones([ZONES[1]!]), zonal: false, fallthrough: NEVER,
  } as unknown as Settings;
  const lookup = new Lookup(new Computed(new ClusterBackend(settings, maps, [])));
  const answer = (question: string): string => {
    const [name = '', type = ''] = question.split(' ');
    const query = loneQuery(name, typeByName(type)!);
    // What lies elsewhere is asked of a server that is not there.
    query.channel = { stream: true, service: { resolve: () => failure(2), reading: READING } } as never;
    const outcome = lookup.handle(query, () => failure(2));
    if (outcome instanceof Promise || outcome.kind !== 'reply') return 'elsewhere';
    const { rcode, answer: records } = decodeMessage(outcome.bytes.slice(outcome.at, outcome.at + outcome.length));
    return [rcode, ...records.map(printRR).sort()].join('\n');
  };
  return {
    happen({ op, resource, object }: ClusterEvent): void {
      if (op === 'delete') sinks[resource as keyof typeof sinks].remove(object);
      else sinks[resource as keyof typeof sinks].put(object);
    },
    answer,
    take(): Set<string> | undefined {
      const taken = told;
      told = new Set();
      return taken;
    },
  };
}

test('no answer is another one untold', () => {
  const asked = questions().filter((each) => !/_zone|^nothing|cluster\.local (NS|SOA)$/.test(each));
  let different = 0;
  for (const seed of [1, 2, 3]) {
    const { happen, answer, take } = cluster();
    const events = new ClusterEvents(seed);
    for (const event of events.some(60)) happen(event);
    take();
    let before = asked.map(answer);
    for (let round = 0; round < 20; round++) {
      const [event] = events.next();
      happen(event!);
      const told = take();
      const now = asked.map(answer);
      for (const [i, question] of asked.entries()) {
        if (now[i] === before[i]) continue;
        different++;
        const name = Name.parse(`${question.split(' ')[0]}.`).key;
        assert.ok(told === undefined || told.has(name) || viaAlias(before[i]!, told) || viaAlias(now[i]!, told),
          `${question} was ${before[i]} and is ${now[i]} after ${event!.op} ${event!.resource} ${event!.key}`);
      }
      before = now;
    }
  }
  assert.ok(different > 60, `${different} answers were others`);
});
/** Whether an answer leads through a name that was told: a cache knows every name that its answer is made of. */
const viaAlias = (answer: string, told: Set<string>): boolean =>
  answer.split('\n').some((line) => {
    const [owner = '', , , type = '', target = ''] = line.split(/\s+/);
    return type === 'CNAME' && (told.has(Name.parse(owner).key) || told.has(Name.parse(target).key));
  });
