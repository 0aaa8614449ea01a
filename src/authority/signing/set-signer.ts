// Signatures of sets, made in this turn or in other threads, and those of a version before that still do. Knows keys, sets and times;
// knows nothing of which names a zone has.
import { u16, u32 } from '../../dns/packet.ts';
import { compareSerials } from '../../dns/order.ts';
import { signedLabels } from '../../dnssec/canonical.ts';
import { keyTag as tagOf } from '../../dnssec/dnskey.ts';
import { PLANNED } from '../../dnssec/key-plan.ts';
import type { KeyPlan } from '../../dnssec/key-plan.ts';
import type { SetForm } from '../../dnssec/set-form.ts';
import { signatureData, toSign } from '../../dnssec/signature.ts';
import type { SigningKey } from '../../dnssec/signing-key.ts';
import type { StoredRecords } from './stored-records.ts';

const HOUR = 3600, DAY = 24 * HOUR;
/** Seconds: a signature holds from so long before it is made, for clocks that are behind, until so long behind. */
const BEFORE = 3 * HOUR, LIFETIME = 14 * DAY;
/** Seconds before its end in which a signature is made anew: from this on, up to so many more, by its name and type. */
const LEAST_LEFT = 4 * DAY, SPREAD = 3 * DAY;
/** What is to be made anew within so many seconds is made now, with others. */
const EARLY = HOUR;
/** How many signatures are in the making in other threads. */
const AT_ONCE = 64;

/** Where a signature goes that was made. */
export type Taken = (rrsig: Uint8Array) => void;

/** Signs for one version. Times are in seconds since 1970. */
export class SetSigner {
  readonly #plan: KeyPlan;
  readonly #now: number;
  readonly #elsewhere: boolean;
  /** Whether signatures of the version before may stay: those of keys that it had itself. */
  readonly #known: ReadonlySet<SigningKey>;
  #making = 0;
  #wake = (): void => {};
  #failure: unknown;
  /** When the first signature is to be made anew. */
  due = Infinity;
  /** Signatures that were made. */
  made = 0;
  /** The greatest TTL of sets that are signed. */
  mostTtl = 0;

  /** `elsewhere`: signatures are made in other threads. `known` are the DNSKEYs of the version before. */
  constructor(plan: KeyPlan, now: number, elsewhere: boolean, known: readonly Uint8Array[]) {
    this.#plan = plan;
    this.#now = now;
    this.#elsewhere = elsewhere;
    this.#known = new Set([...plan.forKeys, ...plan.forOthers].filter((key) => isKnown(key, known)));
  }

  /** Whether a signature with this end is to be made anew; else its time counts for `due`. */
  isDue(end: number, hash: number, type: number): boolean {
    const left = (end - this.#now) | 0;
    const lead = SetSigner.lead(hash, type);
    if (left <= lead + EARLY) return true;
    this.due = Math.min(this.due, this.#now + left - lead);
    return false;
  }
  /** How long before its end a signature is made anew, by the name's hash and the type: spread evenly. */
  static lead(hash: number, type: number): number {
    const mixed = Math.imul(hash ^ Math.imul(type, 0x9e3779b1), 0x85ebca6b);
    return LEAST_LEFT + Math.floor(((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32 * SPREAD);
  }
  /** The keys that sign sets of this type, at the zone's own name or elsewhere. */
  keysOf(type: number, isApex: boolean): readonly SigningKey[] {
    return isApex && PLANNED.has(type) ? this.#plan.forKeys : this.#plan.forOthers;
  }

  /** Whether signatures that there are do for a set of this type with this hash of its owner: they are of these keys, and not to end. */
  keeps(signatures: StoredRecords, keys: readonly SigningKey[], type: number, ttl: number, hash: number): boolean {
    this.mostTtl = Math.max(this.mostTtl, ttl);
    if (signatures.count !== keys.length || signatures.ttl !== ttl || !signatures.isEven) return false;
    for (let i = 0; i < signatures.count; i++) {
      const { bytes } = signatures;
      const at = signatures.starts[i]!;
      const isBy = (key: SigningKey) => this.#known.has(key) && key.tag === u16(bytes, at + 16) && key.algorithm.number === bytes[at + 2];
      if (!keys.some(isBy)) return false;
      // The same key twice is another one missing.
      for (let k = 0; k < i; k++) if (u16(bytes, signatures.starts[k]! + 16) === u16(bytes, at + 16)) return false;
      const end = u32(bytes, at + 8);
      if (u32(bytes, at + 4) !== ttl || compareSerials(this.#now >>> 0, u32(bytes, at + 12)) < 0) return false;
      if (this.isDue(end, hash, type)) return false;
    }
    return true;
  }

  /** Signs a set, whose form is sorted, with each of these keys; `take` gets the data of each RRSIG, now or before `finish` resolves. */
  sign(form: SetForm, keys: readonly SigningKey[], ttl: number, hash: number, take: Taken): void {
    this.mostTtl = Math.max(this.mostTtl, ttl);
    const expiration = this.#now + LIFETIME;
    this.due = Math.min(this.due, expiration - SetSigner.lead(hash, form.type));
    for (const key of keys) {
      const fields = {
        covered: form.type, algorithm: key.algorithm.number, labels: signedLabels(form.owner), originalTtl: ttl,
        expiration: expiration >>> 0, inception: (this.#now - BEFORE) >>> 0, keyTag: key.tag, signer: key.signer,
      };
      const octets = toSign(form, fields);
      this.made++;
      if (!this.#elsewhere) {
        take(signatureData(fields, key.sign(octets)));
        continue;
      }
      this.#making++;
      key.signElsewhere(octets).then((made) => take(signatureData(fields, made))).catch((error: unknown) => {
        this.#failure ??= error;
      }).then(() => this.#done());
    }
  }
  #done(): void {
    if (--this.#making > AT_ONCE / 2) return;
    this.#wake();
    this.#wake = () => {};
  }
  /** Whether as many are in the making as can be: then there is `room` for more when some of them are done. */
  get isCrowded(): boolean {
    return this.#making >= AT_ONCE;
  }
  room(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
  /** Resolves when all are made. Rejects where one could not be. */
  async finish(): Promise<void> {
    while (this.#making > 0) await this.room();
    if (this.#failure !== undefined) throw this.#failure;
  }
}

/** Whether a version had this key, and no other one that could be taken for it. */
function isKnown(key: SigningKey, known: readonly Uint8Array[]): boolean {
  const alike = known.filter((data) => data[3] === key.data[3] && tagOf(data) === key.tag);
  return alike.length === 1 && alike[0]!.length === key.data.length && alike[0]!.every((byte, i) => byte === key.data[i]);
}
