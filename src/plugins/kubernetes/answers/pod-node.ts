// A pod as records: the address that is its name (K8S-5). Knows the question; looks up nothing.
import type { Node } from '../../../authority/backend.ts';
import { ADDITIONAL, address, answerAddress } from '../../../authority/records.ts';
import type { Asked, Place } from '../../../authority/served-zones.ts';
import { TYPE } from '../../../dns/type-name.ts';
import type { Message } from '../../../kernel/query/message.ts';
import { weightOf, writeSrv } from './srv.ts';

/** The pod that a question means. One object is used for one question after the other. */
export class PodNode implements Node {
  readonly #ttl: number;
  #address: Uint8Array = new Uint8Array(0);
  #label = 0;
  #pods = 1;

  constructor(ttl: number) {
    this.#ttl = ttl;
  }
  /** `label`: where the pod's label is in the question; `pods`: how many have the address. */
  of(address: Uint8Array, label: number, pods: number): this {
    this.#address = address;
    this.#label = label;
    this.#pods = pods;
    return this;
  }

  write(type: number, reply: Message, asked: Asked, place: Place): void {
    const { length } = this.#address;
    if (type === TYPE.SRV) {
      // As CoreDNS, which has no port to tell.
      const weight = weightOf(this.#pods);
      const target = writeSrv(reply, asked, place, { ttl: this.#ttl, weight, port: 0, prefix: '', from: this.#label, folded: false });
      if (target > 0) address(reply, ADDITIONAL, target, this.#ttl, this.#address, 0, length);
    } else if (length === (type === TYPE.A ? 4 : type === TYPE.AAAA ? 16 : 0)) answerAddress(reply, this.#ttl, this.#address, 0, length);
  }
}
