// The addresses in a service's bytes, and what of them another state of it has not. Knows the layout; changes nothing but the marks of
// duplicates.
import { CLUSTER, ENDPOINT, EXTERNAL } from './address-index.ts';
import { ADDRESSES, DUPLICATE, DUPLICATES, HEAD, PORTS, SIZE, SLICES, SLICE_ENDPOINTS, afterEndpoint, le16, le32, serviceName, setLe32,
  sliceEndpoints } from './layout.ts';
import { latin1 } from './wire-text.ts';

/** Lists with more addresses than this are compared by a set of texts, shorter ones address by address. */
const FEW = 24;

/** Is told of an address: `size` bytes at `at`, and what it is to the service. */
export type Tell = (bytes: Uint8Array, at: number, size: number, kind: number) => void;

/** The addresses of one service. One object is used for one after the other. */
export class AddressList {
  #bytes: Uint8Array = new Uint8Array(0);
  readonly #at: number[] = [];
  readonly #size: number[] = [];
  readonly #kind: number[] = [];

  /** Reads the bytes of a service; without them there is no address. Endpoints that are duplicates are left out. */
  read(bytes: Uint8Array | undefined): this {
    this.#at.length = this.#size.length = this.#kind.length = 0;
    if (bytes === undefined) return this;
    this.#bytes = bytes;
    let at = HEAD;
    for (let left = bytes[ADDRESSES]!; left > 0; left--, at += 1 + bytes[at]!) this.#add(at + 1, bytes[at]!, CLUSTER);
    this.#readExternals(bytes);
    let slice = le32(bytes, SLICES);
    let slices = le16(bytes, slice);
    for (slice += 2; slices > 0; slices--, slice += le32(bytes, slice)) {
      at = sliceEndpoints(bytes, slice);
      for (let left = le32(bytes, slice + SLICE_ENDPOINTS); left > 0; left--, at = afterEndpoint(bytes, at)) {
        // Neither a duplicate nor a name.
        if (bytes[at] === 4 || bytes[at] === 16) this.#add(at + 1, bytes[at]!, ENDPOINT);
      }
    }
    return this;
  }
  #readExternals(bytes: Uint8Array): void {
    if (bytes[ADDRESSES] === 0 && le16(bytes, PORTS) === 0 && le32(bytes, SLICES) === HEAD + 3) return;
    let at = serviceName(bytes, 0);
    at += 1 + bytes[at]!;
    let left = le16(bytes, at);
    for (at += 2; left > 0; left--) {
      const size = bytes[at]!;
      if (size !== 0) this.#add(at + 1, size, EXTERNAL);
      at += size === 0 ? 2 + bytes[at + 1]! : 1 + size;
    }
  }
  #add(at: number, size: number, kind: number): void {
    this.#at.push(at);
    this.#size.push(size);
    this.#kind.push(kind);
  }

  /** Tells of each address that the other list has not, as what it is here. */
  without(other: AddressList, tell: Tell): void {
    const { length } = this.#at;
    const known = length > FEW || other.#at.length > FEW ? other.#texts() : undefined;
    for (let i = 0; i < length; i++) {
      if (known === undefined ? other.#has(this, i) : known.has(this.#text(i))) continue;
      tell(this.#bytes, this.#at[i]!, this.#size[i]!, this.#kind[i]!);
    }
  }
  #has(list: AddressList, i: number): boolean {
    for (let k = 0; k < this.#at.length; k++) {
      if (this.#kind[k] !== list.#kind[i] || this.#size[k] !== list.#size[i]) continue;
      if (sameBytes(this.#bytes, this.#at[k]!, list.#bytes, list.#at[i]!, this.#size[k]!)) return true;
    }
    return false;
  }
  #text(i: number): string {
    return `${this.#kind[i]} ${latin1(this.#bytes, this.#at[i]!, this.#size[i]!)}`;
  }
  #texts(): Set<string> {
    return new Set(this.#at.map((_, i) => this.#text(i)));
  }
}

/** Marks each endpoint of the service at `service` whose address another one before it has. */
export function markDuplicates(value: Uint8Array, service = 0): void {
  const seen: number[] = [];
  let texts: Set<string> | undefined;
  let duplicates = 0;
  let slice = service + le32(value, service + SLICES);
  let slices = le16(value, slice);
  for (slice += 2; slices > 0; slices--, slice += le32(value, slice)) {
    let at = sliceEndpoints(value, slice);
    for (let left = le32(value, slice + SLICE_ENDPOINTS); left > 0; left--, at = afterEndpoint(value, at)) {
      const size = value[at]! & SIZE;
      value[at] = size;
      if (size === 0) continue;
      if (seen.length === FEW) texts ??= new Set(seen.map((each) => latin1(value, each + 1, value[each]!)));
      if (texts === undefined ? isSeen(value, seen, at, size) : texts.has(latin1(value, at + 1, size))) {
        value[at] = size | DUPLICATE;
        duplicates++;
      } else if (texts === undefined) seen.push(at);
      else texts.add(latin1(value, at + 1, size));
    }
  }
  setLe32(value, service + DUPLICATES, duplicates);
}
function isSeen(value: Uint8Array, seen: readonly number[], at: number, size: number): boolean {
  for (const each of seen) if (value[each] === size && sameBytes(value, each + 1, value, at + 1, size)) return true;
  return false;
}
function sameBytes(a: Uint8Array, from: number, b: Uint8Array, at: number, size: number): boolean {
  for (let i = 0; i < size; i++) if (a[from + i] !== b[at + i]) return false;
  return true;
}
