// The records of a node back in a scratch, names in their data whole again. Knows nodes, sets and scratches; changes nothing.
import { u16, u32 } from '../../dns/packet.ts';
import type { Memory } from '../../store/memory.ts';
import { KEY_AT, keyLength } from '../../store/ordered-entry.ts';
import { OWNER_END, RECORD_HEAD, SET_HEAD, isCut, lackingEnd, nextSet, typeAt } from '../record-sets.ts';
import { writeWire } from './name-key.ts';
import { setsAt } from './nodes.ts';
import type { Scratch } from './scratch.ts';

/** Takes nodes apart. One object a thread. */
export class Unpacker {
  readonly #memory: Memory;
  readonly #data = new Uint8Array(65_536 + 256);
  /** The labels of the node before the zone. */
  readonly #owner = new Uint8Array(600);
  #labels = 0;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** Adds all records of a node, in their order, to a scratch of its zone; returns the name there. */
  unpack(node: number, scratch: Scratch): number {
    const { words, bytes } = this.#memory;
    this.#labels = writeWire(bytes, node * 4 + KEY_AT, keyLength(words, node), this.#owner, 0);
    const name = scratch.named(words[node]!, bytes, node * 4 + KEY_AT, keyLength(words, node));
    for (let set = setsAt(words, node); typeAt(bytes, set) !== 0; set = nextSet(bytes, set)) this.#set(set, name, scratch);
    return name;
  }
  #set(set: number, name: number, scratch: Scratch): void {
    const { bytes } = this.#memory;
    const data = this.#data;
    const type = typeAt(bytes, set);
    const mayLack = isCut(bytes, set);
    for (let at = set + SET_HEAD, end = nextSet(bytes, set); at < end;) {
      const from = at + RECORD_HEAD;
      at = from + u16(bytes, at + 10);
      const lacking = lackingEnd(bytes, mayLack, at);
      let size = 0;
      for (let i = from, last = lacking < 0 ? at : at - 2; i < last; i++) data[size++] = bytes[i]!;
      if (lacking === OWNER_END) for (let i = 0; i < this.#labels; i++) data[size++] = this.#owner[i]!;
      if (lacking >= 0) for (const byte of scratch.zone) data[size++] = byte;
      scratch.add(name, type, u32(bytes, from - 6), data, size);
    }
  }
}
