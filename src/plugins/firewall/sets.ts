// Sets of names and networks that rules ask by `in set/NAME`: the longest entry that fits decides. Knows texts; knows no rule.
import { inPrefix, parseAddress, parseCIDR, unmap } from '../../dns/address.ts';
import type { CIDR } from '../../dns/address.ts';
import { Name } from '../../dns/name.ts';

/** Entries of one name; `!` before one takes out what it holds. */
export class NamedSet {
  /** Whether what an entry holds is in the set, by the folded text of a name. */
  readonly #names = new Map<string, boolean>();
  /** How many labels entries have. */
  readonly #depths: true[] = [];
  #deepest = 0;
  /** The longest networks first. */
  #networks: readonly (readonly [network: CIDR, isIn: boolean])[] = [];

  /** Adds an entry: a network, an address, or a name with all below it. Throws Error for what is none. */
  add(entry: string): void {
    const isIn = !entry.startsWith('!');
    const text = isIn ? entry : entry.slice(1);
    const network = parseCIDR(text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`);
    if (network !== undefined) {
      this.#networks = [...this.#networks, [network, isIn] as const].sort(([a], [b]) => b.bits - a.bits);
      return;
    }
    if (text === '' || text.includes('/') || text.includes(':') || /^[\d.]*\d[\d.]*$/.test(text)) {
      throw new Error(`'${entry}' is neither a name nor a network`);
    }
    const name = Name.parse(text).folded;
    let labels = 0;
    for (let at = 0; name.raw.charCodeAt(at) !== 0; at += name.raw.charCodeAt(at) + 1) labels++;
    this.#names.set(name.text, isIn);
    this.#depths[labels] = true;
    this.#deepest = Math.max(this.#deepest, labels);
  }
  /** Whether a text is in it: an address, in brackets or not, or a name. */
  holds(text: string): boolean {
    const address = parseAddress(text.startsWith('[') ? text.slice(1, -1) : text);
    return address === undefined ? this.#holdsName(text.toLowerCase()) : this.#holdsAddress(unmap(address));
  }
  #holdsAddress(address: Uint8Array): boolean {
    for (const [{ network, bits }, isIn] of this.#networks) if (inPrefix(address, network, bits)) return isIn;
    return false;
  }
  #holdsName(text: string): boolean {
    const whole = text.endsWith('.') ? text : `${text}.`;
    let held = this.#names.get('.') ?? false;
    // From the root down, so that the longest one is found last; no deeper than entries are.
    for (let labels = 1, at = whole.length - 1; at > 0 && labels <= this.#deepest; labels++) {
      at = beginningOf(whole, at);
      if (this.#depths[labels] === true) held = this.#names.get(at === 0 ? whole : whole.slice(at)) ?? held;
      at--;
    }
    return held;
  }
}
/** Where the label begins whose dot stands at `end`; a dot behind a backslash ends none. */
function beginningOf(text: string, end: number): number {
  let dot = text.lastIndexOf('.', end - 1);
  while (dot > 0 && isEscaped(text, dot)) dot = text.lastIndexOf('.', dot - 1);
  return dot + 1;
}
function isEscaped(text: string, at: number): boolean {
  let marks = 0;
  while (text[at - 1 - marks] === '\\') marks++;
  return marks % 2 === 1;
}
