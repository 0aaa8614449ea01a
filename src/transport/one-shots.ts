// Questions with a UDP socket of their own each, at a port that the kernel draws: through the addon, a handful of system calls and no
// object of Node's. Knows the addon's tables; knows nothing of DNS.
import { parseAddress } from '../dns/address.ts';
import type { Asked, DatagramPeer } from '../upstream/datagrams.ts';
import { ASKED_MOST, ASK_PLACES, ASK_QUERY, ASK_ROOM, ASK_WORDS } from './addon.ts';
import type { Addon } from './addon.ts';
import { errorCode, socketError } from './socket-error.ts';

/** Bytes of a reply: no resolver offers room for more (RFC 9715), and what is longer is cut. */
const ROOM = 4096;
/** Addresses whose octets are kept. */
const MOST_PEERS = 4096;

/** Those of one thread. */
class OneShots {
  readonly #addon: Addon;
  readonly #table = new Int32Array(new ArrayBuffer(ASK_PLACES * ASK_WORDS * 4));
  readonly #out = new Uint8Array(new ArrayBuffer(ASK_ROOM));
  readonly #in = new Uint8Array(new ArrayBuffer(ASK_PLACES * ROOM));
  readonly #asked = new Array<Asked | undefined>(ASKED_MOST).fill(undefined);
  readonly #generations = new Int32Array(ASKED_MOST);
  readonly #free = Array.from({ length: ASKED_MOST }, (_, i) => ASKED_MOST - 1 - i);
  readonly #peers = new Map<string, Uint8Array>();

  /** Throws where the system has no room for it. */
  constructor(addon: Addon) {
    this.#addon = addon;
    const error = addon.asker(this.#table, this.#out, this.#in, ROOM, (count) => this.#came(count));
    if (error < 0) throw socketError('epoll', error, '', 0);
  }
  /** As `Datagrams.ask`. */
  ask(to: DatagramPeer, datagram: Uint8Array, asked: Asked): number {
    const peer = this.#peerOf(to.address);
    const slot = this.#free.pop();
    if (slot === undefined || peer === undefined || datagram.length > ASK_ROOM - ASK_QUERY) {
      if (slot !== undefined) this.#free.push(slot);
      return -1;
    }
    const out = this.#out;
    out[0] = to.port >> 8;
    out[1] = to.port;
    out.set(peer, 2);
    out.set(datagram, ASK_QUERY);
    const generation = ++this.#generations[slot]!;
    const error = this.#addon.ask(slot, generation, datagram.length, peer.length === 16 ? 1 : 0);
    if (error < 0) {
      this.#free.push(slot);
      throw socketError('connect', error, to.address, to.port);
    }
    this.#asked[slot] = asked;
    return slot;
  }
  /** Nothing is heard of it any more. */
  end(slot: number): void {
    if (this.#asked[slot] === undefined) return;
    this.#asked[slot] = undefined;
    this.#addon.done(slot);
    this.#free.push(slot);
  }
  #came(count: number): void {
    const table = this.#table;
    for (let i = 0; i < count; i++) {
      const slot = table[i * ASK_WORDS]!;
      const asked = this.#asked[slot];
      const length = table[i * ASK_WORDS + 2]!;
      // Of a socket that was closed a moment ago, and whose place has another.
      if (asked === undefined || table[i * ASK_WORDS + 1] !== this.#generations[slot]) continue;
      if (length < 0) asked.failed(errorCode(length));
      else asked.received(this.#in, i * ROOM, length);
    }
  }
  /** The octets of an address; undefined where it has a zone, which is a number of this machine. */
  #peerOf(address: string): Uint8Array | undefined {
    const known = this.#peers.get(address);
    if (known !== undefined) return known;
    const octets = parseAddress(address);
    if (octets === undefined) return undefined;
    if (this.#peers.size >= MOST_PEERS) this.#peers.clear();
    this.#peers.set(address, octets);
    return octets;
  }
}

const all = new WeakMap<Addon, OneShots>();
/** The one that an addon has in this thread. Throws where the system has no room for it. */
export function oneShotsOf(addon: Addon): OneShots {
  const known = all.get(addon);
  if (known !== undefined) return known;
  const made = new OneShots(addon);
  all.set(addon, made);
  return made;
}
