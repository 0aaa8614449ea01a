// The public door of this folder: what `coredns-ts/dns` exports.

export * from './address.ts';
export * from './edns-options.ts';
export * from './extended-error.ts';
export { latin1Bytes, octets } from './latin1.ts';
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
export { RRError } from './words.ts';
export { WireError } from './wire-error.ts';
