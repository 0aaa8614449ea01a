// A response policy zone as a line says it: what is done in place of what its rules say, for whom, and under which name. Knows actions;
// looks nothing up.
import { Name } from '../dns/name.ts';
import { record } from '../dns/rr.ts';
import type { RR } from '../dns/rr.ts';
import { latin1Bytes } from '../dns/latin1.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import type { Query } from '../kernel/query/query.ts';
import type { RuleRecord } from './rpz-build.ts';
import { DATA, DROP, NODATA, NXDOMAIN, PASSTHRU, TCP_ONLY } from './rpz-words.ts';

/** What is done where a rule of the zone fits: what the rule says, nothing but telling, or this. */
export type Policy = 'given' | 'disabled' | 'passthru' | 'drop' | 'nxdomain' | 'nodata' | 'tcp-only' | { readonly cname: Name };
/** One zone of a line. */
export interface RpzZone {
  readonly zone: Name;
  /** What it is called where its work is seen. */
  readonly name: string;
  readonly path: string;
  readonly policy: Policy;
  readonly log: boolean;
  /** Nothing is done, whatever the policy: what would be is counted and told. */
  readonly reportsOnly?: boolean;
  /** The file comes from elsewhere, and may not be there yet. */
  readonly isFed?: boolean;
  /** NXDOMAIN is told from a true one by RA. */
  readonly signals: boolean;
  /** Whose questions it is for; undefined for everybody's. */
  readonly isFor: ((query: Query) => boolean) | undefined;
}

const ACTIONS: Readonly<Record<string, number>> = {
  nxdomain: NXDOMAIN, nodata: NODATA, passthru: PASSTHRU, drop: DROP, 'tcp-only': TCP_ONLY,
};
/** The bit of a word. */
export const actionOf = (policy: Exclude<Policy, object>): number => ACTIONS[policy] ?? 0;
/** The word of a bit. */
export const actionName = (action: number): string =>
  Object.entries(ACTIONS).find(([, bit]) => bit === action)?.[0] ?? (action === DATA ? 'data' : 'none');

/** A rule's records, at the name that is asked for. A wildcard in a target stands for that name. */
export function recordsAt(name: Name, type: number, data: readonly RuleRecord[]): RR[] {
  const alias = data.find(([own]) => own === TYPE.CNAME);
  const wanted = alias === undefined ? data.filter(([own]) => own === type || type === TYPE.ANY) : [alias];
  return wanted.map(([own, ttl, rdata]) =>
    record(name, own, CLASS.IN, ttl, own === TYPE.CNAME ? targetOf(name, rdata) : latin1Bytes(rdata)));
}
function targetOf(name: Name, rdata: string): Uint8Array {
  const target = Name.wire(rdata);
  if (!target.isWildcard) return target.octets;
  const labels = [...name.split(), ...target.split().slice(1)];
  return labels.reduce((sum, label) => sum + label.length + 1, 1) > 255 ? target.octets : Name.of(labels).octets;
}
