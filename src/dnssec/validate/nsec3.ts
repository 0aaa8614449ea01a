// What NSEC3 records prove (RFC 5155 section 8). Knows hashes and bitmaps; that they are signed was found out before.
import type { Name } from '../../dns/name.ts';
import { TYPE } from '../../dns/type-name.ts';
import { HASH_LENGTH, hashName } from '../hashed-name.ts';
import { isInBitmap } from '../type-bitmap.ts';
import { rightmost, wildcardOf } from './proof.ts';
import type { CutProof, Denial, Proof } from './proof.ts';

const DIGITS = '0123456789abcdefghijklmnopqrstuv';
/** Names that are hashed for one answer (CVE-2023-50868). */
const MOST_HASHED = 24;

/** One record, read. */
interface Hashed {
  readonly hash: Buffer;
  readonly next: Uint8Array;
  readonly isOptOut: boolean;
  has(type: number): boolean;
}

/** The records of one zone that hash alike, and what follows from them for a name. */
export class HashedDenials {
  readonly #records: readonly Hashed[] = [];
  readonly #zone: Name | undefined;
  readonly #salt: Uint8Array = new Uint8Array();
  readonly #iterations: number = 0;
  #left = MOST_HASHED;
  readonly #known = new Map<string, Buffer>();
  /** More iterations than are counted: nothing is proven, and nothing is bogus for it (RFC 9276 section 3.2). */
  readonly isCostly: boolean = false;

  constructor(sets: readonly Denial[], mostIterations: number) {
    const first = sets.find(({ data }) => isKnown(data));
    if (first === undefined) return;
    const parameters = headOf(first.data);
    this.#zone = first.name.parent;
    this.#salt = saltOf(first.data);
    this.#iterations = (first.data[2]! << 8) | first.data[3]!;
    this.isCostly = this.#iterations > mostIterations;
    const zone = this.#zone;
    this.#records = sets.filter(({ name, data }) => isKnown(data) && headOf(data) === parameters && zone !== undefined
      && name.parent?.equals(zone) === true).flatMap((set) => read(set) ?? []);
  }

  #hash(name: Name): Buffer | undefined {
    const known = this.#known.get(name.key);
    if (known !== undefined) return known;
    if (this.#left-- <= 0) return undefined;
    const out = Buffer.alloc(HASH_LENGTH);
    hashName(name.octets, 0, this.#salt, this.#iterations, out, 0);
    this.#known.set(name.key, out);
    return out;
  }
  #at(name: Name): Hashed | undefined {
    const hash = this.#hash(name);
    return hash === undefined ? undefined : this.#records.find((each) => each.hash.equals(hash));
  }
  #over(name: Name): Hashed | undefined {
    const hash = this.#hash(name);
    return hash === undefined ? undefined : this.#records.find((each) => covers(each, hash));
  }
  /** The closest encloser that there is a record of, and what covers the next closer name (section 8.3). */
  #closest(name: Name): { readonly encloser: Name; readonly over: Hashed } | undefined {
    let closer: Name | undefined;
    for (let at: Name | undefined = name; at !== undefined && this.#zone !== undefined && at.isUnder(this.#zone); at = at.parent) {
      const here = this.#at(at);
      if (here !== undefined) {
        if (closer === undefined || here.has(TYPE.DNAME) || (here.has(TYPE.NS) && !here.has(TYPE.SOA))) return undefined;
        const over = this.#over(closer);
        return over === undefined ? undefined : { encloser: at, over };
      }
      closer = at;
    }
    return undefined;
  }

  /** The name does not exist, and no wildcard stands for it. */
  provesNoName(name: Name): Proof {
    if (this.isCostly) return 'insecure';
    const closest = this.#closest(name);
    const wildcard = closest === undefined ? undefined : wildcardOf(closest.encloser);
    if (closest === undefined || wildcard === undefined || this.#over(wildcard) === undefined) return 'missing';
    return closest.over.isOptOut ? 'insecure' : 'proven';
  }
  /** The name, or the wildcard that stands for it, has no set of the type and is no alias. */
  provesNoData(name: Name, type: number): Proof {
    if (this.isCostly) return 'insecure';
    const own = this.#at(name);
    if (own !== undefined) return lacks(own, name, type) ? 'proven' : 'missing';
    const closest = this.#closest(name);
    if (closest === undefined) return 'missing';
    const wildcard = wildcardOf(closest.encloser);
    const there = wildcard === undefined ? undefined : this.#at(wildcard);
    if (there !== undefined) return !lacks(there, wildcard!, type) ? 'missing' : closest.over.isOptOut ? 'insecure' : 'proven';
    return closest.over.isOptOut ? 'insecure' : 'missing';
  }
  /** Nothing nearer to the name exists than what the wildcard under `encloser` is of. */
  provesWildcard(name: Name, encloser: Name): Proof {
    if (this.isCostly) return 'insecure';
    const over = this.#over(rightmost(name, encloser.labels + 1));
    return over === undefined ? 'missing' : over.isOptOut ? 'insecure' : 'proven';
  }
  /** Whether a zone begins at the name, where its parent has no DS. */
  provesCut(name: Name): CutProof {
    if (this.isCostly) return 'insecure';
    const own = this.#at(name);
    if (own !== undefined) {
      if (own.has(TYPE.DS) || (own.has(TYPE.SOA) && name.raw.length > 1)) return 'missing';
      return own.has(TYPE.NS) ? 'unsigned cut' : 'no cut';
    }
    const closest = this.#closest(name);
    if (closest === undefined) return 'missing';
    if (closest.over.isOptOut) return 'insecure';
    return this.provesNoName(name) === 'proven' ? 'no name' : this.provesNoData(name, TYPE.DS) === 'proven' ? 'no cut' : 'missing';
  }
}

function lacks(record: Hashed, name: Name, type: number): boolean {
  if (record.has(type) || record.has(TYPE.CNAME)) return false;
  if (type === TYPE.DS) return !record.has(TYPE.SOA) || name.raw.length === 1;
  return !(record.has(TYPE.NS) && !record.has(TYPE.SOA));
}
function covers({ hash, next }: Hashed, name: Buffer): boolean {
  const isAfter = Buffer.compare(hash, name) < 0;
  const isBefore = Buffer.compare(name, next) < 0;
  return Buffer.compare(hash, next) < 0 ? isAfter && isBefore : isAfter || isBefore;
}

/** SHA-1 alone has a number, and flags that nobody knows make a record unknown (sections 8.1 and 8.2). */
const isKnown = (data: Uint8Array): boolean => data.length > 5 && data[0] === 1 && (data[1]! & ~1) === 0 && data.length > 5 + data[4]!;
const saltOf = (data: Uint8Array): Uint8Array => data.subarray(5, 5 + data[4]!);
const headOf = (data: Uint8Array): string => `${data[2]} ${data[3]} ${Buffer.from(saltOf(data)).toString('hex')}`;

function read({ name, data }: Denial): Hashed | undefined {
  const at = 5 + data[4]!;
  const length = data[at]!;
  const hash = decoded(name.folded.split()[0] ?? '');
  if (length !== HASH_LENGTH || hash?.length !== HASH_LENGTH || data.length < at + 1 + length) return undefined;
  const end = at + 1 + length;
  return { hash, next: data.subarray(at + 1, end), isOptOut: (data[1]! & 1) !== 0, has: (type) => isInBitmap(data, type, end) };
}
/** Of base32hex without padding (RFC 4648 section 7); undefined where it is none. */
function decoded(text: string): Buffer | undefined {
  const out: number[] = [];
  let bits = 0;
  let value = 0;
  for (const letter of text) {
    const digit = DIGITS.indexOf(letter);
    if (digit < 0) return undefined;
    value = ((value << 5) | digit) & 0xfff;
    bits += 5;
    if (bits >= 8) out.push((value >> (bits -= 8)) & 0xff);
  }
  return Buffer.from(out);
}
