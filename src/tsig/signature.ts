// Signing messages and telling whether a signature is true (RFC 8945 sections 4.3 and 5). Knows keys and octets; knows neither sockets nor
// who may do what.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Hmac } from 'node:crypto';
import { HEADER, foldByte, setU16, u16 } from '../dns/packet.ts';
import { RCODE } from '../dns/rcode.ts';
import { algorithmOf, leastSize } from './algorithm.ts';
import type { Algorithm, Binding } from './algorithm.ts';
import type { Key } from './key.ts';
import { findTsig, readTsig, tsigLength, writeTime, writeTsig } from './record.ts';
import type { TsigRecord } from './record.ts';

/** Seconds that clocks may differ (section 10). */
export const FUDGE = 300;
/** Messages of a stream that may come between two signed ones (section 5.3.1). */
const UNSIGNED = 99;
const header = new Uint8Array(HEADER);
const octets = new Uint8Array(8);
/** Class ANY and TTL 0 between the names of the variables. */
const CLASS_AND_TTL = Uint8Array.of(0, 255, 0, 0, 0, 0);
const NOTHING = new Uint8Array(0);

/** The message without its record, under the id that it was signed with. */
function addMessage(hmac: Hmac, bytes: Uint8Array, at: number, length: number, id: number, additionals: number): void {
  header.set(bytes.subarray(at, at + HEADER));
  setU16(header, 0, id);
  setU16(header, 10, additionals);
  hmac.update(header).update(bytes.subarray(at + HEADER, at + length));
}
function addMac(hmac: Hmac, mac: Uint8Array): void {
  setU16(octets, 0, mac.length);
  hmac.update(octets.subarray(0, 2)).update(mac);
}
const addTimers = (hmac: Hmac, { time, fudge }: Pick<TsigRecord, 'time' | 'fudge'>): Hmac =>
  hmac.update(octets.subarray(0, writeTime(octets, 0, time, fudge)));
/** Section 4.3.3; names in lower case. */
function addVariables(
  hmac: Hmac, key: Uint8Array, algorithm: Uint8Array, fields: Pick<TsigRecord, 'time' | 'fudge' | 'error' | 'other'>,
): void {
  hmac.update(folded(key)).update(CLASS_AND_TTL).update(folded(algorithm));
  addTimers(hmac, fields);
  setU16(octets, 0, fields.error);
  setU16(octets, 2, fields.other.length);
  hmac.update(octets.subarray(0, 4)).update(fields.other);
}
const folded = (name: Uint8Array): Uint8Array => name.map(foldByte);

/** Whether the MAC is that of the digest, or begins it; takes as long whichever octet differs. */
const isMac = (digest: Uint8Array, mac: Uint8Array): boolean =>
  mac.length > 0 && mac.length <= digest.length && timingSafeEqual(digest.subarray(0, mac.length), mac);

/** What a request's signature is worth: 0, or FORMERR, BADSIG, BADKEY, BADTIME or BADTRUNC. */
export interface Verdict {
  readonly error: number;
  /** Undefined for BADKEY. */
  readonly key: Key | undefined;
  readonly algorithm: Algorithm | undefined;
}

/**
 * Checks a request of `length` octets whose TSIG record is the `record` at `from`; `now` in seconds. In the order of section 5.2: key, MAC,
 * time, length of the MAC. As in CoreDNS an algorithm that we do not have is a bad signature, not a bad key.
 */
export function check(bytes: Uint8Array, at: number, from: number, record: TsigRecord, key: Key, now: number): Verdict {
  const algorithm = algorithmOf(folded(record.algorithm));
  if (key.bound !== undefined && key.bound.algorithm !== algorithm) return { error: RCODE.BADKEY, key: undefined, algorithm };
  const verdict = (error: number): Verdict => ({ error, key, algorithm });
  if (algorithm === undefined || key.secret === undefined) return verdict(RCODE.BADSIG);
  const { mac } = record;
  if (mac.length !== 0 && (mac.length > algorithm.size || mac.length < leastSize(algorithm))) return verdict(RCODE.FORMERR);
  const hmac = createHmac(algorithm.hash, key.secret);
  addMessage(hmac, bytes, at, from - at, record.originalId, u16(bytes, at + 10) - 1);
  addVariables(hmac, record.key, record.algorithm, record);
  if (!isMac(hmac.digest(), mac)) return verdict(RCODE.BADSIG);
  if (Math.abs(now - record.time) > record.fudge) return verdict(RCODE.BADTIME);
  return verdict(key.bound !== undefined && mac.length < key.bound.size ? RCODE.BADTRUNC : 0);
}

/** What messages are signed with, and what came before them. */
export interface SignerParts {
  readonly key: Key;
  readonly binding: Binding;
  /** The key's and the algorithm's name, as they shall be written. */
  readonly names?: Pick<TsigRecord, 'key' | 'algorithm'>;
  /** The MAC of the request; undefined where it is a request that is signed. */
  readonly request?: Uint8Array;
}

/** Signs one message after the other: a request, or the reply or replies to one. */
export class Signer {
  readonly #parts: SignerParts;
  readonly #names: Pick<TsigRecord, 'key' | 'algorithm'>;
  #prior: Uint8Array | undefined;
  #first = true;

  constructor(parts: SignerParts) {
    this.#parts = parts;
    const { key, algorithm } = parts.names ?? { key: parts.key.wire, algorithm: parts.binding.algorithm.wire };
    this.#names = { key, algorithm };
    this.#prior = parts.request;
  }
  /** Octets that a signature takes, `other` octets of other data among them. */
  room(other = 0): number {
    return tsigLength(this.#names.key, this.#names.algorithm, this.#parts.binding.size, other);
  }
  /** The MAC of the message that was signed last. */
  get mac(): Uint8Array {
    return this.#prior ?? NOTHING;
  }
  /** Writes the record behind the message, for which there is room, and counts it; the new length. `time` in seconds. */
  sign(bytes: Uint8Array, at: number, length: number, time: number, error = 0, other: Uint8Array = NOTHING): number {
    const { key, binding: { algorithm, size } } = this.#parts;
    const hmac = createHmac(algorithm.hash, key.secret ?? NOTHING);
    if (this.#prior !== undefined) addMac(hmac, this.#prior);
    const id = u16(bytes, at);
    const additionals = u16(bytes, at + 10);
    addMessage(hmac, bytes, at, length, id, additionals);
    const fields = { time, fudge: FUDGE, error, other };
    if (this.#first) addVariables(hmac, this.#names.key, this.#names.algorithm, fields);
    else addTimers(hmac, fields);
    this.#first = false;
    const mac = hmac.digest().subarray(0, size);
    this.#prior = mac;
    setU16(bytes, at + 10, additionals + 1);
    return writeTsig(bytes, at + length, { ...this.#names, ...fields, mac, originalId: id }) - at;
  }
}

/** What the replies to a request that we signed have to be. */
export class ReplyCheck {
  readonly #key: Key;
  readonly #algorithm: Algorithm;
  #hmac: Hmac;
  #first = true;
  #unsigned = 0;

  /** `request` is the MAC of the request. */
  constructor(key: Key, algorithm: Algorithm, request: Uint8Array) {
    this.#key = key;
    this.#algorithm = algorithm;
    this.#hmac = this.#begin(request);
  }
  #begin(mac: Uint8Array): Hmac {
    const hmac = createHmac(this.#algorithm.hash, this.#key.secret ?? NOTHING);
    addMac(hmac, mac);
    return hmac;
  }
  /** Whether the message that was taken last was signed: the last of a stream has to be. */
  get settled(): boolean {
    return this.#unsigned === 0 && !this.#first;
  }

  /** Takes the next message; why it cannot be believed, or undefined. `now` in seconds. The first has to be signed. */
  take(bytes: Uint8Array, at: number, length: number, now: number): string | undefined {
    const from = findTsig(bytes, at, length);
    if (from === -2) return 'the message is malformed';
    if (from < 0) {
      if (this.#first) return 'the reply is not signed';
      if (++this.#unsigned > UNSIGNED) return `more than ${UNSIGNED} messages are not signed`;
      this.#hmac.update(bytes.subarray(at, at + length));
      return undefined;
    }
    const record = readTsig(bytes, at, length, at + from);
    if (record === undefined) return 'the signature is malformed';
    return this.#judge(bytes, at, from, record, now);
  }
  #judge(bytes: Uint8Array, at: number, from: number, record: TsigRecord, now: number): string | undefined {
    const { error, mac } = record;
    if (!sameName(record.key, this.#key.wire)) return 'the reply is signed with another key';
    if (!sameName(record.algorithm, this.#algorithm.wire)) return 'the reply is signed with another algorithm';
    // BADSIG and BADKEY come unsigned (section 5.3.2): nothing is believed but that it failed.
    if (mac.length === 0) return error === 0 ? 'the signature is empty' : `the server says ${errorName(error)}`;
    if (mac.length < Math.max(leastSize(this.#algorithm), this.#key.bound?.size ?? 0)) return 'the signature is too short';
    const hmac = this.#hmac;
    addMessage(hmac, bytes, at, from, record.originalId, u16(bytes, at + 10) - 1);
    if (this.#first) addVariables(hmac, record.key, record.algorithm, record);
    else addTimers(hmac, record);
    if (!isMac(hmac.digest(), mac)) return 'the signature is wrong';
    this.#first = false;
    this.#unsigned = 0;
    this.#hmac = this.#begin(mac);
    if (error !== 0) return `the server says ${errorName(error)}`;
    return Math.abs(now - record.time) > record.fudge ? 'the time of the signature is off' : undefined;
  }
}
const sameName = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((octet, i) => foldByte(octet) === foldByte(b[i]!));

/** An error as it is called in a TSIG record (RFC 8945 section 3). */
export function errorName(error: number): string {
  const known: Readonly<Record<number, string>> = {
    [RCODE.BADSIG]: 'BADSIG', [RCODE.BADKEY]: 'BADKEY', [RCODE.BADTIME]: 'BADTIME', [RCODE.BADTRUNC]: 'BADTRUNC',
    [RCODE.FORMERR]: 'FORMERR',
  };
  return known[error] ?? `error ${error}`;
}
