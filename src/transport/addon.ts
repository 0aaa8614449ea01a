// Finds and loads the addon that receives and sends datagrams in batches, and types its calls. Knows where its file lies,
// from the sources and from the bundle; opens no socket.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { PEER_ROOM } from '../kernel/query/arena.ts';
import { packagedFile } from '../quic/platform.ts';
import { ASKED_IPV4, ASKED_IPV6, PEER_INFO, PEER_KIND, PEER_SIZE } from '../kernel/query/peer.ts';

/** Datagrams of one batch, and of an outbox. What follows is checked against the addon's own numbers when it is loaded. */
export const POSITIONS = 64, BOX_ENTRIES = 256;
/** Words of a board: how many positions can receive, how often all outboxes were emptied, whether one may hold something. */
export const READY = 0, TURN = 1, WAITING = 2, OFFSETS = 4, LENGTHS = OFFSETS + POSITIONS, BOARD_WORDS = LENGTHS + POSITIONS;
/**
 * Words of an outbox: entries, datagrams lost, datagrams that wait for the socket, the step of `open` that failed, what could not be right;
 * then the entries.
 */
export const COUNT = 0, LOST = 1, QUEUED = 2, STEP = 3, FAULTS = 4, ENTRY = 5, BOX_WORDS = ENTRY + 3 * BOX_ENTRIES;
/** Flags of `open`: connect instead of binding; an IPv6 wildcard that takes IPv4 too; the port is the descriptor of a bound socket. */
export const CONNECT = 1, DUAL = 2, ADOPT = 4;
/**
 * Questions with a socket each: how many there may be, replies of one moment, words of a reply in the table (slot, generation, length or
 * -errno); where a question lies in what is sent, behind port and address, and the room of both.
 */
export const ASKED_MOST = 2048, ASK_PLACES = 32, ASK_WORDS = 3, ASK_QUERY = 32, ASK_ROOM = 4096;

/** The same numbers as the addon calls them. */
const LAYOUT: { readonly [name: string]: number } = {
  POSITIONS, BOX_ENTRIES, CONNECT, DUAL, ADOPT, BOARD_READY: READY, BOARD_TURN: TURN, BOARD_WAITING: WAITING, BOARD_OFFSETS: OFFSETS,
  BOARD_LENGTHS: LENGTHS, BOARD_WORDS, BOX_COUNT: COUNT, BOX_LOST: LOST, BOX_QUEUED: QUEUED, BOX_STEP: STEP, BOX_FAULTS: FAULTS,
  BOX_ENTRY: ENTRY, BOX_WORDS, PEER_LENGTH: PEER_SIZE, PEER_INFO, PEER_KIND, PEER_ROOM,
  KIND_V6: ASKED_IPV6, KIND_V4: ASKED_IPV4, ASKED_MOST, ASK_PLACES, ASK_WORDS, ASK_QUERY, ASK_ROOM,
};

/** The addon's calls. A socket and a board are numbers above 0. */
export interface Addon {
  /** Where sockets of one kind receive: `room` bytes at the offset of each position, the peer `peerAt` bytes behind it (-1: connected). */
  board(table: Int32Array, bytes: Uint8Array, room: number, peerAt: number): number;
  /** Opens a socket, or says -errno. `handle` is called with a count, or with -errno where the network reports something. */
  open(board: number, box: Int32Array, bytes: Uint8Array, address: string, port: number, flags: number, source: string,
    handle: (count: number) => void): number;
  /**
   * Lets questions be asked by a socket each: `out` has what is sent (2 octets of port, 4 or 16 of address, at ASK_QUERY the question),
   * replies come `room` octets apart into `bytes`, and `handle` is called with how many stand in the table. 0 or -errno.
   */
  asker(table: Int32Array, out: Uint8Array, bytes: Uint8Array, room: number, handle: (count: number) => void): number;
  /** Sends the question of so many octets from a slot that is free; `six`: the address is of IPv6. 0 or -errno. */
  ask(slot: number, generation: number, length: number, six: 0 | 1): number;
  /** Closes the socket of a slot. */
  done(slot: number): void;
  /** The local port. */
  port(socket: number): number;
  /** Sends what lies in the outbox; of every socket where it is 0. */
  flush(socket: number): void;
  /** Sends `length` bytes from `at` to the peer at offset `peerAt` of the bytes that the socket was opened with. */
  send(socket: number, bytes: Uint8Array, at: number, length: number, peerAt: number): void;
  /** Leaves the group of sockets that share the port: what came stays readable, nothing new comes. 0 or -errno. */
  leave(socket: number): number;
  /** Receives now: how many, or -errno. */
  read(socket: number): number;
  /** Receives nothing from now on. */
  rest(socket: number): void;
  /** The same, and what comes waits in it, as much as may: somebody else has it open too, and will read it. */
  hold(socket: number): void;
  close(socket: number): void;
  /** The descriptor of a socket. */
  descriptor(socket: number): number;
  /** Sends a text, and descriptors, to the Unix socket of a service manager (sd_notify(3)): 0 or -errno. */
  notify(path: string, text: Uint8Array, descriptors: Int32Array): number;
  /** What a descriptor is: `udp 127.0.0.1 53`, or -errno where it is no socket that listens. */
  describe(descriptor: number): string | number;
  /** The numbers of the tables, by their names. */
  layout(): { readonly [name: string]: number };
  /** Gives memory back to the system: what lies there is zero afterwards. */
  forget(bytes: Uint8Array, from: number, length: number): void;
  /** Gives memory that was freed back to the system, whoever freed it. Takes a millisecond at most. */
  trim(): void;
  /** Writes to a descriptor without waiting, whatever it is: how many bytes, or -errno. */
  write(descriptor: number, bytes: Uint8Array, from: number, length: number): number;
}

/** Where the addon may lie from here: the sources are two folders deep, the bundle one, its chunks two. */
const PLACES = ['../../', '../'].flatMap((root) => [`${process.platform}-${process.arch}/`, ''].map((folder) =>
  new URL(`${root}native/udp-batch/build/${folder}udp-batch.node`, import.meta.url)));

/** The addon, or in a few words why it is not there. */
export function loadAddon(): Addon | string {
  if (process.platform !== 'linux') return 'it is for Linux';
  const require = createRequire(import.meta.url);
  let reason = 'it was not built';
  const near = PLACES.map((place) => fileURLToPath(place)).filter(existsSync);
  for (const file of near.length > 0 ? near : [packagedFile('udp-batch.node', import.meta.url) ?? []].flat()) {
    try {
      const addon = require(file) as Addon;
      const other = difference(addon);
      if (other === undefined) return addon;
      reason = other;
    } catch (error) {
      reason = (error as Error).message.split('\n')[0]!;
    }
  }
  return reason;
}

/** Why these calls are not for us, if so: the tables that both sides write would lie elsewhere. Addons of earlier versions say nothing. */
export function difference({ layout }: Pick<Addon, 'layout'> | { layout?: undefined }): string | undefined {
  if (layout === undefined) return 'it is of another version: build it again';
  const theirs = layout();
  const other = [...new Set([...Object.keys(LAYOUT), ...Object.keys(theirs)])].find((name) => LAYOUT[name] !== theirs[name]);
  return other === undefined ? undefined : `it is of another version, ${other} is ${theirs[other]}, not ${LAYOUT[other]}: build it again`;
}
