// Signs replies: each set of each section, and what a denial needs (DSEC-5 to 8). What is kept is put in at once; what has to be made first
// is made here or in other threads. Knows sets, where they lie, and who signs; knows nothing of configurations.
import { HEADER, u16, u32 } from '../../dns/packet.ts';
import type { Records } from '../../dns/packet.ts';
import { TYPE } from '../../dns/type-name.ts';
import { signedLabels, writeCanonicalName } from '../../dnssec/canonical.ts';
import { SetForm } from '../../dnssec/set-form.ts';
import { writeHead } from '../../dnssec/signature.ts';
import type { Message } from '../../kernel/query/message.ts';
import type { Reading } from '../../store/reading.ts';
import { ADDITIONAL, ANSWER, AUTHORITY, Additions, FARTHEST } from './additions.ts';
import type { DenialRecord } from './denial.ts';
import type { KeptSignatures } from './kept-signatures.ts';
import type { Pace } from './pace.ts';
import type { Signer, Signers, ZoneKey } from './signers.ts';

/** The original TTL of every set: whatever the sources below make of TTLs, one signature does for all (DSEC-5). */
const ORIGINAL_TTL = 3600;
/** Seconds before and behind the moment that a signature is made in which it holds. */
const BEFORE = 3 * 3600, AFTER = 8 * 86_400;
/** Octets before the records in the work space: an RRSIG's data without its signature. */
const FRONT = 288;
/** Records that a message can have. */
const MOST = 4096;

/** A signature that is not there yet. */
interface Missing {
  readonly key: ZoneKey;
  /** What it is over, and under what it will be kept. */
  readonly octets: Uint8Array;
  readonly name: Int32Array;
  /** Where the data of its RRSIG begins among the additions. */
  readonly at: number;
}

/** What signing takes of the thread that it is done in. */
export interface Workshop {
  readonly signers: Signers;
  readonly kept: KeptSignatures;
  readonly pace: Pace;
  /** What its thread reads shared memory in. */
  readonly reading: Reading;
  /** Seconds since 1970. */
  now(): number;
}

/** Signatures that are being made for one reply; `missing` are those that somebody has to wait for. */
export class Sheet {
  readonly additions = new Additions();
  readonly missing: Missing[] = [];
  hits = 0;
  misses = 0;
}

/** Signs for one thread. */
export class ReplySigner {
  readonly #shop: Workshop;
  readonly #form = new SetForm();
  readonly #owner = new Uint8Array(256);
  readonly #done = new Uint8Array(MOST);
  #work = new Uint8Array(8192);
  /** Where the name of the question ends: to an owner that is written out a pointer leads there. */
  #root = HEADER;

  constructor(shop: Workshop) {
    this.#shop = shop;
  }

  /** Every set of a reply whose name lies in one of the zones, section by section; what another zone signed already stays as it is. */
  sets(sheet: Sheet, reply: Message, records: Records): void {
    this.#root = reply.questionEnd - 5;
    this.#section(sheet, reply, records, ANSWER, 0, records.authority);
    this.#section(sheet, reply, records, AUTHORITY, records.authority, records.additional);
    this.#section(sheet, reply, records, ADDITIONAL, records.additional, records.count);
  }
  #section(sheet: Sheet, reply: Message, records: Records, section: number, from: number, to: number): void {
    const { bytes } = reply;
    this.#done.fill(0, from, to);
    for (let r = from; r < to; r++) {
      const type = u16(bytes, records.fixedAt[r]!);
      if (this.#done[r] === 0 && type !== TYPE.RRSIG && type !== TYPE.OPT) this.#set(sheet, reply, records, section, r, from, to);
    }
  }
  /** The set of record `r`, the first of it; the section has the records from `from` up to `to`. */
  #set(sheet: Sheet, reply: Message, records: Records, section: number, r: number, from: number, to: number): void {
    const { bytes, at, length } = reply;
    const end = at + length;
    const fixed = records.fixedAt[r]!;
    const type = u16(bytes, fixed);
    const form = this.#form.begin(type, u16(bytes, fixed + 2), bytes, records.ownerAt[r]!, end, at);
    const signer = this.#shop.signers.of(form.owner);
    if (signer === undefined) return;
    form.add(bytes, fixed + 10, u16(bytes, fixed + 8), end, at);
    let signed = false;
    for (let other = from; other < to; other++) {
      const place = records.fixedAt[other]!;
      const otherType = u16(bytes, place);
      const covers = otherType === TYPE.RRSIG && u16(bytes, place + 10) === type;
      if (!covers && (otherType !== type || other <= r)) continue;
      if (!this.#isOwner(bytes, records.ownerAt[r]!, records.ownerAt[other]!, end, at)) continue;
      if (covers) signed = true;
      else {
        form.add(bytes, place + 10, u16(bytes, place + 8), end, at);
        this.#done[other] = 1;
      }
    }
    if (!signed) this.#sign(sheet, signer, section, this.#pointer(reply, records.ownerAt[r]!), u32(bytes, fixed + 4), undefined);
  }
  #isOwner(bytes: Uint8Array, own: number, other: number, end: number, base: number): boolean {
    if (bytes[own]! >= 0xc0 && bytes[own] === bytes[other] && bytes[own + 1] === bytes[other + 1]) return true;
    const length = writeCanonicalName(bytes, other, end, base, this.#owner, 0);
    if (length !== this.#form.ownerLength) return false;
    for (let i = 0; i < length; i++) if (this.#owner[i] !== this.#form.owner[i]) return false;
    return true;
  }
  /** Where a pointer to this owner leads; -1 where none can. */
  #pointer({ bytes, at }: Message, owner: number): number {
    if (bytes[owner]! >= 0xc0) return u16(bytes, owner) & FARTHEST;
    return owner - at > FARTHEST ? -1 : owner - at;
  }

  /** The set of one record alone: its others stand behind it. */
  only(sheet: Sheet, reply: Message, records: Records, r: number): void {
    const authority = r < records.additional;
    this.#root = reply.questionEnd - 5;
    const from = authority ? records.authority : records.additional;
    this.#set(sheet, reply, records, authority ? AUTHORITY : ADDITIONAL, r, from, authority ? records.additional : records.count);
  }
  /** A record of a denial, with its signatures. `question` is the length of the question's name. */
  denial(sheet: Sheet, signer: Signer, section: number, record: DenialRecord, ttl: number, question: number): void {
    const { type, owner, label, data } = record;
    const target = HEADER + question - owner.length + (label?.length ?? 0);
    const at = sheet.additions.add(section, target, type, ttl, data.length, label);
    sheet.additions.bytes.set(data, at);
    const form = this.#form.begin(type, 1, owner);
    form.add(data);
    this.#sign(sheet, signer, section, target, ttl, label);
  }

  /** Signs the set that `#form` has. */
  #sign(sheet: Sheet, signer: Signer, section: number, target: number, ttl: number, label: Uint8Array | undefined): void {
    const form = this.#form.sort();
    const { kept, pace } = this.#shop;
    const now = this.#shop.now();
    const end = this.#written(form);
    kept.name(this.#work, FRONT, end - FRONT);
    const keys = form.type === TYPE.DNSKEY ? signer.forKeys : signer.forOthers;
    for (const zoneKey of keys) {
      const { key, size } = zoneKey;
      const at = target < 0
        ? sheet.additions.add(section, this.#root, TYPE.RRSIG, ttl, size, form.owner.subarray(0, form.ownerLength - 1))
        : sheet.additions.add(section, target, TYPE.RRSIG, ttl, size, label);
      if (kept.take(zoneKey, now, sheet.additions.bytes, at)) {
        sheet.hits++;
        continue;
      }
      sheet.misses++;
      const head = writeHead(sheet.additions.bytes, at, {
        covered: form.type, algorithm: key.algorithm.number, labels: signedLabels(form.owner), originalTtl: ORIGINAL_TTL,
        expiration: (now + AFTER) >>> 0, inception: (now - BEFORE) >>> 0, keyTag: key.tag, signer: zoneKey.signer,
      }) - at;
      this.#work.set(sheet.additions.bytes.subarray(at, at + head), FRONT - head);
      const octets = this.#work.subarray(FRONT - head, end);
      const name = kept.named(zoneKey);
      if (!key.algorithm.quick || !pace.mayBegin()) {
        sheet.missing.push({ key: zoneKey, octets: octets.slice(), name, at });
        continue;
      }
      const began = pace.now();
      sheet.additions.bytes.set(key.sign(octets), at + head);
      pace.spent(pace.now() - began);
      kept.keep(name, sheet.additions.bytes, at, size);
    }
  }
  /** Writes the set behind the room for the head; says where it ends. */
  #written(form: SetForm): number {
    const { size } = form;
    if (FRONT + size + 16 > this.#work.length) this.#work = new Uint8Array((FRONT + size + 16) * 2);
    return form.write(this.#work, FRONT, ORIGINAL_TTL);
  }
}

/** Signatures that are being made, by what they will be kept under: who needs the same one waits for it. */
export class UnderWay {
  readonly #shop: Pick<Workshop, 'kept' | 'pace' | 'reading'>;
  readonly #making = new Map<string, Promise<Uint8Array>>();

  constructor(shop: Pick<Workshop, 'kept' | 'pace' | 'reading'>) {
    this.#shop = shop;
  }

  /** Makes what is missing of a sheet, which nobody else may use meanwhile. */
  async fill({ missing, additions }: Sheet): Promise<void> {
    const { bytes } = additions;
    await Promise.all(missing.map(async (one) => {
      const { key: { size }, at } = one;
      bytes.set(await this.#make(one, bytes.slice(at, at + size)), at);
    }));
  }
  #make(one: Missing, data: Uint8Array): Promise<Uint8Array> {
    const name = one.name.join();
    let made = this.#making.get(name);
    if (made === undefined) {
      made = this.#made(one, data).finally(() => this.#making.delete(name));
      this.#making.set(name, made);
    }
    return made;
  }
  async #made({ key: { key, size }, octets, name }: Missing, data: Uint8Array): Promise<Uint8Array> {
    const { pace, kept, reading } = this.#shop;
    const signature = key.algorithm.quick
      ? await pace.here(() => key.sign(octets))
      : await pace.elsewhere(() => key.signElsewhere(octets));
    data.set(signature, size - signature.length);
    reading.within(() => kept.keep(name, data, 0, size));
    return data;
  }
}
