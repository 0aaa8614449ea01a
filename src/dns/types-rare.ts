// The record types that few zones have, each as a list of fields. Knows shapes, nothing of messages.

import { prefixes } from './apl.ts';
import { compressedName, name, u8, u16, u32 } from './field.ts';
import { eui48, eui64, ipv4, locator64, nodeId } from './field-address.ts';
import { bareString, string, strings, upperHex } from './field-text.ts';
import { typeBitmap } from './field-number.ts';
import { relay } from './gateway.ts';
import { location } from './loc.ts';
import { shape } from './shape.ts';

/** A mail destination of old (RFC 1035 section 3.3.4). */
export const MD = shape('MD', 3, { host: compressedName });
/** A mail forwarder of old (RFC 1035 section 3.3.5). */
export const MF = shape('MF', 4, { host: compressedName });
/** A mailbox (RFC 1035 section 3.3.3). */
export const MB = shape('MB', 7, { host: compressedName });
/** A mail group's member (RFC 1035 section 3.3.6). */
export const MG = shape('MG', 8, { mailbox: compressedName });
/** A mailbox renamed (RFC 1035 section 3.3.8). */
export const MR = shape('MR', 9, { mailbox: compressedName });
/** Who keeps a mailbox (RFC 1035 section 3.3.7). */
export const MINFO = shape('MINFO', 14, { responsible: compressedName, errors: compressedName });
/** Who is responsible (RFC 1183 section 2). */
export const RP = shape('RP', 17, { mailbox: name, text: name });
/** A cell's database server (RFC 1183 section 1). */
export const AFSDB = shape('AFSDB', 18, { subtype: u16, host: name });
/** An X.25 address (RFC 1183 section 3.1). */
export const X25 = shape('X25', 19, { address: bareString });
/** An ISDN address, and a subaddress where there is one (RFC 1183 section 3.2). */
export const ISDN = shape('ISDN', 20, { addresses: strings });
/** A route through (RFC 1183 section 3.3). */
export const RT = shape('RT', 21, { preference: u16, host: name });
/** A name for an NSAP address (RFC 1348). */
export const NSAP_PTR = shape('NSAP-PTR', 23, { target: name });
/** Between two kinds of mail (RFC 2163). */
export const PX = shape('PX', 26, { preference: u16, map822: name, mapX400: name });
/** A place, in degrees and metres (RFC 1712). */
export const GPOS = shape('GPOS', 27, { longitude: bareString, latitude: bareString, altitude: bareString });
/** A place (RFC 1876). */
export const LOC = shape('LOC', 29, { location });
/** What comes next, of old (RFC 2535 section 5). */
export const NXT = shape('NXT', 30, { next: name, types: typeBitmap });
/** An endpoint's identifier (not in an RFC). */
export const EID = shape('EID', 31, { endpoint: upperHex });
/** A locator for one (not in an RFC). */
export const NIMLOC = shape('NIMLOC', 32, { locator: upperHex });
/** A key exchanger (RFC 2230). */
export const KX = shape('KX', 36, { preference: u16, exchanger: name });
/** Address prefixes (RFC 3123). */
export const APL = shape('APL', 42, { prefixes });
/** A zone's state (not in an RFC). */
export const NINFO = shape('NINFO', 56, { texts: strings });
/** Links between trust anchors (not in an RFC). */
export const TALINK = shape('TALINK', 58, { previous: name, next: name });
/** A user's information (not in an RFC). */
export const UINFO = shape('UINFO', 100, { text: string });
/** A user's number (not in an RFC). */
export const UID = shape('UID', 101, { id: u32 });
/** A group's number (not in an RFC). */
export const GID = shape('GID', 102, { id: u32 });
/** A node's identifier (RFC 6742 section 2.1). */
export const NID = shape('NID', 104, { preference: u16, node: nodeId });
/** A locator of 32 bits (RFC 6742 section 2.2). */
export const L32 = shape('L32', 105, { preference: u16, locator: ipv4 });
/** A locator of 64 bits (RFC 6742 section 2.3). */
export const L64 = shape('L64', 106, { preference: u16, locator: locator64 });
/** A name that has locators (RFC 6742 section 2.4). */
export const LP = shape('LP', 107, { preference: u16, host: name });
/** An EUI-48 address (RFC 7043). */
export const EUI48 = shape('EUI48', 108, { address: eui48 });
/** An EUI-64 address (RFC 7043). */
export const EUI64 = shape('EUI64', 109, { address: eui64 });
/** What is visible of an application (not in an RFC). */
export const AVC = shape('AVC', 258, { texts: strings });
/** A multicast relay (RFC 8777). */
export const AMTRELAY = shape('AMTRELAY', 260, { precedence: u8, relay }, { woven: true });
/** What a resolver can do (RFC 9606). */
export const RESINFO = shape('RESINFO', 261, { texts: strings });
