// Which instances have an address, kept as their keys change, so that a PTR is found without a walk. Knows keys and addresses. Main's.
import { parseAddress, printAddress, unmap } from '../../dns/address.ts';
import { labelsOf } from '../../skydns/message.ts';
import type { KeyTree } from '../../skydns/tree.ts';
import { readKept } from './instances.ts';
import type { Pointer } from './own-answers.ts';

/** Names of one address that are told: more have no room. */
const MOST = 100;

/** Addresses of one registry. */
export class AddressNames {
  readonly #path: string;
  readonly #names = new Map<string, Map<string, Pointer>>();
  readonly #addresses = new Map<string, readonly string[]>();

  constructor(path: string) {
    this.#path = path;
  }
  /** The names that have this address. */
  of(address: string): readonly Pointer[] {
    return [...this.#names.get(address)?.values() ?? []].slice(0, MOST);
  }
  /** These keys are others now; undefined: any may be. */
  changed(tree: KeyTree, keys: readonly string[] | undefined): void {
    if (keys === undefined) {
      this.#names.clear();
      this.#addresses.clear();
      for (const { key } of tree.keys()) this.#put(tree, key);
    } else for (const key of keys) this.#put(tree, key);
  }
  #put(tree: KeyTree, key: string): void {
    if (!key.endsWith('/1')) return;
    for (const address of this.#addresses.get(key) ?? []) {
      const names = this.#names.get(address);
      names?.delete(key);
      if (names?.size === 0) this.#names.delete(address);
    }
    this.#addresses.delete(key);
    const [kept] = tree.range(key, false, 1);
    const own = readKept(kept?.service?.coredns);
    if (own?.state !== 'up') return;
    const addresses = own.instance.addresses.flatMap((text) => {
      const address = parseAddress(text);
      return address === undefined ? [] : [printAddress(unmap(address))];
    });
    const pointer = { name: `${labelsOf(this.#path, key).slice(1).join('.')}.`, ttl: kept!.service!.ttl };
    for (const address of addresses) {
      let names = this.#names.get(address);
      if (names === undefined) this.#names.set(address, (names = new Map()));
      names.set(key, pointer);
    }
    this.#addresses.set(key, addresses);
  }
}
