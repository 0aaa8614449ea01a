// The door to whole messages: their parts, and both ways between parts and octets.

export { decodeMessage } from './decode.ts';
export { type EncodeOptions, encodeInto, encodeMessage, plainLength } from './encode.ts';
export { AA, AD, CD, FLAGS, message, type Parts, QR, type Question, RA, RD, TC, Z } from './parts.ts';
