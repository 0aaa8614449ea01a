// A zone that a resolver has whole: where it is from, who is answered from it, and what it has to show. Knows values; knows no file that
// says them.
import type { Notifying } from '../authority/pulling/notices.ts';
import type { DigestRule } from '../authority/zone/digest-rule.ts';
import type { Name } from '../dns/name.ts';
import type { GivenZone, ServerAddress } from './settings.ts';

/** Who has the zone, and who may say that it has changed beside them: names are looked up when they are needed. */
export interface WholeZonePrimaries {
  readonly addresses: readonly ServerAddress[];
  readonly names: readonly { readonly name: Name; readonly port: number }[];
  readonly notify: Notifying & { readonly names: readonly Name[] };
}
/** One of them. */
export interface WholeZone {
  readonly zone: Name;
  /** Its master file; with primaries what it is kept in, and may begin with. */
  readonly file: string | undefined;
  readonly primaries: WholeZonePrimaries | undefined;
  /** Clients are answered from it, with AA; and the resolver asks it instead of the servers of the world. */
  readonly downstream: boolean;
  readonly upstream: boolean;
  /** Where it cannot be served, it is resolved as any other. */
  readonly fallback: boolean;
  /** What is done about its ZONEMD. */
  readonly digest: DigestRule;
}

/** Those that the resolver asks, as zones whose server is this one. */
export const upstreamZones = (zones: readonly WholeZone[]): GivenZone[] => zones.filter(({ upstream }) => upstream)
  .map(({ zone, fallback }) => ({ zone, kind: 'zone', addresses: [{ address: zone.text, port: 0 }], names: [], first: fallback,
    prime: false, tcp: false, keeps: true }));
