// From a version that is not signed to the signed one, in whichever thread: what is ordered can be sent to another one. Knows versions and
// plans of keys; publishes nothing, and says nothing to anybody.
import { latin1Bytes } from '../../dns/latin1.ts';
import { Name } from '../../dns/name.ts';
import { u16, u32 } from '../../dns/packet.ts';
import { TYPE } from '../../dns/type-name.ts';
import type { KeyPlan } from '../../dnssec/key-plan.ts';
import { received, sent } from '../../dnssec/sent-key.ts';
import type { SentKey } from '../../dnssec/sent-key.ts';
import type { Store } from '../../store/store.ts';
import type { Memory } from '../../store/memory.ts';
import { RECORD_HEAD, SET_HEAD, findSet } from '../record-sets.ts';
import { Builder } from '../zone/build.ts';
import type { Built } from '../zone/build.ts';
import { Changer } from '../zone/change.ts';
import type { Changed } from '../zone/change.ts';
import type { Difference } from '../zone/difference.ts';
import { remember } from '../zone/history.ts';
import { setsAt } from '../zone/nodes.ts';
import { Scratch } from '../zone/scratch.ts';
import { APEX, DENIAL, EXPIRES, RECORDS, SOA_SET } from '../zone/version.ts';
import type { Chain } from './chain.ts';
import { SetSigner } from './set-signer.ts';
import { StoredRecords } from './stored-records.ts';
import { SignedScratch, isSigning } from './signed-scratch.ts';
import type { How } from './signed-scratch.ts';
import { TouchedNames } from './touched.ts';
import { signWhole } from './whole.ts';

/** A change of so many names, or of this part of a zone, is signed by itself. */
const LEAST = 64, MOST = 16;

/** What is to be signed, and how. Times are in seconds since 1970. */
export interface VersionOrder {
  /** The zone, as a lower-case wire name. */
  readonly zone: string;
  /** The version that is not signed, and the signed one that is served, 0 for none. */
  readonly unsigned: number;
  readonly before: number;
  /**
   * The version that is not signed of which that one was made, by the same plan: then only what is another is signed, and where it is the
   * same one, what is due. 0: all is looked at.
   */
  readonly since: number;
  /** What differs from that, where it is known (`Changed`). */
  readonly pairs?: Int32Array | undefined;
  readonly chain: Chain;
  /** The serial of the signed version. */
  readonly serial: number;
  readonly now: number;
}
/** What came of it. */
export interface SignedVersion {
  /** Undefined where nothing was due. */
  readonly built: Pick<Built, 'version' | 'gone' | 'changed'> | undefined;
  /** When the first signature is to be made anew, of those that were looked at. */
  readonly due: number;
  /** How many signatures were made. */
  readonly made: number;
  /** The greatest TTL of sets that were looked at. */
  readonly mostTtl: number;
}

/** A plan as it is sent. */
export type SentPlan = Pick<KeyPlan, 'stamp' | 'ttl' | 'next'> & {
  readonly records: readonly { readonly name: string; readonly type: number; readonly data: Uint8Array }[];
  readonly forKeys: readonly SentKey[];
  readonly forOthers: readonly SentKey[];
};
/** A plan, to be sent. */
export const sentPlan = ({ stamp, ttl, next, records, forKeys, forOthers }: KeyPlan): SentPlan => ({
  stamp, ttl, next, records: records.map(({ name, type, data }) => ({ name: name.raw, type, data })), forKeys: forKeys.map(sent),
  forOthers: forOthers.map(sent),
});
/** A plan that was sent. */
export const receivedPlan = ({ records, forKeys, forOthers, ...plan }: SentPlan): KeyPlan => ({
  ...plan, records: records.map(({ name, type, data }) => ({ name: Name.wire(name), type, data })), forKeys: forKeys.map(received),
  forOthers: forOthers.map(received),
});

/**
 * Makes the signed version; `elsewhere`: signatures are made in other threads. Rejects with ZoneError where the zone is none, and
 * RangeError where the shared memory is full: then nothing was taken.
 */
export async function signVersion(store: Store, order: VersionOrder, plan: KeyPlan, elsewhere: boolean): Promise<SignedVersion> {
  const { memory } = store;
  const { before, chain, serial, now } = order;
  const pin = store.pin();
  try {
    memory.refresh();
    const zone = latin1Bytes(order.zone);
    const signer = new SetSigner(plan, now, elsewhere, before === 0 ? [] : keysIn(store, zone, before));
    const how = { plan, chain, serial };
    const to = new SignedScratch(memory, new Scratch(memory.hash).begin(zone), how, signer);
    const built = await make(store, order, how, to, signer);
    const { due, made, mostTtl } = signer;
    return { built, due, made, mostTtl };
  } finally {
    pin.release();
  }
}
async function make(store: Store, order: VersionOrder, how: How, to: SignedScratch, signer: SetSigner): Promise<SignedVersion['built']> {
  const { memory } = store;
  const { before, unsigned, now } = order;
  const { zone } = to.scratch;
  const few = await signFew(memory, order, how, to, signer);
  if (few === 'nothing') return undefined;
  if (few === undefined) {
    to.scratch.begin(zone);
    await signWhole(memory, to, how, signer, unsigned, before);
  }
  return store.reading.within(() => {
    const { builder, changer } = makersOf(store);
    const made: Built & Partial<Changed> = few === undefined ? builder.build(to.scratch, before) : changer.change(zone, before, few);
    const { version, gone, changed, pairs } = made;
    remember(memory, zone, before, version, now, pairs);
    return { version, gone, changed };
  });
}
/** What a change touches, or what is due, where that is enough; undefined: all has to be looked at. */
async function signFew(
  memory: Memory, order: VersionOrder, how: How, to: SignedScratch, signer: SetSigner,
): Promise<Difference | 'nothing' | undefined> {
  const { words } = memory;
  const { before, since, unsigned } = order;
  if (before === 0 || since === 0 || !isSigning(how.plan)) return undefined;
  // What brings signatures of its own, or denies for another time, is another zone throughout; so is a plan with names of its own.
  if (words[unsigned + EXPIRES] !== 0 || words[unsigned + DENIAL] !== 0) return undefined;
  if (denialTtl(memory, since) !== denialTtl(memory, unsigned)) return undefined;
  if (how.plan.records.some(({ name }) => name.key !== order.zone)) return undefined;
  const touched = new TouchedNames(memory, to, how, order);
  if (since === unsigned) {
    touched.renew(signer);
    if (!touched.isMore) return 'nothing';
  } else if (!touched.differ(order, Math.max(LEAST, words[unsigned + RECORDS]! / MOST))) return undefined;
  return touched.sign(signer);
}
/** The lower of the SOA's TTL and its MINIMUM (RFC 9077 section 3), of a version. */
function denialTtl({ words, bytes }: Memory, version: number): number {
  const data = words[version + SOA_SET]! + SET_HEAD + RECORD_HEAD;
  return Math.min(u32(bytes, data - 6), u32(bytes, data + u16(bytes, data - 2) - 4));
}

const all = new WeakMap<Store, { readonly builder: Builder; readonly changer: Changer }>();
/** One of each for all zones of a thread. */
function makersOf(store: Store): { readonly builder: Builder; readonly changer: Changer } {
  let makers = all.get(store);
  if (makers === undefined) all.set(store, makers = { builder: new Builder(store.memory), changer: new Changer(store.memory) });
  return makers;
}
/** The DNSKEYs of a version. */
function keysIn({ memory: { words, bytes } }: Store, zone: Uint8Array, version: number): Uint8Array[] {
  const set = findSet(bytes, setsAt(words, words[version + APEX]!), TYPE.DNSKEY);
  if (set === 0) return [];
  const records = new StoredRecords(zone).read(bytes, set, zone, zone.length);
  return Array.from({ length: records.count }, (_, i) => records.bytes.slice(records.starts[i], records.starts[i + 1]));
}
