// How a service and its endpoints lie as bytes in the shared memory, written and taken apart. Knows the layout; knows neither the API nor
// questions.
//
// Service: u8 flags, u8 addresses, u16 ports, u32 where slices begin, u32 endpoints that are duplicates, then
//   addresses: u8 size, bytes
//   ports: u16 port (65535 with u8 1 behind it: none), u8 none, u8 size, protocol, u8 size, name
//   external name: u8 size (0: none), wire name
//   externals: u16 count, each u8 4 or 16 and the address, or u8 0, u8 size and a wire name
// Slices: u16 count, each: u32 size of the slice, u16 ports, u32 endpoints, u8 size, name, u8 size, cluster, ports as above, endpoints:
//   u8 size of the address (and DUPLICATE), address, u8 size, label (0: made of the address), u8 size, zone
//   where the size is 0 the endpoint is a name: behind the zone u8 size, wire name
// Pod: u8 1 where it is on the network of its node, u8 addresses, each u8 size, bytes; then its labels as JSON, where they are kept.
// Numbers have their least significant byte first and stand anywhere.
import { latin1, writeLatin1 } from '../../../dns/latin1.ts';
import type { Name } from '../../../dns/name.ts';
import type { Endpoint, Port, ServiceFacts, SliceFacts } from './facts.ts';

/** Flags of a service; HOSTS: there are names among its externals. */
export const SERVICE = 1, HEADLESS = 2, EXTERNAL_NAME = 4, HOSTS = 8;
/** Beside the size of an endpoint's address: an endpoint before it has the same one. */
export const DUPLICATE = 0x80, SIZE = 0x1f;
/** Offsets in the head of a service, and its size. */
export const ADDRESSES = 1, PORTS = 2, SLICES = 4, DUPLICATES = 8, HEAD = 12;
/** Offsets in the head of a slice, and where the name begins. */
export const SLICE_PORTS = 4, SLICE_ENDPOINTS = 6, SLICE_NAME = 10;

/** Two bytes, least significant first. */
export const le16 = (bytes: Uint8Array, at: number): number => bytes[at]! | (bytes[at + 1]! << 8);
/** Four bytes, least significant first. */
export const le32 = (bytes: Uint8Array, at: number): number => le16(bytes, at) + le16(bytes, at + 2) * 65536;
/** Writes four bytes, least significant first. */
export function setLe32(bytes: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 4; i++) bytes[at + i] = value >>> (8 * i);
}

/** Bytes that are written one after the other, in one buffer that grows. */
export class Writer {
  bytes = new Uint8Array(4096);
  length = 0;

  /** Makes room and says where the next byte goes. `bytes` is another array then: read it afterwards. */
  room(size: number): number {
    if (this.length + size > this.bytes.length) {
      const larger = new Uint8Array((this.length + size) * 2);
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
    }
    return this.length;
  }
  u8(value: number): void {
    const at = this.room(1);
    this.bytes[at] = value;
    this.length = at + 1;
  }
  u16(value: number): void {
    const at = this.room(2);
    this.bytes[at] = value;
    this.bytes[at + 1] = value >> 8;
    this.length = at + 2;
  }
  u32(value: number): void {
    const at = this.room(4);
    setLe32(this.bytes, at, value);
    this.length += 4;
  }
  /** An address behind its size. */
  address(address: Uint8Array): void {
    const { length } = address;
    const at = this.room(length + 1);
    const { bytes } = this;
    bytes[at] = length;
    for (let i = 0; i < length; i++) bytes[at + 1 + i] = address[i]!;
    this.length = at + 1 + length;
  }
  /** At most 255 bytes of latin1 text behind their number. */
  text(text: string): void {
    const size = Math.min(text.length, 255);
    const at = this.room(size + 1);
    this.bytes[at] = size;
    this.length = writeLatin1(size < text.length ? text.slice(0, size) : text, this.bytes, at + 1);
  }
  /** All that was written: valid until more is. */
  get written(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}

function writePorts(to: Writer, ports: readonly Port[]): void {
  for (const { port, protocol, name } of ports) {
    to.u16(port < 0 ? 65535 : port);
    to.u8(port < 0 ? 1 : 0);
    to.text(protocol);
    to.text(name);
  }
}
/** Most ports that are kept of one service or slice. */
const MOST_PORTS = 65535;

/** The part of a service that is not its slices; without facts, of one that is known by its slices alone. */
export function writeService(to: Writer, facts: ServiceFacts | undefined): void {
  to.length = 0;
  if (facts === undefined) {
    to.u32(0);
    to.u32(HEAD + 3);
    to.u32(0);
    to.u8(0);
    to.u16(0);
    return;
  }
  const { headless, externalName, externals } = facts;
  const addresses = facts.addresses.slice(0, 255);
  const ports = facts.ports.slice(0, MOST_PORTS);
  const hosts = externals.some((each) => !(each instanceof Uint8Array)) ? HOSTS : 0;
  to.u8(SERVICE | (headless ? HEADLESS : 0) | (externalName !== undefined ? EXTERNAL_NAME : 0) | hosts);
  to.u8(addresses.length);
  to.u16(ports.length);
  to.u32(0);
  to.u32(0);
  for (const address of addresses) to.address(address);
  writePorts(to, ports);
  to.text(externalName?.raw ?? '');
  to.u16(externals.length);
  for (const each of externals) writeExternal(to, each);
  setLe32(to.bytes, SLICES, to.length);
}
function writeExternal(to: Writer, external: Uint8Array | Name): void {
  if (external instanceof Uint8Array) to.address(external);
  else {
    to.u8(0);
    to.text(external.raw);
  }
}

/** One slice. */
export function writeSlice(to: Writer, name: string, cluster: string, { ports, endpoints }: SliceFacts): void {
  const start = to.length;
  const kept = ports.slice(0, MOST_PORTS);
  to.u32(0);
  to.u16(kept.length);
  to.u32(endpoints.length);
  to.text(name);
  to.text(cluster);
  writePorts(to, kept);
  for (const endpoint of endpoints) writeEndpoint(to, endpoint);
  setLe32(to.bytes, start, to.length - start);
}
function writeEndpoint(to: Writer, { address, label, zone }: Endpoint): void {
  const isName = !(address instanceof Uint8Array);
  if (isName) to.u8(0);
  else to.address(address);
  to.text(label);
  to.text(zone);
  if (isName) to.text(address.raw);
}

/** Where the next port begins. */
export function afterPort(bytes: Uint8Array, at: number): number {
  const name = at + 4 + bytes[at + 3]!;
  return name + 1 + bytes[name]!;
}
/** Where the next endpoint begins. */
export function afterEndpoint(bytes: Uint8Array, at: number): number {
  const label = at + 1 + (bytes[at]! & SIZE);
  const zone = label + 1 + bytes[label]!;
  const end = zone + 1 + bytes[zone]!;
  return (bytes[at]! & SIZE) === 0 ? end + 1 + bytes[end]! : end;
}
/** Where the name stands that an endpoint without an address is: its size, then the wire name. */
export function endpointName(bytes: Uint8Array, endpoint: number): number {
  const zone = endpoint + 2 + bytes[endpoint + 1]!;
  return zone + 1 + bytes[zone]!;
}
/** Where the next address, or the next external one, begins. */
export const afterExternal = (bytes: Uint8Array, at: number): number => (bytes[at] === 0 ? at + 2 + bytes[at + 1]! : at + 1 + bytes[at]!);
/** Where the ports of a slice begin. */
export function slicePorts(bytes: Uint8Array, slice: number): number {
  const cluster = slice + SLICE_NAME + 1 + bytes[slice + SLICE_NAME]!;
  return cluster + 1 + bytes[cluster]!;
}
/** Where the cluster id of a slice stands: its size, then its bytes. */
export const sliceCluster = (bytes: Uint8Array, slice: number): number => slice + SLICE_NAME + 1 + bytes[slice + SLICE_NAME]!;
/** Octets of a label. */
const MOST_LABEL = 63;
/** What stands for the id of a cluster that can be no label of a name: longer than any label. */
export const NO_LABEL: string = '.'.repeat(MOST_LABEL + 1);
/** The label of the cluster that a slice is of, behind its size; '' where it is of none, undefined where its id can be none. */
export function clusterLabel(bytes: Uint8Array, slice: number): string | undefined {
  const at = sliceCluster(bytes, slice);
  const size = bytes[at]!;
  return size > MOST_LABEL ? undefined : size === 0 ? '' : latin1(bytes, at, at + size + 1);
}
/** Where the endpoints of a slice begin. */
export function sliceEndpoints(bytes: Uint8Array, slice: number): number {
  let at = slicePorts(bytes, slice);
  for (let n = le16(bytes, slice + SLICE_PORTS); n > 0; n--) at = afterPort(bytes, at);
  return at;
}
/** Where the ports of a service begin. */
export function servicePorts(bytes: Uint8Array, service: number): number {
  let at = service + HEAD;
  for (let n = bytes[service + ADDRESSES]!; n > 0; n--) at += 1 + bytes[at]!;
  return at;
}
/** Where the external name of a service stands: its size, then the wire name. The count of externals is behind it. */
export function serviceName(bytes: Uint8Array, service: number): number {
  let at = servicePorts(bytes, service);
  for (let n = le16(bytes, service + PORTS); n > 0; n--) at = afterPort(bytes, at);
  return at;
}
/** Where the externals of a service stand: how many, then each of them. */
export function serviceExternals(bytes: Uint8Array, service: number): number {
  const name = serviceName(bytes, service);
  return name + 1 + bytes[name]!;
}
/** Text behind its size. */
export function textAt(bytes: Uint8Array, at: number): string {
  return latin1(bytes, at + 1, at + 1 + bytes[at]!);
}

/** The externals of a service: addresses as bytes, names as wire text. */
export function* externalsAt(bytes: Uint8Array, service: number): Generator<Uint8Array | string> {
  let at = serviceExternals(bytes, service);
  let left = le16(bytes, at);
  at += 2;
  for (; left > 0; left--) {
    const size = bytes[at]!;
    if (size === 0) yield textAt(bytes, at + 1);
    else yield bytes.slice(at + 1, at + 1 + size);
    at = afterExternal(bytes, at);
  }
}
/** Offsets of the slices of a service. */
export function* slicesAt(bytes: Uint8Array, service: number): Generator<number> {
  let at = service + le32(bytes, service + SLICES);
  let left = le16(bytes, at);
  at += 2;
  for (; left > 0; left--) {
    yield at;
    at += le32(bytes, at);
  }
}
/** Offsets of the endpoints of a slice. */
export function* endpointsAt(bytes: Uint8Array, slice: number): Generator<number> {
  let at = sliceEndpoints(bytes, slice);
  for (let left = le32(bytes, slice + SLICE_ENDPOINTS); left > 0; left--) {
    yield at;
    at = afterEndpoint(bytes, at);
  }
}
/** Where the labels of a pod begin. */
export function podLabels(bytes: Uint8Array, pod: number): number {
  let at = pod + 2;
  for (let left = bytes[pod + 1]!; left > 0; left--) at += 1 + bytes[at]!;
  return at;
}
