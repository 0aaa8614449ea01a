// What an unbound.conf means to a resolver. Knows settings by name and a resolver's own; reads the files that it names.
import { parseZonedAddress } from '../../dns/address.ts';
import type { CIDR } from '../../dns/address.ts';
import type { RR } from '../../dns/rr.ts';
import { algorithmOf } from '../../dnssec/algorithm.ts';
import { digestLength } from '../../dnssec/delegation.ts';
import { readTracked } from '../../resolver/anchor-file.ts';
import type { TrackedFile } from '../../resolver/anchor-tracker.ts';
import type { ValidationSettings } from '../../resolver/anchors.ts';
import { TRACKING_TIMES } from '../../dnssec/anchor-tracking.ts';
import { firstAnchors } from '../../resolver/followed-anchors.ts';
import type { FollowedAnchors } from '../../resolver/followed-anchors.ts';
import type { LocalViews } from '../../resolver/local-views.ts';
import { PrivateAddresses } from '../../resolver/private-addresses.ts';
import { DEFAULTS, keptOctets, rootServersFrom } from '../../resolver/settings.ts';
import type { GivenZone, ResolverSettings, ServerAddress, StaleSettings } from '../../resolver/settings.ts';
import { upstreamZones } from '../../resolver/whole-zone.ts';
import type { WholeZone } from '../../resolver/whole-zone.ts';
import { amendSettings } from './conf-amend.ts';
import type { AmendSettings } from './conf-amend.ts';
import { serverRules } from './conf-servers.ts';
import { authZones } from './conf-zones.ts';
import { clientStrings, identifierOf } from './conf-edns.ts';
import { localViews } from './conf-local.ts';
import { rpzZones } from './conf-rpz.ts';
import type { RpzZone } from '../../policy/rpz-zone.ts';
import { Said, nameIn, networks, recordOf, wrong, yesIn } from './conf-said.ts';
import { AccessList, accessAction } from './access.ts';
import type { AccessAction } from './access.ts';
import type { ServerName, ServerNames } from './server-names.ts';
import type { Conf, ConfClause, ConfSetting } from './conf.ts';
import { ConfError } from './conf-words.ts';

/** What a file means. Without `validation` nothing is validated. */
export interface ConfMeans {
  readonly access: AccessList;
  readonly local: LocalViews;
  /** What is made of answers. */
  readonly amend: AmendSettings;
  /** What the server says of itself. */
  readonly names: ServerNames;
  /** Zones that are had whole. */
  readonly zones: readonly WholeZone[];
  /** Zones of policies, in their order. */
  readonly policies: readonly RpzZone[];
  readonly resolver: ResolverSettings;
  /** Octets that a reply over UDP has at most, whatever the client takes. */
  readonly mostOverUdp: number;
  /** What is told who asks which server answers. */
  readonly identifier: Uint8Array | undefined;
  /** What is trusted to begin with. */
  readonly trust: FollowedAnchors;
  readonly validation: Omit<ValidationSettings, 'wall'> | undefined;
}
/** Milliseconds that a question may take: Unbound sets no bound of its own, and who has servers that are slow may need it. */
const PATIENCE = 15_000;
/** Octets of a reply over UDP where nothing is said: it fits one packet everywhere (RFC 9715; Unbound's own). */
const OVER_UDP = 1232;
/** NSEC3 with more is not counted, where nothing else is said (Unbound's own). */
const ITERATIONS = 150;

/** Gives meaning to what was read. Throws ConfError. */
export function settingsOf(conf: Conf, readText: (path: string) => string): ConfMeans {
  const said = Said.server(conf);
  const zones = authZones(conf, said.yes('zonemd-permissive-mode', false));
  const policies = rpzZones(conf, said);
  const hints = said.last('root-hints');
  const resolver: ResolverSettings = {
    ...DEFAULTS, given: [...conf.clauses.filter(isGiven).map(given), ...upstreamZones(zones)],
    minimise: !said.yes('qname-minimisation', true) ? 'off' : said.yes('qname-minimisation-strict', false) ? 'strict' : 'on',
    verifiesGlue: said.yes('harden-unverified-glue', false), mostServers: said.number('iter-scrub-ns', DEFAULTS.mostServers),
    anyGlue: !said.yes('harden-glue', true), promiscuous: !said.yes('iter-scrub-promiscuous', true),
    hardenBelowNxdomain: said.yes('harden-below-nxdomain', true), ...serverRules(said),
    private: new PrivateAddresses(networks(said.all('private-address')), said.names('private-domain')),
    ipv4: said.yes('do-ip4', true), ipv6: said.yes('do-ip6', true), tcpOnly: said.yes('tcp-upstream', false),
    dnssecOk: !said.yes('disable-edns-do', false), mixed: said.yes('use-caps-for-id', false), cookies: false,
    reports: said.yes('dns-error-reporting', false),
    mostTtl: said.number('cache-max-ttl', DEFAULTS.mostTtl),
    mostNegativeTtl: said.number('cache-max-negative-ttl', DEFAULTS.mostNegativeTtl),
    leastTtl: said.number('cache-min-ttl', 0), leastNegativeTtl: said.number('cache-min-negative-ttl', 0),
    originalTtl: said.yes('serve-original-ttl', false), mostAliases: said.number('max-query-restarts', DEFAULTS.mostAliases),
    optionsFor: clientStrings(said),
    tries: Math.max(1, said.number('outbound-msg-retry', DEFAULTS.tries)),
    mostQuestions: said.number('max-global-quota', DEFAULTS.mostQuestions), patience: PATIENCE, mostTime: PATIENCE,
    prefetch: said.yes('prefetch', false), stale: staleOf(said), cacheBytes: cacheBytes(said),
    hints: hints === undefined ? DEFAULTS.hints : rootServersFrom(recordsIn(hints, readText)),
  };
  const modules = (said.last('module-config')?.values[0] ?? 'validator iterator').split(/\s+/);
  const amend = amendSettings(said, modules);
  const trust = modules.includes('validator') ? trustOf(said, readText) : { fixed: [], files: [] };
  const access = new AccessList(said.all('access-control').map(accessRule));
  const local = localViews(conf);
  const nameOf = (kind: string): ServerName => (said.yes(`hide-${kind}`, false) ? false : said.last(kind)?.values[0]);
  const names = { identity: nameOf('identity'), version: nameOf('version') };
  const identifier = identifierOf(said);
  const mostOverUdp = said.number('max-udp-size', OVER_UDP);
  const means = { access, amend, local, names, zones, policies, resolver, mostOverUdp, identifier, trust };
  // A zone all of whose keys were revoked is one of which nothing is trusted.
  const isTrusting = trust.fixed.length > 0 || trust.files.some(({ zones: all }) => all.some(({ isOver }) => !isOver));
  if (!isTrusting) return { ...means, validation: undefined };
  return { ...means, validation: {
    anchors: firstAnchors(trust), insecure: said.names('domain-insecure').map((zone) => ({ zone, until: Infinity })),
    mostIterations: iterations(said),
    permissive: said.yes('val-permissive-mode', false),
    aggressive: said.yes('aggressive-nsec', true), hardenStripped: said.yes('harden-dnssec-stripped', true),
    sentinel: said.yes('root-key-sentinel', true), signals: said.yes('trust-anchor-signaling', true),
    supports: (algorithm) => algorithmOf(algorithm) !== undefined, supportsDigest: (kind) => digestLength(kind) !== undefined,
  } };
}

/** Sets and messages are kept together here; as much as there may be of both. */
function cacheBytes(said: Said): number {
  const sizes = ['rrset-cache-size', 'msg-cache-size'].map((name) => said.octets(name));
  const both = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  return sizes.some((size) => size !== undefined) ? keptOctets(both) : DEFAULTS.cacheBytes;
}
/** Unbound's own where nothing is said: for ever, after 1.8 s, for 30 s. */
function staleOf(said: Said): StaleSettings | undefined {
  if (!said.yes('serve-expired', false)) return undefined;
  const keep = said.number('serve-expired-ttl', 86400) * 1000;
  const after = said.number('serve-expired-client-timeout', 1800);
  return { keep: keep === 0 ? Infinity : keep, after, ttl: said.number('serve-expired-reply-ttl', 30) };
}

function accessRule(setting: ConfSetting): { readonly network: CIDR; readonly action: AccessAction } {
  const [network] = networks([setting]);
  const action = accessAction(setting.values[1]!);
  if (action === undefined) throw wrong(setting, 'a network and one of deny, refuse, allow, allow_setrd, allow_snoop');
  return { network: network!, action };
}
/** `1024 150 2048 150 4096 150`: sizes of keys, and how many iterations each may have; ours is the most of them. */
function iterations(said: Said): number {
  const found = said.last('val-nsec3-keysize-iterations');
  if (found === undefined) return ITERATIONS;
  const numbers = found.values[0]!.trim().split(/\s+/).map(Number);
  if (numbers.length % 2 !== 0 || numbers.some((each) => !Number.isInteger(each))) throw wrong(found, 'pairs of numbers');
  return Math.max(...numbers.filter((_, i) => i % 2 === 1));
}

const isGiven = ({ kind }: ConfClause): boolean => kind === 'stub-zone' || kind === 'forward-zone';
/** A clause of servers. */
function given({ kind, settings, at }: ConfClause): GivenZone {
  const prefix = kind === 'stub-zone' ? 'stub' : 'forward';
  const of = (name: string): ConfSetting[] => settings.filter((each) => each.name === name);
  const [name] = of('name');
  if (name === undefined) throw new ConfError(at, `${kind} lacks its name`);
  const addresses = of(`${prefix}-addr`).map(serverAddress);
  const names = of(`${prefix}-host`).map(nameIn);
  if (addresses.length + names.length === 0) throw new ConfError(at, `${kind} ${name.values[0]} has no servers: name ${prefix}-addr`);
  return { zone: nameIn(name), kind: prefix, addresses, names, first: yesIn(of(`${prefix}-first`).at(-1), false),
    prime: yesIn(of('stub-prime').at(-1), false), tcp: yesIn(of(`${prefix}-tcp-upstream`).at(-1), false),
    keeps: !yesIn(of(`${prefix}-no-cache`).at(-1), false) };
}
/** `192.0.2.1`, `192.0.2.1@5353`, `192.0.2.1@853#name`. */
function serverAddress(setting: ConfSetting): ServerAddress {
  const [, address = '', port = '53'] = /^([^@#]+)(?:@(\d{1,5}))?(?:#.*)?$/.exec(setting.values[0]!) ?? [];
  if (parseZonedAddress(address) === undefined || Number(port) > 65535) throw wrong(setting, 'an address, or ADDRESS@PORT');
  return { address, port: Number(port) };
}

/** Records of a file that is named by a setting. */
function recordsIn(setting: ConfSetting, readText: (path: string) => string): RR[] {
  const [path = ''] = setting.values;
  let text: string;
  try {
    text = readText(path);
  } catch (error) {
    throw new ConfError(setting.at, (error as Error).message);
  }
  return text.split('\n').flatMap((line, i) => recordOf(line, { file: path, line: i + 1 }) ?? []);
}
function trustOf(said: Said, readText: (path: string) => string): FollowedAnchors {
  const fixed = [
    ...said.all('trust-anchor').flatMap((setting) => recordOf(setting.values[0]!, setting.at) ?? []),
    ...[...said.all('trust-anchor-file'), ...said.all('trusted-keys-file')].flatMap((setting) => recordsIn(setting, readText)),
  ];
  const times = { addHoldDown: said.number('add-holddown', TRACKING_TIMES.addHoldDown),
    removeHoldDown: said.number('del-holddown', TRACKING_TIMES.removeHoldDown),
    keepMissing: said.number('keep-missing', TRACKING_TIMES.keepMissing) };
  return { fixed, times, files: said.all('auto-trust-anchor-file').map((setting) => trackedFile(setting, readText)) };
}
/** The file is what Unbound writes itself, and so do we. */
function trackedFile(setting: ConfSetting, readText: (path: string) => string): TrackedFile {
  const [path = ''] = setting.values;
  try {
    return { path, head: '', zones: readTracked(readText(path)) };
  } catch (error) {
    throw new ConfError(setting.at, error instanceof Error ? `${path}: ${error.message.replace(`${path}: `, '')}` : String(error));
  }
}
