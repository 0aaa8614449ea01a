// The algorithms of transaction signatures (RFC 8945 section 6): their names on the wire, hash and size. Knows no key and no message.

/** One algorithm. */
export interface Algorithm {
  /** Without the last dot: `hmac-sha256`. */
  readonly name: string;
  /** As Node calls it. */
  readonly hash: string;
  /** Octets of a whole MAC. */
  readonly size: number;
  /** The name on the wire, lower-case. */
  readonly wire: Uint8Array;
}

function algorithm(hash: string, size: number): Algorithm {
  const name = `hmac-${hash}`;
  return { name, hash, size, wire: Uint8Array.of(name.length, ...new TextEncoder().encode(name), 0) };
}
const all = [algorithm('sha1', 20), algorithm('sha224', 28), algorithm('sha256', 32), algorithm('sha384', 48), algorithm('sha512', 64)];

/** The algorithm with this name on the wire, letters in lower case; undefined for any other, MD5 among them (TSIG-4). */
export const algorithmOf = (wire: Uint8Array): Algorithm | undefined => all.find((each) => same(each.wire, wire));

/** What a key is bound to. */
export interface Binding {
  readonly algorithm: Algorithm;
  /** Octets that a MAC has: what is sent, and the least that is taken. */
  readonly size: number;
}
/** What everybody can do, where nothing else is said. */
export const USUAL: Binding = { algorithm: all[2]!, size: 32 };

/** `hmac-sha256`, or with the bits that a MAC is cut to `hmac-sha256-128`, as BIND writes it; undefined where it is no such word. */
export function readBinding(text: string): Binding | undefined {
  const [, name = '', bits] = /^(hmac-sha\d+)(?:-(\d+))?\.?$/.exec(text.toLowerCase()) ?? [];
  const found = all.find((each) => each.name === name);
  if (found === undefined) return undefined;
  const size = bits === undefined ? found.size : Number(bits) / 8;
  return Number.isInteger(size) && size <= found.size && size >= leastSize(found) ? { algorithm: found, size } : undefined;
}

/** Octets of the shortest MAC that is one (RFC 8945 section 5.2.2.1). */
export const leastSize = ({ size }: Algorithm): number => Math.max(10, size / 2);

/** Whether both have the same octets. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
