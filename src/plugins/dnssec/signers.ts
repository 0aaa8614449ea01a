// Who signs what: for each zone the keys, and what is known of them once and for all (DSEC-2). Knows zones and keys; knows no reply.
import { latin1Bytes } from '../../dns/latin1.ts';
import type { Name } from '../../dns/name.ts';
import { record } from '../../dns/rr.ts';
import type { RR } from '../../dns/rr.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import type { SigningKey } from '../../dnssec/signing-key.ts';
import { MOST_LABELS, ZoneMap, labelsAt } from '../../kernel/site/zones.ts';
import type { Mac } from '../../store/mac.ts';

/** Octets of an RRSIG's data before the signer. */
const HEAD = 18;

/** A key as it signs for one zone. */
export interface ZoneKey {
  readonly key: SigningKey;
  /** The wire form of the zone's name in lower case: the signer. */
  readonly signer: Uint8Array;
  /** Octets of an RRSIG's data. */
  readonly size: number;
  /** What tells it from all others, in two words: a hash of its DNSKEY and the signer. */
  readonly id: readonly [number, number];
}

/** One zone with its keys. */
export interface Signer {
  readonly zone: Name;
  readonly wire: Uint8Array;
  /** All of them as records of the zone, each with the TTL of its file (DSEC-3). */
  readonly dnskeys: readonly RR[];
  /** Those that sign the DNSKEYs, and those that sign all else. */
  readonly forKeys: readonly ZoneKey[];
  readonly forOthers: readonly ZoneKey[];
}

/** Split where there are both kinds; else every key signs everything. */
export function signerOf(zone: Name, keys: readonly SigningKey[], mac: Mac): Signer {
  const wire = latin1Bytes(zone.key);
  const all = keys.map((key): ZoneKey => {
    const both = new Uint8Array(key.data.length + wire.length + 16);
    both.set(key.data);
    both.set(wire, key.data.length);
    const [first, second] = mac.of(both, 0, key.data.length + wire.length) as unknown as [number, number];
    return { key, signer: wire, size: HEAD + wire.length + key.signatureLength, id: [first, second] };
  });
  const entry = all.filter(({ key }) => key.entryPoint);
  const rest = all.filter(({ key }) => !key.entryPoint);
  const split = entry.length > 0 && rest.length > 0;
  return {
    zone, wire, forKeys: split ? entry : all, forOthers: split ? rest : all,
    dnskeys: keys.map(({ ttl, data }) => record(zone, TYPE.DNSKEY, CLASS.IN, ttl, data)),
  };
}

/** The signers of all zones. */
export class Signers {
  readonly #map: ZoneMap<Signer>;
  readonly #byKey: ReadonlyMap<string, Signer>;
  readonly #starts = new Int32Array(MOST_LABELS);

  /** `keysOf` says which keys sign a zone. */
  constructor(zones: readonly Name[], keysOf: (zone: Name) => readonly SigningKey[], mac: Mac) {
    const all = zones.map((zone): [Name, Signer] => [zone, signerOf(zone.folded, keysOf(zone), mac)]);
    this.#map = new ZoneMap(all);
    this.#byKey = new Map(all.toReversed().map(([zone, signer]) => [zone.key, signer]));
  }
  /** That of the most specific zone which holds the folded wire name; undefined where none does. */
  of(name: Uint8Array): Signer | undefined {
    this.#map.find(name, this.#starts, labelsAt(name, 0, this.#starts));
    return this.#map.value;
  }
  /** That of exactly this zone. */
  exactly(zone: Name): Signer | undefined {
    return this.#byKey.get(zone.key);
  }
}
