// A cluster's zone as records, one service after the other (K8S-16). Knows the schema and the store; knows nothing of messages.
import { cname } from '../../authority/lookup.ts';
import type { ServedZone } from '../../authority/served-zones.ts';
import { soaRecord } from '../../authority/soa.ts';
import type { Transfer, TransferSource } from '../../authority/transfer.ts';
import { Name } from '../../dns/name.ts';
import type { RR } from '../../dns/rr.ts';
import type { ClusterBackend } from './cluster-backend.ts';
import { ADDRESSES, EXTERNAL_NAME, HEAD, HEADLESS, PORTS, SERVICE, SIZE, SLICE_ENDPOINTS, SLICE_PORTS, afterPort, endpointsAt, le16, le32,
  serviceName, servicePorts, sliceCluster, slicePorts, slicesAt, textAt } from './layout.ts';
import { latin1 } from './match.ts';
import { ObjectKey, steadyNames } from './maps.ts';
import type { Maps } from './maps.ts';
import { endpointLabel, weightOf } from './service-node.ts';
import { rawName } from './wire-text.ts';

const A = 1, NS = 2, AAAA = 28, SRV = 33, IN = 1;

/** The zones of one stanza as a source of transfers. */
export function clusterTransfers(backend: ClusterBackend, maps: Maps): TransferSource {
  return {
    name: 'kubernetes',
    transfer(zone): Transfer | undefined {
      const served = backend.zones.exactly(zone);
      if (served === undefined) return undefined;
      if (backend.incomplete() !== undefined) throw new Error(`${backend.incomplete()}`);
      return { soa: soaRecord(zone, backend.ttl, backend.serial(served)), records: recordsOf(backend, maps, served) };
    },
  };
}

function* recordsOf(backend: ClusterBackend, maps: Maps, served: ServedZone): Generator<RR> {
  const zone = served.name;
  const { ttl } = backend;
  const servers = backend.nameServers(zone);
  for (const name of new Map(servers.map((server) => [server.name.key, server.name])).values()) {
    yield { name: zone, type: NS, class: IN, ttl, rdata: bytesOf(name.raw) };
  }
  // As CoreDNS: these have the TTL 0.
  for (const { name, address } of servers) yield addressRecord(name, 0, address);
  const map = backend.isMulticluster(served) ? maps.imports : maps.services;
  const key = new ObjectKey();
  for (const [service, namespace] of steadyNames(maps, map)) {
    if (!backend.exposes(namespace)) continue;
    const entry = key.of(service, namespace).in(map);
    const name = Name.wire(`${rawName(service, namespace)}\x03svc${zone.raw}`);
    if (entry !== 0) yield* serviceRecords(map.bytes, map.valueAt(entry) * 4, name, ttl);
  }
}

function serviceRecords(bytes: Uint8Array, at: number, name: Name, ttl: number): RR[] {
  const flags = bytes[at]!;
  if ((flags & SERVICE) === 0) return [];
  if ((flags & EXTERNAL_NAME) !== 0) return [cname(name, Name.wire(textAt(bytes, serviceName(bytes, at))), ttl)];
  if ((flags & HEADLESS) !== 0 || bytes[at + ADDRESSES] === 0) return endpointRecords(bytes, at, name, ttl);
  const records: RR[] = [];
  let address = at + HEAD;
  for (let left = bytes[at + ADDRESSES]!; left > 0; left--, address += 1 + bytes[address]!) {
    records.push(addressRecord(name, ttl, bytes.slice(address + 1, address + 1 + bytes[address]!)));
  }
  let port = servicePorts(bytes, at);
  for (let left = le16(bytes, at + PORTS); left > 0; left--, port = afterPort(bytes, port)) {
    // Clients that look for their peers ask for SRV at the name itself. As CoreDNS, one without ports tells 65535.
    records.push(serviceRecord(name, ttl, 100, le16(bytes, port), name));
    const owner = portName(bytes, port, name);
    if (owner !== undefined) records.push(serviceRecord(owner, ttl, 100, le16(bytes, port), name));
  }
  return records;
}
function endpointRecords(bytes: Uint8Array, at: number, name: Name, ttl: number): RR[] {
  const records = new Map<string, RR>();
  const add = (record: RR) => records.set(`${record.name.key} ${record.type} ${record.rdata.join()}`, record);
  for (const slice of slicesAt(bytes, at)) {
    const cluster = sliceCluster(bytes, slice);
    const between = bytes[cluster] === 0 ? '' : latin1(bytes, cluster, bytes[cluster]! + 1);
    const weight = weightOf(le32(bytes, slice + SLICE_ENDPOINTS));
    for (const endpoint of endpointsAt(bytes, slice)) {
      const address = bytes.slice(endpoint + 1, endpoint + 1 + (bytes[endpoint]! & SIZE));
      const target = Name.wire(endpointLabel(bytes, endpoint) + between + name.raw);
      add(addressRecord(name, ttl, address));
      if (target.raw.length > 255) continue;
      add(addressRecord(target, ttl, address));
      let port = slicePorts(bytes, slice);
      for (let left = le16(bytes, slice + SLICE_PORTS); left > 0; left--, port = afterPort(bytes, port)) {
        const owner = bytes[port + 2] === 1 ? undefined : portName(bytes, port, name);
        if (owner !== undefined) add(serviceRecord(owner, ttl, weight, le16(bytes, port), target));
      }
    }
  }
  return [...records.values()];
}

/** `_port._protocol` before the service's name; undefined for a port without a name, which has no SRV record (schema 2.3.2). */
export function portName(bytes: Uint8Array, port: number, service: Name): Name | undefined {
  const protocol = textAt(bytes, port + 3);
  const name = textAt(bytes, port + 4 + bytes[port + 3]!);
  return name === '' || name.length > 62 || protocol.length > 62 ? undefined : Name.wire(rawName(`_${name}`, `_${protocol}`) + service.raw);
}
/** An address. */
export const addressRecord = (name: Name, ttl: number, address: Uint8Array): RR =>
  ({ name, type: address.length === 4 ? A : AAAA, class: IN, ttl, rdata: address });
/** An SRV record of priority 0. */
export const serviceRecord = (name: Name, ttl: number, weight: number, port: number, target: Name): RR =>
  ({
    name, type: SRV, class: IN, ttl,
    rdata: Uint8Array.of(0, 0, weight >> 8, weight & 255, port >> 8, port & 255, ...bytesOf(target.raw)),
  });
const bytesOf = (raw: string): Uint8Array => Uint8Array.from(raw, (byte) => byte.charCodeAt(0));
