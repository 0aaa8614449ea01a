// The last step of a reply: the rcode of failures, EDNS echoed, cut to the client's size (EDNS-1 to 6, SIZE-1 to 4). Knows the
// wire format; knows no plugin.
import { INFO_CODE } from '../../dns/extended-error.ts';
import { encodeMessage } from '../../dns/message.ts';
import { setU16, u16 } from '../../dns/packet.ts';
import type { Message } from './message.ts';
import type { ExtendedError, Failure, Outcome } from './outcome.ts';
import type { Query } from './query.ts';

const EDE = 15;
/** NSID, EXPIRE, COOKIE, TCP-KEEPALIVE, PADDING: what is echoed as it came (EDNS-3). */
const ECHOED = [3, 9, 10, 11, 12];
/** Bytes that an Extended DNS Error may take, and the OPT of a reply at most: options that make it longer do not come back. */
const ERROR_ROOM = 262, MOST_OPT = 61_440;
const encoder = new TextEncoder();

/** The reply of an outcome; undefined where nothing is to be said. */
export function finish(query: Query, outcome: Outcome, echoed: readonly number[]): Message | undefined {
  if (outcome.kind === 'drop' || outcome.kind === 'stream') return undefined;
  const message = outcome.kind === 'failure' ? failed(query, outcome) : outcome;
  if (message.optAt !== 0) keepOpt(query, message);
  else if (query.optAt !== 0) echoOpt(query, message, echoed);
  const { length } = message;
  if (length > query.limit || (!query.stream && length > 1220 && length > unfragmented(query))) fit(message, query.limit);
  return message;
}

/** The empty reply of a failure. One that does not say why is OTHER; the cause itself is for the log, not for clients. */
function failed(query: Query, { rcode }: Failure): Message {
  if (query.optAt !== 0 && rcode !== 0) query.extendedError ??= { code: INFO_CODE.OTHER, text: 'no plugin could answer' };
  return query.begin(0, rcode & 15);
}

/** SIZE-2: above this a UDP reply is compressed. */
const unfragmented = (query: Query): number => (query.clientLength === 4 ? 1480 : 1220);

/** Bytes of the request's options that do not come back (EDNS-3). CoreDNS takes them out of the request as it answers. */
export function droppedOptions(query: Query, echoed: readonly number[]): number {
  if (query.optAt === 0) return 0;
  const { bytes } = query;
  const from = query.at + query.optAt + 11;
  let dropped = 0;
  for (let option = from, end = from + u16(bytes, from - 2); option + 4 <= end; ) {
    const length = 4 + u16(bytes, option + 2);
    const code = u16(bytes, option);
    if (!ECHOED.includes(code) && !echoed.includes(code)) dropped += length;
    option += length;
  }
  return dropped;
}
/** Whether records will be cut from the reply so that it fits (SIZE-1). */
export function willBeCut(query: Query, message: Message): boolean {
  const limit = message.optAt !== 0 || query.optAt === 0 ? query.limit : query.limit - 11;
  if (message.length <= limit) return false;
  return (encodeMessage(message.parts(), { compress: true, limit })[2]! & 2) !== 0;
}

/** The request's own OPT in the reply: size, version 0, DO as asked, only the options that may come back (EDNS-3). */
function echoOpt(query: Query, message: Message, echoed: readonly number[]): void {
  const from = query.at + query.optAt;
  const source = query.bytes;
  const size = u16(source, from + 9);
  const error = query.extendedError;
  const room = Math.min(11 + size + ERROR_ROOM, MOST_OPT);
  message.plain ||= message.plainLength;
  if (message.length + room > 65535) fit(message, 65535 - room);
  message.ensure(room);
  const { bytes } = message;
  const to = message.at + message.length;
  bytes[to] = 0;
  bytes[to + 1] = 0;
  bytes[to + 2] = 41;
  setU16(bytes, to + 3, u16(source, from + 3));
  bytes[to + 5] = message.extended;
  bytes[to + 6] = 0;
  bytes[to + 7] = source[from + 7]!;
  bytes[to + 8] = source[from + 8]!;
  let i = to + 11;
  for (let option = from + 11, end = option + size; option + 4 <= end; ) {
    const length = 4 + u16(source, option + 2);
    const code = u16(source, option);
    if ((ECHOED.includes(code) || echoed.includes(code)) && i + length + ERROR_ROOM <= to + room) {
      for (let k = 0; k < length; k++) bytes[i + k] = source[option + k]!;
      i += length;
    }
    option += length;
  }
  if (error !== undefined) i = putError(bytes, i, error);
  setU16(bytes, to + 9, i - to - 11);
  message.optAt = message.length;
  message.length += i - to;
  setU16(bytes, message.at + 10, message.additionals + 1);
}
function putError(bytes: Uint8Array, i: number, error: ExtendedError): number {
  const { written } = encoder.encodeInto(error.text, bytes.subarray(i + 6, i + 6 + 200));
  setU16(bytes, i, EDE);
  setU16(bytes, i + 2, 2 + written);
  setU16(bytes, i + 4, error.code);
  return i + 6 + written;
}

/** A reply that has an OPT of its own: the client's size, version 0, DO set when the client set it (EDNS-4). */
function keepOpt(query: Query, message: Message): void {
  const { bytes } = message;
  const at = message.at + message.optAt;
  if (query.optAt !== 0) {
    setU16(bytes, at + 3, u16(query.bytes, query.at + query.optAt + 3));
    if (query.wantsDnssec) bytes[at + 7] = bytes[at + 7]! | 0x80;
  }
  bytes[at + 6] = 0;
  const error = query.extendedError;
  if (error === undefined || query.optAt === 0) return;
  const edns = message.edns;
  if (edns === undefined || edns.options.some(({ code }) => code === EDE)) return;
  const option = new Uint8Array(262);
  const end = putError(option, 0, error);
  message.setEdns({ ...edns, options: [...edns.options, { code: EDE, data: option.subarray(4, end) }] });
}

/** Compresses, and drops records from the end where that is not enough. */
function fit(message: Message, limit: number): void {
  const whole = encodeMessage(message.parts(), { compress: true, limit });
  message.length = 0;
  message.ensure(whole.length);
  message.bytes.set(whole, message.at);
  message.length = whole.length;
  message.optAt = 0;
}
