// The last steps of a reply: failure to reply, OPT, size, seal (EDNS-1 to 7, SIZE-1 to 4). Each has the client's question as it came; what
// parts made of it on the way is not the client's. Knows the wire format; knows no plugin.
import { OPTION } from '../../dns/edns-options.ts';
import { INFO_CODE } from '../../dns/extended-error.ts';
import { encodeMessage } from '../../dns/message.ts';
import { setU16, u16 } from '../../dns/packet.ts';
import { RCODE } from '../../dns/rcode.ts';
import type { OptBearer } from './journey.ts';
import { PADDING_ROOM, isPadded, pad, tellIdle } from './keepalive.ts';
import { Message } from './message.ts';
import type { ExtendedError, Failure, Outcome } from './outcome.ts';
import type { Query } from './query.ts';
import type { Seal } from './seal.ts';
import type { Service } from './transport.ts';

/** Bytes of an OPT without options; of the text of an Extended DNS Error at most; of the OPT of a reply at most. */
const BARE = 11, ERROR_TEXT = 200, MOST_OPT = 61_440;
/** Bytes of the longest message, and of a buffer for it that can be read by words. */
const LONGEST = 65535, BUFFER = 65600;
const encoder = new TextEncoder();
/** The Extended DNS Error of the reply that is being finished, as an option. */
const errorOption = new Uint8Array(6 + ERROR_TEXT);

/** The reply of an outcome; undefined where nothing is to be said. */
export function finish(query: Query, outcome: Outcome): Message | undefined {
  if (outcome.kind === 'drop' || outcome.kind === 'stream') return undefined;
  const message = outcome.kind === 'failure' ? failed(query, outcome) : outcome;
  const { seal } = query.journey;
  if (seal !== undefined || isPadded(query)) return sealedReply(query, message, seal);
  settleOpt(query, message, 0);
  settleSize(query, message, 0);
  return message;
}

/** With what comes last of all: padding, and behind it what signs all of it. */
function sealedReply(query: Query, message: Message, seal: Seal | undefined): Message {
  const padded = isPadded(query);
  const room = (seal?.room ?? 0) + (padded ? PADDING_ROOM : 0);
  settleOpt(query, message, room);
  settleSize(query, message, room);
  if (padded) pad(message);
  seal?.seal(message);
  return message;
}

/** First step. The empty reply of a failure; one that does not say why is OTHER: the cause itself is for the log, not for clients. */
function failed(query: Query, { rcode, flags }: Failure): Message {
  const { journey } = query;
  if (journey.edns && rcode !== 0) journey.extendedError ??= { code: INFO_CODE.OTHER, text: 'no plugin could answer' };
  return query.begin(flags, rcode & 15);
}

/** Second step. No OPT for who sent none (RFC 6891 section 7), else one, of the client's size and DO (RFC 3225 section 3). */
function settleOpt(query: Query, message: Message, sealRoom: number): void {
  if (!query.journey.edns) {
    if (message.optAt !== 0) message.removeOpt();
    // An rcode that needs an OPT cannot be told.
    if (message.extended !== 0) message.rcode = RCODE.SERVFAIL;
  } else if (message.optAt !== 0) keepOpt(query, message);
  else addOpt(query, message, sealRoom);
  if (query.channel.stream) tellIdle(query, message);
}
/** An OPT that a part or an upstream made keeps its options. */
function keepOpt(query: Query, message: Message): void {
  const { bytes } = message;
  const { udpSize, dnssecOk, extendedError } = query.journey;
  const at = message.at + message.optAt;
  setU16(bytes, at + 3, udpSize);
  bytes[at + 6] = 0;
  bytes[at + 7] = (bytes[at + 7]! & 0x7f) | (dnssecOk ? 0x80 : 0);
  if (extendedError === undefined || message.length + errorOption.length > LONGEST) return;
  const { edns } = message;
  if (edns === undefined || edns.options.some(({ code }) => code === OPTION.EDE)) return;
  const end = writeError(extendedError);
  message.setEdns({ ...edns, options: [...edns.options, { code: OPTION.EDE, data: errorOption.subarray(4, end) }] });
}
/** The request's own OPT: what a `rewrite edns0 local` rule registered comes back as rules left it (EDNS-7), and why there is no answer. */
function addOpt(query: Query, message: Message, sealRoom: number): void {
  const { journey } = query;
  const asked = journey.roomier ?? query;
  const source = asked.bytes;
  const from = asked.at + asked.optAt;
  const size = u16(source, from + 9);
  const echoed = size === 0 ? 0 : echoedLength(asked, query.channel.service, Math.min(MOST_OPT, query.limit));
  const error = journey.extendedError === undefined ? 0 : writeError(journey.extendedError);
  const length = BARE + echoed + error;
  message.plain ||= message.plainLength;
  if (message.length + length + sealRoom > LONGEST) fit(message, LONGEST - length - sealRoom);
  message.ensure(length);
  const { bytes } = message;
  const to = message.at + message.length;
  bytes[to] = 0;
  bytes[to + 1] = 0;
  bytes[to + 2] = 41;
  setU16(bytes, to + 3, journey.udpSize);
  bytes[to + 5] = message.extended;
  bytes[to + 6] = 0;
  bytes[to + 7] = source[from + 7]!;
  bytes[to + 8] = source[from + 8]!;
  setU16(bytes, to + 9, echoed + error);
  if (echoed > 0) echo(asked, query.channel.service, echoed, bytes, to + BARE);
  for (let i = 0; i < error; i++) bytes[to + BARE + echoed + i] = errorOption[i]!;
  message.optAt = message.length;
  message.length += length;
  setU16(bytes, message.at + 10, message.additionals + 1);
}
/** Bytes of the request's options that come back; those that make them more than `most` do not. */
function echoedLength({ bytes, at, optAt }: OptBearer, service: Service, most: number): number {
  const from = at + optAt + BARE;
  let sum = 0;
  for (let option = from, end = from + u16(bytes, from - 2); option + 4 <= end; ) {
    const length = 4 + u16(bytes, option + 2);
    if (service.echoes(u16(bytes, option)) && sum + length <= most) sum += length;
    option += length;
  }
  return sum;
}
/** Copies the options that come back: the first ones, until `length` bytes are full. */
function echo({ bytes: source, at, optAt }: OptBearer, service: Service, length: number, bytes: Uint8Array, to: number): void {
  let i = to;
  for (let option = at + optAt + BARE; i < to + length; ) {
    const size = 4 + u16(source, option + 2);
    if (service.echoes(u16(source, option)) && i + size <= to + length) {
      for (let k = 0; k < size; k++) bytes[i + k] = source[option + k]!;
      i += size;
    }
    option += size;
  }
}
/** Writes the option of an Extended DNS Error; the bytes that it takes. */
function writeError({ code, text }: ExtendedError): number {
  const { written } = encoder.encodeInto(text, errorOption.subarray(6));
  setU16(errorOption, 0, OPTION.EDE);
  setU16(errorOption, 2, 2 + written);
  setU16(errorOption, 4, code);
  return 6 + written;
}

/** Third step. Above what travels in one piece a UDP reply is compressed (SIZE-2); above the limit records go, from the end. */
function settleSize(query: Query, message: Message, sealRoom: number): void {
  const length = message.length + sealRoom;
  const { limit } = query;
  if (length > limit || (length > 1220 && !query.stream && length > unfragmented(query))) fit(message, limit - sealRoom);
}
const unfragmented = (query: Query): number => (query.clientLength === 4 ? 1480 : 1220);
function fit(message: Message, limit: number): void {
  const whole = encodeMessage(message.parts(), { compress: true, limit });
  message.length = 0;
  message.ensure(whole.length);
  message.bytes.set(whole, message.at);
  message.length = whole.length;
  message.optAt = 0;
}

/** What `finish` would do, for whoever tells of a reply before it is sent. */
export interface Forecast {
  /** Records will be cut, so that the reply fits (SIZE-1). */
  truncates: boolean;
  /** Bytes of the request without the options that do not come back: CoreDNS takes them out as it answers (EDNS-7). */
  requestLength: number;
}
/** Fills in `said`; changes nothing else. */
export function forecast(query: Query, message: Message, said: Forecast): void {
  const { journey } = query;
  const whole = query.told.length;
  const limit = query.limit - (journey.seal?.room ?? 0);
  said.requestLength = whole;
  if (message.optAt !== 0 || !journey.edns) {
    said.truncates = isCut(message, limit);
    return;
  }
  const asked = journey.roomier ?? query;
  const options = u16(asked.bytes, asked.at + asked.optAt + 9);
  const echoed = options === 0 ? 0 : echoedLength(asked, query.channel.service, Math.min(MOST_OPT, query.limit));
  said.truncates = isCut(message, limit - BARE - echoed);
  said.requestLength = whole - options + echoed;
}
const isCut = (message: Message, limit: number): boolean =>
  message.length > limit && (encodeMessage(message.parts(), { compress: true, limit })[2]! & 2) !== 0;

/**
 * What every message of a stream begins and ends with: header and question, and behind its records the OPT, to which `dress` may add. Kept
 * until the next reply.
 */
export function envelope(query: Query, flags: number, dress = (message: Message): Message => message): Message {
  const message = dress(query.begin(flags, 0));
  settleOpt(query, message, 0);
  return message;
}
/** Last step, for the messages of a stream. Throws RangeError where one leaves no room. */
export async function* sealed(messages: AsyncIterable<Uint8Array>, seal: Seal): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const bytes of messages) {
    if (bytes.length + seal.room > LONGEST) throw new RangeError(`a message of ${bytes.length} bytes leaves no room for its seal`);
    const words = new Int32Array(BUFFER >> 2);
    const message = new Message(new Uint8Array(words.buffer), words);
    message.bytes.set(bytes);
    message.length = bytes.length;
    message.room = BUFFER;
    seal.seal(message);
    yield message.bytes.subarray(0, message.length);
  }
}
