// IPv4 and IPv6 addresses between text and octets, and whether they lie in a prefix. Knows nothing of names or sockets.

/** An address and the zone identifier behind its `%` (RFC 4007 section 11), undefined where there is none. */
export interface ZonedAddress {
  readonly address: Uint8Array;
  readonly zone: string | undefined;
}

/** A prefix as it was written: the address, the network with the bits behind the prefix cleared, and the prefix length in bits. */
export interface CIDR {
  readonly address: Uint8Array;
  readonly network: Uint8Array;
  readonly bits: number;
}

/** The 4 octets of a dotted IPv4 address; undefined where it is none, also with a leading zero. */
export function parseIPv4(text: string): Uint8Array | undefined {
  const { length } = text;
  if (length < 7 || length > 15) return undefined;
  const bytes = new Uint8Array(4);
  let octet = 0;
  let value = -1;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) {
      if (value < 0 || octet === 3) return undefined;
      bytes[octet++] = value;
      value = -1;
      continue;
    }
    if (code < ZERO || code > NINE || value === 0) return undefined;
    value = (value < 0 ? 0 : value * 10) + code - ZERO;
    if (value > 255) return undefined;
  }
  if (value < 0 || octet !== 3) return undefined;
  bytes[3] = value;
  return bytes;
}
const DOT = 0x2e, ZERO = 0x30, NINE = 0x39;

/** The groups of one side of a `::`, an IPv4 address at the end counting as two; undefined where one is bad. */
function groups(text: string, last: boolean): number[] | undefined {
  if (text === '') return [];
  const values: number[] = [];
  const parts = text.split(':');
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as string;
    if (last && i === parts.length - 1 && part.includes('.')) {
      const v4 = parseIPv4(part);
      if (v4 === undefined) return undefined;
      values.push(((v4[0] as number) << 8) | (v4[1] as number), ((v4[2] as number) << 8) | (v4[3] as number));
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) {
      values.push(Number.parseInt(part, 16));
    } else {
      return undefined;
    }
  }
  return values;
}

/** The 16 octets of an IPv6 address (RFC 4291 section 2.2) without a zone; undefined where it is none. */
export function parseIPv6(text: string): Uint8Array | undefined {
  const sides = text.split('::');
  if (sides.length > 2 || !text.includes(':')) return undefined;
  const head = groups(sides[0] as string, sides.length === 1);
  const tail = sides.length === 1 ? [] : groups(sides[1] as string, true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (sides.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const all = [...head, ...new Array<number>(missing).fill(0), ...tail];
  const bytes = new Uint8Array(16);
  for (let i = 0; i < 8; i++) {
    bytes[2 * i] = (all[i] as number) >> 8;
    bytes[2 * i + 1] = all[i] as number;
  }
  return bytes;
}

/** The 4 or 16 octets of an address without a zone; undefined where it is none. An IPv4-mapped one stays 16 octets. */
export function parseAddress(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIPv6(text) : parseIPv4(text);
}

/** As `parseAddress`, with an optional zone behind `%` of an IPv6 address. */
export function parseZonedAddress(text: string): ZonedAddress | undefined {
  const percent = text.indexOf('%');
  const address = parseAddress(percent < 0 ? text : text.slice(0, percent));
  if (address === undefined) return undefined;
  if (percent < 0) return { address, zone: undefined };
  const zone = text.slice(percent + 1);
  return address.length === 4 || zone === '' ? undefined : { address, zone };
}

/** Whether 16 octets are an IPv4-mapped address, `::ffff:0:0/96`. */
export function isMapped(address: Uint8Array): boolean {
  if (address.length !== 16 || address[10] !== 0xff || address[11] !== 0xff) return false;
  for (let i = 0; i < 10; i++) if (address[i] !== 0) return false;
  return true;
}

/** The 4 octets of an IPv4-mapped address; other addresses as they are. */
export function unmap(address: Uint8Array): Uint8Array {
  return isMapped(address) ? address.subarray(12) : address;
}

function printIPv4(bytes: Uint8Array, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}

function printIPv6(bytes: Uint8Array): string {
  const values: number[] = [];
  for (let i = 0; i < 16; i += 2) values.push(((bytes[i] as number) << 8) | (bytes[i + 1] as number));
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && values[end] === 0) end++;
    if (end - i > length) {
      start = i;
      length = end - i;
    }
  }
  const hex = values.map((value) => value.toString(16));
  if (start < 0) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

/** An address as people read it (RFC 5952); an IPv4-mapped one as IPv4, as CoreDNS prints addresses in logs and names. */
export function printAddress(address: Uint8Array): string {
  if (address.length === 4) return printIPv4(address, 0);
  return isMapped(address) ? printIPv4(address, 12) : printIPv6(address);
}

/** An address as record data shows it: an IPv4-mapped one with its `::ffff:` (RFC 5952 section 5). */
export function printRecordAddress(address: Uint8Array): string {
  return isMapped(address) ? `::ffff:${printIPv4(address, 12)}` : printAddress(address);
}

/** The address with the bits behind the first `bits` cleared, in a copy. */
export function maskAddress(address: Uint8Array, bits: number): Uint8Array {
  const network = new Uint8Array(address.length);
  for (let i = 0; i < address.length; i++) {
    const left = Math.min(Math.max(bits - 8 * i, 0), 8);
    network[i] = (address[i] as number) & (0xff00 >> left);
  }
  return network;
}

/** An address, a slash and a prefix length; undefined where it is none, or the length is above 32 or 128. */
export function parseCIDR(text: string): CIDR | undefined {
  const slash = text.indexOf('/');
  const length = text.slice(slash + 1);
  if (slash < 0 || !/^\d{1,3}$/.test(length)) return undefined;
  const address = parseAddress(text.slice(0, slash));
  const bits = Number(length);
  if (address === undefined || bits > 8 * address.length) return undefined;
  return { address, network: maskAddress(address, bits), bits };
}

/** Whether the first `bits` bits of both are the same. IPv4-mapped addresses are looked at as they are: `unmap` them first. */
export function inPrefix(address: Uint8Array, network: Uint8Array, bits: number): boolean {
  return liesInPrefix(address, 0, address.length, network, bits);
}
/** The same of an address of `length` octets that lies at `at`, in a packet for instance. */
export function liesInPrefix(bytes: Uint8Array, at: number, length: number, network: Uint8Array, bits: number): boolean {
  if (length !== network.length) return false;
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (bytes[at + i] !== network[i]) return false;
  const left = bits & 7;
  return left === 0 || (((bytes[at + whole] as number) ^ (network[whole] as number)) & (0xff00 >> left) & 0xff) === 0;
}
