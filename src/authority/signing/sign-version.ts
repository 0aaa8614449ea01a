// From a version that is not signed to the signed one, in whichever thread: what is ordered can be sent to another one. Knows versions and
// plans of keys; publishes nothing, and says nothing to anybody.
import { latin1Bytes } from '../../dns/latin1.ts';
import { Name } from '../../dns/name.ts';
import { TYPE } from '../../dns/type-name.ts';
import type { KeyPlan } from '../../dnssec/key-plan.ts';
import { received, sent } from '../../dnssec/sent-key.ts';
import type { SentKey } from '../../dnssec/sent-key.ts';
import type { Store } from '../../store/store.ts';
import { findSet } from '../record-sets.ts';
import { Builder } from '../zone/build.ts';
import type { Built } from '../zone/build.ts';
import { remember } from '../zone/history.ts';
import { setsAt } from '../zone/nodes.ts';
import { Scratch } from '../zone/scratch.ts';
import { APEX } from '../zone/version.ts';
import type { Chain } from './chain.ts';
import { SetSigner } from './set-signer.ts';
import { StoredRecords } from './stored-records.ts';
import { WholeSigning } from './whole.ts';

/** What is to be signed, and how. Times are in seconds since 1970. */
export interface VersionOrder {
  /** The zone, as a lower-case wire name. */
  readonly zone: string;
  /** The version that is not signed, and the signed one that is served, 0 for none. */
  readonly unsigned: number;
  readonly before: number;
  readonly chain: Chain;
  /** The serial of the signed version. */
  readonly serial: number;
  readonly now: number;
}
/** What came of it. */
export interface SignedVersion {
  readonly built: Pick<Built, 'version' | 'gone' | 'changed'>;
  /** When the first signature is to be made anew. */
  readonly due: number;
  /** How many signatures were made. */
  readonly made: number;
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
  const { unsigned, before, chain, serial, now } = order;
  const pin = store.pin();
  try {
    memory.refresh();
    const zone = latin1Bytes(order.zone);
    const signer = new SetSigner(plan, now, elsewhere, before === 0 ? [] : keysIn(store, zone, before));
    const scratch = new Scratch(memory.hash).begin(zone);
    await new WholeSigning(memory, scratch, { plan, chain, serial }, signer).sign(unsigned, before);
    return store.reading.within(() => {
      const { version, gone, changed } = new Builder(memory).build(scratch, before);
      remember(memory, zone, before, version, now);
      return { built: { version, gone, changed }, due: signer.due, made: signer.made };
    });
  } finally {
    pin.release();
  }
}
/** The DNSKEYs of a version. */
function keysIn({ memory: { words, bytes } }: Store, zone: Uint8Array, version: number): Uint8Array[] {
  const set = findSet(bytes, setsAt(words, words[version + APEX]!), TYPE.DNSKEY);
  if (set === 0) return [];
  const records = new StoredRecords(zone).read(bytes, set, zone, zone.length);
  return Array.from({ length: records.count }, (_, i) => records.bytes.slice(records.starts[i], records.starts[i + 1]));
}
