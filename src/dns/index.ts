// The public door of this folder: what `coredns-ts/dns` exports.

export * from './address.ts';
export * from './edns-options.ts';
export * from './extended-error.ts';
export * from './host-port.ts';
export { latin1Bytes, octets } from './latin1.ts';
export { type Extent, type Field, compressedName, duration, name, timestamp, u8, u16, u32, u48 } from './field.ts';
export { eui48, eui64, ipv4, ipv6 } from './field-address.ts';
export { algorithm, recordType, typeBitmap } from './field-number.ts';
export { base64, bareString, countedBase64, hex, octetString, salt, string, strings, upperHex } from './field-text.ts';
export * from './message.ts';
export * from './name.ts';
export * from './opt.ts';
export * from './order.ts';
export * from './rcode.ts';
export * from './reverse.ts';
export * from './rr.ts';
export * from './shape.ts';
export * from './shapes.ts';
export * from './type-name.ts';
export * from './types.ts';
export * from './types-rare.ts';
export * from './types-security.ts';
export type { Parameter } from './svcb.ts';
export { Reader, WireError, Writer } from './wire.ts';
export { RRError, Words } from './words.ts';
