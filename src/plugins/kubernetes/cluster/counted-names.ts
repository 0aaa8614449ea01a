// Which names of a cluster are others now, told to whoever keeps answers: a denial ends when its name appears. Knows how services lie in
// the store and how names are made of them; keeps none.
import type { ServedZone } from '../../../authority/served-zones.ts';
import { ZoneName } from '../../../authority/zone-name.ts';
import { HEADER } from '../../../dns/packet.ts';
import { reverseName } from '../../../dns/reverse.ts';
import { ADDRESSES, DUPLICATE, HEAD, PORTS, SERVICE, SIZE, SLICE_PORTS, afterPort, clusterLabel, endpointsAt, externalsAt, le16,
  servicePorts, slicePorts, slicesAt, textAt } from './layout.ts';
import { endpointLabel } from './endpoint-label.ts';
import { rawName } from './wire-text.ts';

/** What one zone's changes are told to. */
export interface Told {
  /** The wire name from `bytes[at]` on is another one, or is gone. */
  changed(bytes: Uint8Array, at: number): void;
  /** Anything in the zone may be another. */
  all(): void;
}
/** What names in a zone are made of: services, imports of other clusters, services as they are seen from outside, addresses. */
export type Origin = 'services' | 'imports' | 'outside';

interface Zone {
  readonly zone: ServedZone;
  readonly origin: Origin;
  readonly told: Told;
}

/** The zones that are made of one cluster. On the main thread. */
export class CountedNames {
  readonly #zones: Zone[] = [];
  readonly #name = new ZoneName();
  /** While a list comes in nothing of it is told: all is, when it is whole. */
  paused = false;

  /** A zone is served from now on; once for each of them, however often it is said. */
  add(zone: ServedZone, origin: Origin, told: Told): void {
    const known = this.#zones.some((each) => each.zone.name.key === zone.name.key && each.origin === origin);
    if (!known) this.#zones.push({ zone, origin, told });
  }
  /** Anything may be another. */
  all(): void {
    for (const { told } of this.#zones) told.all();
  }

  /** A service, or an import, is another one: its bytes before and now. What belongs to slices is told where it differs in kind alone. */
  service(imported: boolean, name: string, namespace: string, before: Uint8Array | undefined, now: Uint8Array): void {
    if (this.paused || this.#zones.length === 0) return;
    for (const bytes of before === undefined ? [now] : [before, now]) {
      this.#ports(imported, name, namespace, bytes, servicePorts(bytes, 0), le16(bytes, PORTS));
      let at = HEAD;
      for (let left = bytes[ADDRESSES]!; left > 0; left--, at += 1 + bytes[at]!) this.address(bytes, at + 1, bytes[at]!);
      if ((bytes[0]! & SERVICE) === 0) continue;
      for (const each of externalsAt(bytes, 0)) if (each instanceof Uint8Array) this.address(each, 0, each.length);
    }
    this.#named(imported, name, namespace, '');
    if (((before?.[0] ?? 0) ^ now[0]!) === 0) return;
    for (const slice of slicesAt(now, 0)) {
      this.#ports(imported, name, namespace, now, slicePorts(now, slice), le16(now, slice + SLICE_PORTS));
      this.#endpoints(imported, name, namespace, now, slice);
    }
  }
  /** A slice of it is another one: its bytes before and now. */
  slice(imported: boolean, name: string, namespace: string, before: Uint8Array | undefined, now: Uint8Array | undefined): void {
    if (this.paused || this.#zones.length === 0) return;
    this.#named(imported, name, namespace, '');
    for (const bytes of [before, now]) {
      if (bytes === undefined) continue;
      this.#ports(imported, name, namespace, bytes, slicePorts(bytes, 0), le16(bytes, SLICE_PORTS));
      this.#endpoints(imported, name, namespace, bytes, 0);
    }
  }
  /** A pod came, went, or has other addresses: these labels in its namespace. */
  pod(label: string, namespace: string): void {
    if (this.paused) return;
    for (const { zone, origin, told } of this.#zones) {
      if (origin !== 'services' || zone.reverse) continue;
      this.#tell(told, this.#name.begin().text(rawName(label, namespace, 'pod')).under(zone));
    }
  }

  /** Something is at a name in the zone of the cluster, or is there no more: its wire labels. */
  node(labels: string): void {
    for (const { zone, origin, told } of this.#zones) {
      if (origin === 'services' && !zone.reverse) this.#tell(told, this.#name.begin().text(labels).under(zone));
    }
  }

  #ports(imported: boolean, name: string, namespace: string, bytes: Uint8Array, at: number, count: number): void {
    for (let port = at, left = count; left > 0; left--, port = afterPort(bytes, port)) {
      const protocol = `_${textAt(bytes, port + 3)}`;
      const label = `_${textAt(bytes, port + 4 + bytes[port + 3]!)}`;
      if (bytes[port + 2] === 1 || protocol.length > 63 || label.length > 63) continue;
      this.#named(imported, name, namespace, rawName(protocol));
      this.#named(imported, name, namespace, rawName(label, protocol));
    }
  }
  #endpoints(imported: boolean, name: string, namespace: string, bytes: Uint8Array, slice: number): void {
    const behind = clusterLabel(bytes, slice);
    for (const endpoint of endpointsAt(bytes, slice)) {
      if (behind !== undefined) this.#named(imported, name, namespace, endpointLabel(bytes, endpoint) + behind);
      const size = bytes[endpoint]! & SIZE & ~DUPLICATE;
      if (size > 0 && !imported) this.address(bytes, endpoint + 1, size);
    }
  }
  #named(imported: boolean, name: string, namespace: string, before: string): void {
    for (const { zone, origin, told } of this.#zones) {
      if (zone.reverse || (origin === 'imports') !== imported) continue;
      const service = this.#name.begin().text(before).text(rawName(name, namespace));
      this.#tell(told, service.text(origin === 'outside' ? '' : '\x03svc').under(zone));
    }
  }
  /** The name of an address is another. */
  address(bytes: Uint8Array, at: number, size: number): void {
    if (!this.#zones.some(({ zone }) => zone.reverse)) return;
    const name = reverseName(bytes.subarray(at, at + size));
    for (const { zone, told } of this.#zones) {
      if (!zone.reverse || !name.isUnder(zone.name)) continue;
      this.#tell(told, this.#name.begin().text(name.raw.slice(0, name.raw.length - zone.bytes.length)).under(zone));
    }
  }
  #tell(told: Told, fits: boolean): void {
    if (fits) told.changed(this.#name.bytes, HEADER);
  }
}
