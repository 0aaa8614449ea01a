// The name servers of a cluster's zone: this server, by the service whose endpoint it is (K8S-15). Knows the store; answers nothing.
import { unmap } from '../../../dns/address.ts';
import { Name } from '../../../dns/name.ts';
import { rawName } from '../cluster/wire-text.ts';
import { ENDPOINT, ownerAt, ownersAt } from '../cluster/address-index.ts';
import { ADDRESSES, HEAD, HEADLESS, SERVICE, SIZE, endpointsAt, externalsAt, slicesAt } from '../cluster/layout.ts';
import { ObjectKey } from '../cluster/maps.ts';
import type { Maps } from '../cluster/maps.ts';
import { endpointLabel } from '../cluster/endpoint-label.ts';

/** A name server and one of its addresses. */
export interface NameServer {
  readonly name: Name;
  readonly address: Uint8Array;
}

/** What a service offers as a name server, once for each slice that has this machine's address. */
type Offer<T> = (service: string, bytes: Uint8Array, at: number, slice: number) => readonly T[];

/** The name servers of `zone`; `own` are the addresses of this machine. */
export function nameServers(maps: Maps, own: readonly Uint8Array[], zone: Name): NameServer[] {
  return serversOf(maps, own, (service, bytes, at, slice) => {
    const suffix = `${service}\x03svc${zone.raw}`;
    if ((bytes[at]! & HEADLESS) !== 0) return endpointsOf(bytes, slice, suffix);
    return addressesOf(bytes, at).map((address) => server(suffix, address));
  }) ?? own.map((address) => server(`\x02ns\x03dns${zone.raw}`, address));
}
/** Addresses outside of the cluster that lead to this server (KEXT-2); undefined where this machine is no endpoint in it. */
export function externalServers(maps: Maps, own: readonly Uint8Array[], headless: boolean): Uint8Array[] | undefined {
  return serversOf(maps, own, (_service, bytes, at, slice) => {
    if (headless && (bytes[at]! & HEADLESS) !== 0) return endpointsOf(bytes, slice, '\0').map(({ address }) => address);
    return [...externalsAt(bytes, at)].flatMap((external) => (external instanceof Uint8Array ? [unmap(external)] : []));
  });
}

function serversOf<T>(maps: Maps, own: readonly Uint8Array[], offer: Offer<T>): T[] | undefined {
  const key = new ObjectKey();
  const found: T[] = [];
  let isEndpoint = false;
  for (const address of own) {
    const entry = key.copy(address, 0, address.length).in(maps.addresses);
    if (entry === 0) continue;
    for (const item of ownersAt(maps.addresses, entry)) {
      const { kind, name, namespace } = ownerAt(maps.addresses.bytes, item);
      const service = kind === ENDPOINT ? key.of(name, namespace).in(maps.services) : 0;
      if (service === 0) continue;
      isEndpoint = true;
      const { bytes } = maps.services;
      const at = maps.services.bytesAt(service);
      if ((bytes[at]! & SERVICE) === 0) continue;
      for (const slice of slicesAt(bytes, at)) {
        if (hasEndpoint(bytes, slice, address)) found.push(...offer(rawName(name, namespace), bytes, at, slice));
      }
    }
  }
  return isEndpoint ? found : undefined;
}
function hasEndpoint(bytes: Uint8Array, slice: number, address: Uint8Array): boolean {
  for (const at of endpointsAt(bytes, slice)) {
    const size = bytes[at]! & SIZE;
    if (size === address.length && Buffer.compare(bytes.subarray(at + 1, at + 1 + size), address) === 0) return true;
  }
  return false;
}
function endpointsOf(bytes: Uint8Array, slice: number, suffix: string): NameServer[] {
  const addressAt = (at: number) => bytes.slice(at + 1, at + 1 + (bytes[at]! & SIZE));
  return [...endpointsAt(bytes, slice)].map((at) => server(endpointLabel(bytes, at) + suffix, addressAt(at)));
}
function addressesOf(bytes: Uint8Array, service: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  let at = service + HEAD;
  for (let left = bytes[service + ADDRESSES]!; left > 0; left--, at += 1 + bytes[at]!) found.push(bytes.slice(at + 1, at + 1 + bytes[at]!));
  return found;
}
const server = (name: string, address: Uint8Array): NameServer => ({ name: Name.wire(name), address: unmap(address) });
