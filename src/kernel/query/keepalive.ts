// EDNS options of a connection, for clients that send them: how long it stays (RFC 7828) and padding (RFC 8467). Knows two options; knows
// no transport.
import { OPTION } from '../../dns/edns-options.ts';
import { u16 } from '../../dns/packet.ts';
import type { Message } from './message.ts';
import type { Query } from './query.ts';

/** The bytes of an OPT before its options, and of an option before its data. */
const BARE = 11, HEAD = 4;
/** No time at all: "close the connection" (RFC 7828 section 3.3.2). */
const NO_TIME = Uint8Array.of(0, 0);
/** Replies are padded to a multiple of this (RFC 8467 section 4.1). */
const BLOCK = 468;
/** Bytes that are kept free for padding. */
export const PADDING_ROOM = BLOCK - 1 + HEAD;

/**
 * Says how long the connection stays open while nothing is asked, where a client on a connection sent the option: others must not get it
 * (section 3.3.2). During lame duck that is no time at all.
 */
export function tellIdle(query: Query, message: Message): void {
  if (message.optAt === 0 || !sent(query, OPTION.TCP_KEEPALIVE)) return;
  const { edns } = message;
  if (edns === undefined) return;
  const { leaving, service } = query.channel;
  const others = edns.options.filter(({ code }) => code !== OPTION.TCP_KEEPALIVE);
  const data = leaving === true ? NO_TIME : tenths(service.timeouts.idle);
  message.setEdns({ ...edns, options: [...others, { code: OPTION.TCP_KEEPALIVE, data }] });
}
/** Milliseconds in units of a tenth of a second. */
function tenths(milliseconds: number): Uint8Array {
  const units = Math.min(65_535, Math.floor(milliseconds / 100));
  return Uint8Array.of(units >> 8, units & 255);
}

/** Whether the reply is to be padded: over a connection that nobody can read, to who padded the question (RFC 8467 section 4). */
export const isPadded = (query: Query): boolean => query.channel.secure !== undefined && sent(query, OPTION.PADDING);

/** Pads a finished reply, of which `room` bytes are free at least. */
export function pad(message: Message): void {
  const { edns } = message;
  if (message.optAt === 0 || edns === undefined) return;
  const others = edns.options.filter(({ code }) => code !== OPTION.PADDING);
  if (others.length < edns.options.length) message.setEdns({ ...edns, options: others });
  const rest = (message.length + HEAD) % BLOCK;
  const data = new Uint8Array(rest === 0 ? 0 : BLOCK - rest);
  message.setEdns({ ...edns, options: [...others, { code: OPTION.PADDING, data }] });
}

/** Whether the client sent the option. */
function sent({ bytes, at, optAt }: Query, wanted: number): boolean {
  if (optAt === 0) return false;
  const from = at + optAt + BARE;
  for (let option = from, end = from + u16(bytes, from - 2); option + HEAD <= end; option += HEAD + u16(bytes, option + 2)) {
    if (u16(bytes, option) === wanted) return true;
  }
  return false;
}
