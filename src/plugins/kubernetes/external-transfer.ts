// The external names of a cluster as records, one service after the other (KEXT-5). Knows how services lie in the store; knows nothing of
// messages.
import { cname } from '../../authority/lookup.ts';
import type { ExternalRules } from '../../authority/external-names.ts';
import { Name } from '../../dns/name.ts';
import type { RR } from '../../dns/rr.ts';
import { addressRecord, portName, serviceRecord } from './cluster-transfer.ts';
import type { Exposed } from './exposed.ts';
import { HEADLESS, PORTS, SERVICE, SIZE, SLICE_PORTS, afterPort, endpointsAt, externalsAt, le16, servicePorts, slicePorts,
  slicesAt } from './layout.ts';
import { ObjectKey, steadyNames } from './maps.ts';
import type { Maps } from './maps.ts';
import { endpointLabel, weightOf } from './service-node.ts';
import { rawName } from './wire-text.ts';

/** How the records are told. */
interface Rules extends Pick<ExternalRules, 'ttl' | 'headless'> {
  /** Seconds: of SRV and CNAME records. */
  readonly serviceTtl: number;
}

/** Everything below `zone` but its name server. */
export function* externalRecords(maps: Maps, exposed: Exposed, zone: Name, rules: Rules): Generator<RR> {
  const map = maps.services;
  const key = new ObjectKey();
  for (const [service, namespace] of steadyNames(maps, map)) {
    if (!exposed.has(namespace)) continue;
    const entry = key.of(service, namespace).in(map);
    if (entry !== 0) yield* serviceRecords(map.bytes, map.valueAt(entry) * 4, Name.wire(rawName(service, namespace) + zone.raw), rules);
  }
}

function serviceRecords(bytes: Uint8Array, at: number, name: Name, rules: Rules): RR[] {
  if ((bytes[at]! & SERVICE) === 0) return [];
  const externals = [...externalsAt(bytes, at)].map((each) => (each instanceof Uint8Array ? each : Name.wire(each)));
  if (externals.length > 0) return externalServiceRecords(bytes, at, name, externals, rules);
  return rules.headless && (bytes[at]! & HEADLESS) !== 0 ? endpointRecords(bytes, at, name, rules) : [];
}

/**
 * As CoreDNS: the addresses once for each port, an alias twice, and of all SRV records of one name the first. Below the names of ports a
 * load balancer's name has lost two labels.
 */
function externalServiceRecords(
  bytes: Uint8Array, at: number, name: Name, externals: readonly (Uint8Array | Name)[], { ttl, serviceTtl }: Rules,
): RR[] {
  const records: RR[] = [];
  const services = new Map<string, RR>();
  const add = (record: RR) => services.has(record.name.key) || services.set(record.name.key, record);
  for (const external of externals) {
    const host = external instanceof Name ? external : undefined;
    let port = servicePorts(bytes, at);
    for (let left = le16(bytes, at + PORTS); left > 0; left--, port = afterPort(bytes, port)) {
      if (external instanceof Name) records.push(cname(name, external, serviceTtl), cname(name, external, serviceTtl));
      else records.push(addressRecord(name, ttl, external));
      if (bytes[port + 2] === 1) continue;
      add(serviceRecord(name, serviceTtl, 100, le16(bytes, port), host ?? name));
      const owner = portName(bytes, port, name);
      if (owner !== undefined) add(serviceRecord(owner, serviceTtl, 100, le16(bytes, port), host === undefined ? name : shortened(host)));
    }
  }
  return [...records, ...services.values()];
}
/** The name without its first two labels, where it has more. */
const shortened = (name: Name): Name => (name.labels > 2 ? name.parent!.parent! : name);

/** A headless service's endpoints: under its own name, under theirs, under those of its ports. Each record once. */
function endpointRecords(bytes: Uint8Array, at: number, name: Name, { ttl, serviceTtl }: Rules): RR[] {
  const records = new Map<string, RR>();
  const add = (record: RR) => records.set(`${record.name.key} ${record.type} ${record.rdata.join()}`, record);
  /** Ports of targets by the name under which they are told: how many there are makes the weight. */
  const services = new Map<string, { readonly owner: Name; readonly port: number; readonly target: Name }[]>();
  const tell = (owner: Name, port: number, target: Name) => {
    const told = services.get(owner.key) ?? [];
    told.push({ owner, port, target });
    services.set(owner.key, told);
  };
  let entries = 0;
  for (const slice of slicesAt(bytes, at)) {
    for (const endpoint of endpointsAt(bytes, slice)) {
      const address = bytes.slice(endpoint + 1, endpoint + 1 + (bytes[endpoint]! & SIZE));
      const target = Name.wire(endpointLabel(bytes, endpoint) + name.raw);
      let port = slicePorts(bytes, slice);
      for (let left = le16(bytes, slice + SLICE_PORTS); left > 0; left--, port = afterPort(bytes, port)) {
        entries++;
        add(addressRecord(name, ttl, address));
        add(addressRecord(target, ttl, address));
        if (bytes[port + 2] === 1) continue;
        const number = le16(bytes, port);
        tell(name, number, target);
        add(serviceRecord(target, serviceTtl, 100, number, target));
        const owner = portName(bytes, port, name);
        if (owner !== undefined) tell(owner, number, target);
      }
    }
  }
  for (const told of services.values()) {
    for (const { owner, port, target } of told) {
      add(serviceRecord(owner, serviceTtl, weightOf(owner === name ? entries : told.length), port, target));
    }
  }
  return [...records.values()];
}
