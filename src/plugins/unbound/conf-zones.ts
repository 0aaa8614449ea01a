// The zones that an unbound.conf has whole, as `auth-zone` says them. Knows settings; opens no file.
import type { DigestRule } from '../../authority/zone/digest-rule.ts';
import type { Name } from '../../dns/name.ts';
import type { GivenZone } from '../../resolver/settings.ts';
import type { Conf, ConfClause } from './conf.ts';
import { nameIn, yesIn } from './conf-said.ts';
import { ConfError } from './conf-words.ts';

/** One of them. */
export interface AuthZone {
  readonly zone: Name;
  /** Its master file. */
  readonly file: string;
  /** Clients are answered from it, with AA; and the resolver asks it instead of the servers of the world. */
  readonly downstream: boolean;
  readonly upstream: boolean;
  /** Where it cannot be served, it is resolved as any other. */
  readonly fallback: boolean;
  /** What is done about its ZONEMD. */
  readonly digest: DigestRule;
}

/** Those of a file; `permissive`: a wrong digest does not matter. Throws ConfError. */
export const authZones = ({ clauses }: Conf, permissive: boolean): AuthZone[] =>
  clauses.filter(({ kind }) => kind === 'auth-zone').map((clause) => authZone(clause, permissive));

function authZone({ settings, at }: ConfClause, permissive: boolean): AuthZone {
  const last = (name: string) => settings.findLast((each) => each.name === name);
  const name = last('name');
  if (name === undefined) throw new ConfError(at, 'auth-zone lacks its name');
  const zone = nameIn(name);
  const file = last('zonefile')?.values[0] ?? '';
  if (file === '') throw new ConfError(at, `auth-zone ${zone.text} has no zonefile`);
  const digest = permissive || !yesIn(last('zonemd-check'), false) ? 'ignore'
    : yesIn(last('zonemd-reject-absence'), false) ? 'require' : 'check';
  return { zone, file, downstream: yesIn(last('for-downstream'), true), upstream: yesIn(last('for-upstream'), true),
    fallback: yesIn(last('fallback-enabled'), false), digest };
}

/** Those that the resolver asks, as zones whose server is this one. */
export const upstreamZones = (zones: readonly AuthZone[]): GivenZone[] => zones.filter(({ upstream }) => upstream)
  .map(({ zone, fallback }) => ({ zone, kind: 'zone', addresses: [{ address: zone.text, port: 0 }], names: [], first: fallback,
    prime: false, tcp: false, keeps: true }));
