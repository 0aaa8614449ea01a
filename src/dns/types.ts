// The record types that most zones have, each as a list of fields. Knows shapes, nothing of messages.

import { compressedName, duration, name, u8, u16, u32 } from './field.ts';
import { ipv4, ipv6 } from './field-address.ts';
import { bareString, lastString, octetString, string, strings } from './field-text.ts';
import { shape } from './shape.ts';
import { parameters } from './svcb.ts';

/** An IPv4 address (RFC 1035 section 3.4.1). */
export const A = shape('A', 1, { address: ipv4 });
/** A name server (RFC 1035 section 3.3.11). */
export const NS = shape('NS', 2, { host: compressedName });
/** Another name (RFC 1035 section 3.3.1). */
export const CNAME = shape('CNAME', 5, { target: compressedName });
/** The start of a zone (RFC 1035 section 3.3.13); times in seconds. */
export const SOA = shape('SOA', 6, {
  mname: compressedName,
  rname: compressedName,
  serial: u32,
  refresh: duration,
  retry: duration,
  expire: duration,
  minimum: duration,
});
/** A name for an address (RFC 1035 section 3.3.12). */
export const PTR = shape('PTR', 12, { target: compressedName });
/** A machine and its system (RFC 1035 section 3.3.2, RFC 8482). */
export const HINFO = shape('HINFO', 13, { cpu: string, os: lastString });
/** A mail exchange (RFC 1035 section 3.3.9). */
export const MX = shape('MX', 15, { preference: u16, exchange: compressedName });
/** Text (RFC 1035 section 3.3.14). */
export const TXT = shape('TXT', 16, { texts: strings });
/** An IPv6 address (RFC 3596). */
export const AAAA = shape('AAAA', 28, { address: ipv6 });
/** Where a service is (RFC 2782). */
export const SRV = shape('SRV', 33, { priority: u16, weight: u16, port: u16, target: name });
/** A rule to rewrite a name (RFC 3403). */
export const NAPTR = shape('NAPTR', 35, {
  order: u16,
  preference: u16,
  flags: string,
  service: string,
  regexp: string,
  replacement: name,
});
/** Another name for all that is below (RFC 6672). */
export const DNAME = shape('DNAME', 39, { target: name });
/** How to reach a service (RFC 9460). */
export const SVCB = shape('SVCB', 64, { priority: u16, target: name, parameters });
/** How to reach a web server (RFC 9460). */
export const HTTPS = shape('HTTPS', 65, { priority: u16, target: name, parameters });
/** Sender policy, the type that was given up (RFC 7208 section 3.1). */
export const SPF = shape('SPF', 99, { texts: strings });
/** A URI (RFC 7553). */
export const URI = shape('URI', 256, { priority: u16, weight: u16, target: octetString });
/** Which authorities may certify (RFC 8659). */
export const CAA = shape('CAA', 257, { flags: u8, tag: bareString, value: octetString });
