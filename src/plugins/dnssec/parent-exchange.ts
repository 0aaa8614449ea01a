// One question to one server, over UDP and, where the answer does not fit, over TCP: for the few that are asked about keys. Knows messages
// and sockets; knows nothing of what is asked for.
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { Frames } from '../../dns/frames.ts';
import { decodeMessage, encodeMessage } from '../../dns/message.ts';
import type { Name } from '../../dns/name.ts';
import { edns } from '../../dns/opt.ts';
import { AA, QR, RD, TC, message } from '../../dns/parts.ts';
import type { Parts, Question } from '../../dns/parts.ts';
import { OPCODE } from '../../dns/rcode.ts';
import { CLASS } from '../../dns/type-name.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { DatagramPeer } from '../../upstream/datagrams.ts';
import { RandomIds } from '../../upstream/random-ids.ts';

const TRIES = 3;
/** Milliseconds for an answer. */
const PATIENCE = 2000;
/** Octets of an answer over UDP (RFC 9715). */
const SIZE = 1232;
const ids = new RandomIds();

/** What is asked, and whether the server is one that asks others. */
export interface ParentQuestion {
  readonly name: Name;
  readonly type: number;
  readonly recursion: boolean;
  /** Whether signatures are wanted. */
  readonly signed?: boolean;
}

/** The reply to a question of class IN; undefined where none comes. Never rejects. */
export const askParent = (to: DatagramPeer, { name, type, recursion, signed = false }: ParentQuestion, clock: Clock):
Promise<Parts | undefined> =>
  exchanged(to, { question: { name, type, class: CLASS.IN }, flags: recursion ? RD : 0, edns: edns(SIZE, signed) }, clock);
/** The reply to a NOTIFY of this type (RFC 9859); undefined where none comes. Never rejects. */
export const notifyParent = (to: DatagramPeer, name: Name, type: number, clock: Clock): Promise<Parts | undefined> =>
  exchanged(to, { question: { name, type, class: CLASS.IN }, opcode: OPCODE.NOTIFY, flags: AA }, clock);

async function exchanged(to: DatagramPeer, given: Partial<Parts> & { readonly question: Question }, clock: Clock):
Promise<Parts | undefined> {
  const id = ids.next();
  const { question: { name, type }, opcode = OPCODE.QUERY } = given;
  const packet = encodeMessage(message({ ...given, id }), { compress: false });
  const read = (bytes: Uint8Array): Parts | undefined => {
    try {
      const parts = decodeMessage(bytes);
      const { question: echo, flags } = parts;
      const isSame = parts.id === id && parts.opcode === opcode;
      const isReply = isSame && (flags & QR) !== 0 && echo?.type === type && echo.name.equals(name);
      return isReply ? parts : undefined;
    } catch {
      return undefined;
    }
  };
  for (let left = TRIES; left > 0; left--) {
    const reply = await overUdp(to, packet, read, clock);
    if (reply !== undefined) return (reply.flags & TC) === 0 ? reply : overTcp(to, packet, read, clock);
  }
  return undefined;
}

type Read = (bytes: Uint8Array) => Parts | undefined;

/** Sends a message once; the first answer that `read` takes, or undefined. */
function overUdp({ address, port }: DatagramPeer, packet: Uint8Array, read: Read, clock: Clock): Promise<Parts | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    let isOver = false;
    const end = (reply: Parts | undefined): void => {
      if (isOver) return;
      isOver = true;
      cancel();
      socket.close();
      resolve(reply);
    };
    const cancel = clock.after(PATIENCE, () => end(undefined));
    socket.on('error', () => end(undefined));
    socket.on('message', (bytes) => {
      const reply = read(bytes);
      if (reply !== undefined) end(reply);
    });
    socket.connect(port, address, () => {
      if (!isOver) socket.send(packet);
    });
  });
}
function overTcp({ address, port }: DatagramPeer, packet: Uint8Array, read: Read, clock: Clock): Promise<Parts | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const frames = new Frames();
    const end = (reply: Parts | undefined): void => {
      cancel();
      socket.destroy();
      resolve(reply);
    };
    const cancel = clock.after(PATIENCE * 2, () => end(undefined));
    socket.on('error', () => end(undefined));
    socket.on('close', () => end(undefined));
    socket.on('connect', () => socket.write(Uint8Array.of(packet.length >> 8, packet.length, ...packet)));
    socket.on('data', (chunk: Uint8Array) => {
      frames.push(chunk);
      while (frames.next()) end(read(frames.bytes.slice(frames.at, frames.at + frames.length)));
    });
  });
}
