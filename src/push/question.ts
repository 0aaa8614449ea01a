// A question that is watched: read strictly, and written so that whoever asks the same has the same bytes. Knows one message of DNS; knows
// nothing of who watches.
import { OPTION } from '../dns/edns-options.ts';
import { Name } from '../dns/name.ts';
import { HEADER, foldByte, setU16, skipName, u16 } from '../dns/packet.ts';
import { TYPE } from '../dns/type-name.ts';
import { latin1 } from '../dns/latin1.ts';

/** Flags that make answers differ: RD, AD, CD. */
const FLAGS = 0x0130;
/** Bytes of an OPT without options; what we take in one piece. */
const OPT = 11, SIZE = 65535;

/** What is watched. */
export interface WatchedQuestion {
  /** A query with id 0, the name in lower case, and of EDNS only DO and a client subnet (RFC 7871). */
  readonly packet: Uint8Array;
  /** The same as a text. */
  readonly key: string;
  /** The name as it was spelt. */
  readonly name: Name;
  readonly type: number;
}

/** Reads a query; a text says why it cannot be watched. */
export function readWatched(message: Uint8Array): WatchedQuestion | string {
  const { length } = message;
  if (length < HEADER + 5) return 'the message has no question';
  if ((message[2]! & 0xf8) !== 0) return 'the message is no query';
  if (u16(message, 4) !== 1 || u16(message, 6) !== 0 || u16(message, 8) !== 0 || u16(message, 10) > 1) {
    return 'the message has other records than one question and an OPT';
  }
  for (let at = HEADER; message[at] !== 0; at += message[at]! + 1) {
    if (message[at]! > 63 || at + message[at]! + 1 >= length) return 'the name of the question is malformed';
  }
  const end = skipName(message, HEADER, length);
  if (end < 0 || end - HEADER > 255 || end + 4 > length) return 'the question is malformed';
  const type = u16(message, end);
  if (type === TYPE.AXFR || type === TYPE.IXFR || type === TYPE.OPT || type === 0) return 'a question of this type cannot be watched';
  const opt = u16(message, 10) === 0 ? undefined : readOpt(message, end + 4);
  if (typeof opt === 'string') return opt;
  if (opt === undefined && length !== end + 4) return 'octets follow the question';
  const packet = new Uint8Array(end + 4 + (opt?.length ?? 0));
  packet.set(message.subarray(0, end + 4));
  setU16(packet, 0, 0);
  setU16(packet, 2, u16(message, 2) & FLAGS);
  for (let i = HEADER; i < end; i++) packet[i] = foldByte(packet[i]!);
  if (opt !== undefined) packet.set(opt, end + 4);
  return { packet, key: latin1(packet, 0, packet.length), name: Name.read(message, HEADER, end, 0), type };
}

/** The OPT that stands at the end, as it is asked with; a text where it is none. */
function readOpt(message: Uint8Array, at: number): Uint8Array | string {
  const { length } = message;
  if (at + OPT > length || message[at] !== 0 || u16(message, at + 1) !== TYPE.OPT) return 'the additional record is no OPT';
  if (at + OPT + u16(message, at + 9) !== length) return 'the OPT is malformed';
  if (message[at + 6] !== 0) return 'the version of EDNS is not 0';
  let subnet: Uint8Array | undefined;
  for (let option = at + OPT; option < length; ) {
    if (option + 4 > length || option + 4 + u16(message, option + 2) > length) return 'an option of the OPT is malformed';
    const next = option + 4 + u16(message, option + 2);
    if (u16(message, option) === OPTION.ECS) subnet = message.subarray(option, next);
    option = next;
  }
  const bytes = new Uint8Array(OPT + (subnet?.length ?? 0));
  bytes[2] = TYPE.OPT;
  setU16(bytes, 3, SIZE);
  bytes[7] = message[at + 7]! & 0x80;
  setU16(bytes, 9, subnet?.length ?? 0);
  if (subnet !== undefined) bytes.set(subnet, OPT);
  return bytes;
}
