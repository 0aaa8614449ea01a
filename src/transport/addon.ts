// Finds and loads the addon that receives and sends datagrams in batches, and types its calls. Knows where its file lies,
// from the sources and from the bundle; opens no socket.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** What native/udp-batch/udp-batch.h repeats. */
export const POSITIONS = 32, BOX_ENTRIES = 256;
/** Words of a board: how many positions can receive, how often all outboxes were emptied, whether one may hold something. */
export const READY = 0, TURN = 1, WAITING = 2, OFFSETS = 4, LENGTHS = OFFSETS + POSITIONS, BOARD_WORDS = LENGTHS + POSITIONS;
/** Words of an outbox: entries, datagrams lost, datagrams that wait for the socket, the step of `open` that failed; then the entries. */
export const COUNT = 0, LOST = 1, QUEUED = 2, STEP = 3, ENTRY = 4, BOX_WORDS = ENTRY + 3 * BOX_ENTRIES;
/** Flags of `open`: connect instead of binding; an IPv6 wildcard that takes IPv4 too. */
export const CONNECT = 1, DUAL = 2;

/** The addon's calls. A socket and a board are numbers above 0. */
export interface Addon {
  /** Where sockets of one kind receive: `room` bytes at the offset of each position, the peer `peerAt` bytes behind it (-1: connected). */
  board(table: Int32Array, bytes: Uint8Array, room: number, peerAt: number): number;
  /** Opens a socket, or says -errno. `handle` is called with a count, or with -errno where the network reports something. */
  open(board: number, box: Int32Array, bytes: Uint8Array, address: string, port: number, flags: number, source: string,
    handle: (count: number) => void): number;
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
  close(socket: number): void;
}

/** Where the addon may lie from here: the sources are two folders deep, the bundle one, its chunks two. */
const PLACES = ['../../', '../'].flatMap((root) => [`${process.platform}-${process.arch}/`, ''].map((folder) =>
  new URL(`${root}native/udp-batch/build/${folder}udp-batch.node`, import.meta.url)));

/** The addon, or in a few words why it is not there. */
export function loadAddon(): Addon | string {
  if (process.platform !== 'linux') return 'it is for Linux';
  const require = createRequire(import.meta.url);
  let reason = 'it was not built';
  for (const place of PLACES) {
    const file = fileURLToPath(place);
    if (!existsSync(file)) continue;
    try {
      return require(file) as Addon;
    } catch (error) {
      reason = (error as Error).message.split('\n')[0]!;
    }
  }
  return reason;
}
