// Numbers and names of record types and classes (RFC 1035 section 3.2, RFC 3597 section 5). Knows nothing of record data.

/** Record types by name (IANA's registry; LIBD-2). */
export const TYPE = {
  A: 1,
  NS: 2,
  MD: 3,
  MF: 4,
  CNAME: 5,
  SOA: 6,
  MB: 7,
  MG: 8,
  MR: 9,
  NULL: 10,
  PTR: 12,
  HINFO: 13,
  MINFO: 14,
  MX: 15,
  TXT: 16,
  RP: 17,
  AFSDB: 18,
  X25: 19,
  ISDN: 20,
  RT: 21,
  'NSAP-PTR': 23,
  SIG: 24,
  KEY: 25,
  PX: 26,
  GPOS: 27,
  AAAA: 28,
  LOC: 29,
  NXT: 30,
  EID: 31,
  NIMLOC: 32,
  SRV: 33,
  ATMA: 34,
  NAPTR: 35,
  KX: 36,
  CERT: 37,
  DNAME: 39,
  OPT: 41,
  APL: 42,
  DS: 43,
  SSHFP: 44,
  IPSECKEY: 45,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  DHCID: 49,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  SMIMEA: 53,
  HIP: 55,
  NINFO: 56,
  RKEY: 57,
  TALINK: 58,
  CDS: 59,
  CDNSKEY: 60,
  OPENPGPKEY: 61,
  CSYNC: 62,
  ZONEMD: 63,
  SVCB: 64,
  HTTPS: 65,
  SPF: 99,
  UINFO: 100,
  UID: 101,
  GID: 102,
  UNSPEC: 103,
  NID: 104,
  L32: 105,
  L64: 106,
  LP: 107,
  EUI48: 108,
  EUI64: 109,
  NXNAME: 128,
  TKEY: 249,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  MAILB: 253,
  MAILA: 254,
  ANY: 255,
  URI: 256,
  CAA: 257,
  AVC: 258,
  AMTRELAY: 260,
  RESINFO: 261,
  TA: 32768,
  DLV: 32769,
} as const;

/** Classes by name (RFC 1035 section 3.2.4, RFC 2136 section 2.4); `ANY` is that of questions alone. */
export const CLASS = { IN: 1, CS: 2, CH: 3, HS: 4, NONE: 254, ANY: 255 } as const;

const typeNumbers = new Map<string, number>(Object.entries(TYPE));
// `None` and `Reserved` are printed, but not read.
const typeNames = new Map<number, string>([[0, 'None'], [65535, 'Reserved'], ...Object.entries(TYPE).map(named)]);
const classNumbers = new Map<string, number>(Object.entries(CLASS));
const classNames = new Map<number, string>(Object.entries(CLASS).map(named));

function named([name, number]: readonly [string, number]): [number, string] {
  return [number, name];
}

function numbered(text: string, prefix: string): number | undefined {
  if (!text.startsWith(prefix) || !/^\d{1,5}$/.test(text.slice(prefix.length))) return undefined;
  const number = Number(text.slice(prefix.length));
  return number > 0xffff ? undefined : number;
}

/** The number of a type: a name in any case, or `TYPE` and a number; undefined where there is none (LIBD-2). */
export function typeByName(name: string): number | undefined {
  const upper = name.toUpperCase();
  return typeNumbers.get(upper) ?? numbered(upper, 'TYPE');
}

/** The name of a type, `TYPE` and its number where it has none. */
export function typeName(type: number): string {
  return typeNames.get(type) ?? `TYPE${type}`;
}

/** The number of a class: a name in any case, or `CLASS` and a number; undefined where there is none (LIBD-3). */
export function classByName(name: string): number | undefined {
  const upper = name.toUpperCase();
  return classNumbers.get(upper) ?? numbered(upper, 'CLASS');
}

/** The name of a class, `CLASS` and its number where it has none; 255 as well, for `ANY` is a type's name (LIBD-3). */
export function className(number: number): string {
  if (number === CLASS.ANY) return 'CLASS255';
  return classNames.get(number) ?? `CLASS${number}`;
}
