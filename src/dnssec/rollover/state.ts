// Where the keys of a zone stand on their way through a rollover (RFC 7583): for each key what caches may have of its DNSKEY, of its
// signatures and of its DS. Data alone: knows no file, no clock, and nothing of which step comes next.

/** What caches have of something: nobody, some, all; or it is gone here, and some may have it still (RFC 7583's states for records). */
export const PRESENCES = ['hidden', 'rumoured', 'omnipresent', 'unretentive'] as const;
/** One of them. */
export type Presence = (typeof PRESENCES)[number];

/** A presence, since when, and when the next one follows. Times are seconds since 1970. */
export interface Phase {
  readonly presence: Presence;
  readonly since: number;
  /** Undefined where that does not depend on time yet: on the zone being published, or on what the parent shows. */
  readonly until?: number | undefined;
  /** Of a DS: the zone that says so (CDS) is published, and has been since then. */
  readonly isPublished?: true | undefined;
  /** Of a DS: the servers of the parent showed it at the end of that time too. */
  readonly isSettled?: true | undefined;
  /** Somebody said that the parent has done it: what its servers show is no longer asked. */
  readonly isConfirmed?: true | undefined;
}

/** What a key is for: it signs the zone, the keys, or both. */
export const ROLES = ['csk', 'ksk', 'zsk'] as const;
/** One of them. */
export type Role = (typeof ROLES)[number];

/** One key of a zone. */
export interface KeyState {
  /** The name of its files, without their endings. */
  readonly file: string;
  readonly role: Role;
  /** The DNSKEY's data. */
  readonly data: Uint8Array;
  readonly created: number;
  /** When it began to do what it is for. */
  readonly active?: number | undefined;
  /** Whether it shall be used. One that shall not is on its way out, and never comes back. */
  readonly isWanted: boolean;
  readonly dnskey: Phase;
  /** Its signatures over the zone. */
  readonly signatures: Phase;
  readonly ds: Phase;
}

/** A time to live that caches may have seen: the last one, and the greater one before it for as long as that lasts. */
export interface LastingTtl {
  readonly value: number;
  readonly before: number;
  readonly until: number;
}

/** All keys of a zone. */
export interface ZoneState {
  /** Counts what was written. */
  readonly revision: number;
  /** When. */
  readonly at: number;
  /** Counts what the zone has of its keys: the stamp of the plan. */
  readonly stamp: number;
  readonly keys: readonly KeyState[];
  /** Whether it stays as it is until somebody says otherwise. */
  readonly isHeld: boolean;
  readonly zoneTtl: LastingTtl;
  readonly keyTtl: LastingTtl;
  /** Of DS at the parent; 0 where none was seen yet. */
  readonly dsTtl: LastingTtl;
}

/** A zone without keys. */
export const NO_KEYS: ZoneState = {
  revision: 0, at: 0, stamp: 0, keys: [], isHeld: false, zoneTtl: { value: 0, before: 0, until: 0 },
  keyTtl: { value: 0, before: 0, until: 0 }, dsTtl: { value: 0, before: 0, until: 0 },
};

/** Whether keys of this role sign the zone, and whether they sign the keys. */
export const signsZone = ({ role }: Pick<KeyState, 'role'>): boolean => role !== 'ksk';
/** The same of keys. */
export const signsKeys = ({ role }: Pick<KeyState, 'role'>): boolean => role !== 'zsk';
/** Whether it is there as far as this side is concerned: shown, or asked for. */
export const isIn = ({ presence }: Phase): boolean => presence === 'rumoured' || presence === 'omnipresent';

/** What a key is at, as RFC 7583 calls it (section 3.1): what people are told. */
export function stageOf(key: KeyState): 'generated' | 'published' | 'ready' | 'active' | 'retired' | 'removed' {
  const { dnskey, signatures, ds, isWanted } = key;
  if (!isWanted) return [dnskey, signatures, ds].every(({ presence }) => presence === 'hidden') ? 'removed' : 'retired';
  if (signsKeys(key) ? ds.presence === 'omnipresent' : isIn(signatures)) return 'active';
  if (dnskey.presence === 'omnipresent') return 'ready';
  return dnskey.presence === 'hidden' && signatures.presence === 'hidden' ? 'generated' : 'published';
}
