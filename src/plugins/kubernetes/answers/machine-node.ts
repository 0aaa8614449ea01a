// A Node of the cluster as records: its addresses. Knows how nodes lie in the store; looks up nothing but the name that it is given.
import { EMPTY } from '../../../authority/backend.ts';
import type { Node } from '../../../authority/backend.ts';
import { answerAddress } from '../../../authority/records.ts';
import { TYPE } from '../../../dns/type-name.ts';
import type { Message } from '../../../kernel/query/message.ts';
import { ObjectKey } from '../cluster/maps.ts';
import type { Maps } from '../cluster/maps.ts';

/** The node that a question means. One object is used for one question after the other. */
export class MachineNode implements Node {
  readonly #maps: Maps;
  readonly #ttl: number;
  readonly #key = new ObjectKey();
  #from = 0;
  #end = 0;

  constructor(maps: Maps, ttl: number) {
    this.#maps = maps;
    this.#ttl = ttl;
  }
  /** What is at the labels from `at` on, `size` bytes: a node, nothing but names below it, or undefined. */
  find(bytes: Uint8Array, at: number, size: number): Node | undefined {
    const { nodes, aboveNodes } = this.#maps;
    const entry = this.#key.copy(bytes, at, size).in(nodes);
    if (entry === 0) return this.#key.in(aboveNodes) === 0 ? undefined : EMPTY;
    this.#from = nodes.bytesAt(entry);
    this.#end = this.#from + nodes.valueSize(entry);
    return this;
  }
  write(type: number, reply: Message): void {
    const { bytes } = this.#maps.nodes;
    const wanted = type === TYPE.A ? 4 : type === TYPE.AAAA ? 16 : 0;
    for (let at = this.#from; at < this.#end; at += 1 + bytes[at]!) {
      if (bytes[at] === wanted && !answerAddress(reply, this.#ttl, bytes, at + 1, wanted)) return;
    }
  }
}
