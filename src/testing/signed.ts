// A question signed with a key, and what is to be said of the signatures of its replies (RFC 8945). Knows keys and messages; knows no
// server.
import { parseBase64 } from '../dns/field-text.ts';
import { latin1Bytes } from '../dns/latin1.ts';
import { decodeMessage } from '../dns/message.ts';
import type { Parts } from '../dns/parts.ts';
import { Name } from '../dns/name.ts';
import { TYPE } from '../dns/type-name.ts';
import { readBinding, USUAL } from '../tsig/algorithm.ts';
import { keyOf } from '../tsig/key.ts';
import { findTsig, readTsig } from '../tsig/record.ts';
import { ReplyCheck, Signer, errorName } from '../tsig/signature.ts';

/** With what a question is signed, and how it is spoilt. */
export interface AskedKey {
  /** `NAME:BASE64[:ALGORITHM]`. */
  readonly text: string;
  /** Seconds that the client's clock is ahead. */
  readonly skew: number;
  readonly badMac: boolean;
}
/** A message of a reply, and what its signature is worth: `tsig NAME [ERROR] [unsigned]`, or what is wrong. */
export type Reply = Parts & { readonly signature?: string };
/** What is sent, and what reads the replies, in order. */
export interface Sent {
  readonly packet: Uint8Array;
  readonly read: (bytes: Uint8Array) => Reply;
}

/** The packet as it is sent at this time in milliseconds, signed where a key is given. */
export function sent(packet: Uint8Array, asked: AskedKey | undefined, now: number): Sent {
  if (asked === undefined) return { packet, read: (bytes) => decodeMessage(bytes) };
  const [name = '', secret = '', algorithm = ''] = asked.text.split(':');
  const binding = readBinding(algorithm) ?? USUAL;
  const key = keyOf(Name.parse(name), parseBase64(secret), binding);
  const time = Math.floor(now / 1000);
  const signer = new Signer({ key, binding, names: { key: octetsOf(Name.parse(name)), algorithm: binding.algorithm.wire } });
  const bytes = new Uint8Array(packet.length + signer.room());
  bytes.set(packet);
  signer.sign(bytes, 0, packet.length, time + asked.skew);
  // The MAC stands before id, error and length of what follows: six octets.
  if (asked.badMac) bytes[bytes.length - 7]! ^= 1;
  const check = new ReplyCheck(key, binding.algorithm, signer.mac);
  return { packet: bytes, read: (reply) => read(reply, check, time) };
}
const octetsOf = ({ raw }: Name): Uint8Array => latin1Bytes(raw);

function read(bytes: Uint8Array, check: ReplyCheck, time: number): Reply {
  const from = findTsig(bytes, 0, bytes.length);
  const record = from < 0 ? undefined : readTsig(bytes, 0, bytes.length, from);
  const wrong = check.take(bytes, 0, bytes.length, time);
  const parts = decodeMessage(bytes);
  const additional = parts.additional.filter(({ type }) => type !== TYPE.TSIG);
  if (record === undefined) return { ...parts, additional, signature: `tsig ${wrong ?? 'none'}` };
  const error = record.error === 0 ? '' : ` ${errorName(record.error)}`;
  const unsigned = record.mac.length === 0 ? ' unsigned' : '';
  const why = wrong === undefined || wrong.startsWith('the server says') || wrong.startsWith('the time') ? '' : `: ${wrong}`;
  const other = record.other.length === 0 ? '' : ` other=${record.other.length}`;
  return { ...parts, additional, signature: `tsig ${Name.read(record.key, 0).text}${error}${unsigned}${other}${why}` };
}
