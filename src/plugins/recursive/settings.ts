// The line of *recursive* and its properties: what is trusted, whom to ask for which zone, how far to go. Knows words; opens nothing.
import { parseCIDR, parseZonedAddress } from '../../dns/address.ts';
import type { CIDR } from '../../dns/address.ts';
import { splitHostPort } from '../../dns/host-port.ts';
import { latin1 } from '../../dns/latin1.ts';
import { Name } from '../../dns/name.ts';
import { parseRR } from '../../dns/rr.ts';
import type { RR } from '../../dns/rr.ts';
import { algorithmOf } from '../../dnssec/algorithm.ts';
import { digestLength } from '../../dnssec/delegation.ts';
import { once } from '../../corefile/directive.ts';
import type { Directive, Lines } from '../../corefile/directive.ts';
import type { Machine, ParseContext } from '../../kernel/site/plugin.ts';
import { zonesOf } from '../../kernel/site/zones.ts';
import type { Zones } from '../../kernel/site/zones.ts';
import type { TrackedFile } from '../../resolver/anchor-tracker.ts';
import { ROOT_ANCHORS, anchorsFrom } from '../../resolver/anchors.ts';
import type { InsecureZone, ValidationSettings } from '../../resolver/anchors.ts';
import { fileBeside, firstAnchors, stateOf } from '../../resolver/followed-anchors.ts';
import type { FollowedAnchors } from '../../resolver/followed-anchors.ts';
import { PrivateAddresses } from '../../resolver/private-addresses.ts';
import { DEFAULTS, keptOctets, rootServersFrom } from '../../resolver/settings.ts';
import type { GivenZone, ResolverSettings, ServerAddress, StaleSettings } from '../../resolver/settings.ts';
import { upstreamZones } from '../../resolver/whole-zone.ts';
import type { WholeZone } from '../../resolver/whole-zone.ts';

/** What the line says. */
export interface Settings {
  readonly zones: Zones;
  readonly resolver: ResolverSettings;
  /** The root, where it is had whole. */
  readonly whole: readonly WholeZone[];
  readonly trust: FollowedAnchors;
  readonly validation: Omit<ValidationSettings, 'wall'>;
}

/** NSEC3 with more is as good as unsigned (RFC 9276, CVE-2023-50868). */
const ITERATIONS = 50;
/** Milliseconds and seconds where `stale` does not say them (RFC 8767 section 5). */
const AFTER = 1800, ANSWER = 30;

/** Reads the line. Throws CorefileError. */
export function readSettings(lines: Lines, { machine, zones: block }: ParseContext): Settings {
  const line = once(lines);
  const zones = zonesOf(line.rest(), block);
  const fixed: RR[] = [];
  const files: TrackedFile[] = [];
  const given: GivenZone[] = [];
  const insecure: InsecureZone[] = [];
  const networks: CIDR[] = [];
  const excepted: Name[] = [];
  const roots: ServerAddress[] = [];
  let { hints, minimise, stale, prefetch, mixed }: Pick<ResolverSettings, 'hints' | 'minimise' | 'stale' | 'prefetch' | 'mixed'> = DEFAULTS;
  let ipv6 = 'auto';
  let { cacheBytes } = DEFAULTS;
  line.properties({
    trust_anchor: (property) => {
      const said = trustAnchor(property, machine);
      if ('path' in said) files.push(said);
      else fixed.push(...said);
    },
    root_hints: (property) => {
      hints = rootServersFrom(recordsOf(property, property.only(), machine));
      if (hints.length === 0) property.fail('the file names no server of the root');
    },
    local_root: (property) => void roots.push(...property.words(1).map((text) => addressIn(property, text))),
    stub: (property) => void given.push(givenZone(property, 'stub')),
    forward: (property) => void given.push(givenZone(property, 'forward')),
    insecure: (property) => void insecure.push(notValidated(property)),
    minimise: (property) => {
      minimise = oneOf(property, ['on', 'strict', 'off']);
    },
    ipv6: (property) => {
      ipv6 = oneOf(property, ['auto', 'on', 'off']);
    },
    stale: (property) => {
      stale = staleSettings(property);
    },
    case: (property) => {
      property.end();
      mixed = true;
    },
    prefetch: (property) => {
      property.end();
      prefetch = true;
    },
    cache_size: (property) => {
      cacheBytes = sizeIn(property);
    },
    private: (property) => {
      const [cidrs, names] = privateWords(property);
      networks.push(...cidrs);
      excepted.push(...names);
    },
  });
  const whole = roots.length === 0 ? [] : [localRoot(roots)];
  const trust = { fixed: fixed.length + files.length === 0 ? ROOT_ANCHORS : fixed, files };
  return {
    zones, whole, trust,
    resolver: {
      ...DEFAULTS, cacheBytes, given: [...given, ...upstreamZones(whole)], hints, minimise, stale, prefetch, mixed,
      ipv6: ipv6 !== 'off', doubtsIpv6: ipv6 === 'auto' && !hasIPv6(machine),
      private: new PrivateAddresses(networks, excepted),
    },
    validation: {
      insecure, anchors: firstAnchors(trust), mostIterations: ITERATIONS, aggressive: true,
      permissive: false, hardenStripped: true, sentinel: true, signals: true,
      supports: (algorithm) => algorithmOf(algorithm) !== undefined, supportsDigest: (kind) => digestLength(kind) !== undefined,
    },
  };
}

/** The root by transfer (RFC 8806): proved by its ZONEMD, and where it is not there, resolved as if nothing was said. */
const localRoot = (addresses: readonly ServerAddress[]): WholeZone => ({
  zone: Name.root, file: undefined, primaries: { addresses, names: [], notify: { networks: [], keys: [], names: [] } },
  downstream: false, upstream: true, fallback: true, digest: 'require',
});

/** A record in quotes, or a file, whose keys are followed unless they are static. */
function trustAnchor(property: Directive, machine: Machine): readonly RR[] | TrackedFile {
  const text = property.arg();
  const isRecord = /\s/.test(text);
  const isStatic = isRecord || property.more;
  if (!isRecord && property.more && property.arg() !== 'static') property.fail('behind the file there may be \'static\' alone');
  property.end();
  const records = isRecord ? [property.attempt(() => parseRR(text), (reason) => property.fail(reason))]
    : recordsOf(property, text, machine);
  const found = records.filter((each) => each !== undefined);
  if (anchorsFrom(found).length === 0) property.fail('no DS and no DNSKEY', 'name a file with such records, or one of them in quotes');
  return isStatic ? found : fileBeside(text, readText(text, machine), maybeText(stateOf(text), machine));
}
function readText(path: string, machine: Machine): string {
  const octets = machine.readFile(path);
  return latin1(octets, 0, octets.length);
}
/** Of a file that may be there. */
function maybeText(path: string, machine: Machine): string | undefined {
  try {
    return readText(path, machine);
  } catch {
    return undefined;
  }
}
function recordsOf(property: Directive, path: string, machine: Machine): RR[] {
  property.mentions({ what: 'file', path });
  const text = property.attempt(() => readText(path, machine), (reason) => property.fail(reason));
  return text.split('\n').flatMap((line, i) =>
    property.attempt(() => parseRR(line), (reason) => property.fail(`${path}:${i + 1}: ${reason}`)) ?? []);
}
function givenZone(property: Directive, kind: 'stub' | 'forward'): GivenZone {
  const zone = nameIn(property, property.arg());
  const addresses = property.words(1).map((text) => addressIn(property, text));
  return { zone, kind, addresses, names: [], first: false, prime: false, tcp: false, keeps: true };
}
function addressIn(property: Directive, text: string): ServerAddress {
  if (text.includes('://')) property.fail(`${text}: servers are asked over UDP and TCP here`, 'for other ways use *forward*');
  if (parseZonedAddress(text) !== undefined) return { address: text, port: 53 };
  const { host, port } = property.attempt(() => splitHostPort(text), () => property.fail(`not an address: ${text}`));
  const number = Number(port);
  if (parseZonedAddress(host) === undefined || !/^\d{1,5}$/.test(port) || number === 0 || number > 65535) {
    property.fail(`not an address: ${text}`, 'ADDRESS or ADDRESS:PORT, IPv6 with a port in brackets');
  }
  return { address: host, port: number };
}
const nameIn = (property: Directive, text: string): Name => Name.maybe(text) ?? property.fail(`not a name: ${text}`);

/** `NAME [until DATE]`. */
function notValidated(property: Directive): InsecureZone {
  const zone = nameIn(property, property.arg());
  if (!property.more) return { zone, until: Infinity };
  if (property.arg() !== 'until') property.fail("'until' was expected behind the name");
  const text = property.only();
  const until = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(until)) property.fail(`not a date: ${text}`, 'such as 2026-12-31 or 2026-12-31T12:00:00Z');
  return { zone, until };
}
/** `64M`: of a megabyte and up to 512. */
function sizeIn(property: Directive): number {
  const text = property.only();
  const [, digits, unit] = /^(\d{1,4})([MG])$/.exec(text) ?? [];
  const octets = Number(digits) * (unit === 'G' ? 2 ** 30 : 2 ** 20);
  if (digits === undefined || keptOctets(octets) !== octets) property.fail(`not a size: ${text}`, 'from 1M to 512M');
  return octets;
}
function oneOf<const T extends string>(property: Directive, words: readonly T[]): T {
  const text = property.only();
  return words.find((word) => word === text) ?? property.fail(`${property.word} is one of ${words.join(', ')}, not '${text}'`);
}
/** `DURATION [answer DURATION] [after DURATION]`. */
function staleSettings(property: Directive): StaleSettings {
  const keep = days(property, property.arg());
  const said = { answer: ANSWER * 1000, after: AFTER };
  while (property.more) {
    const word = property.arg();
    if (word !== 'answer' && word !== 'after') property.fail(`'answer' or 'after' was expected, not '${word}'`);
    else said[word] = property.duration(property.arg());
  }
  return { keep, after: said.after, ttl: Math.max(1, Math.round(said.answer / 1000)) };
}
/** A duration, or a number of days. */
const days = (property: Directive, text: string): number =>
  (/^\d{1,4}d$/.test(text) ? Number(text.slice(0, -1)) * 86_400_000 : property.duration(text));
/** `CIDR... [except NAME...]`. */
function privateWords(property: Directive): readonly [CIDR[], Name[]] {
  const words = property.words(1);
  const split = words.indexOf('except');
  const cidrs = (split < 0 ? words : words.slice(0, split)).map((text) => parseCIDR(text) ?? property.fail(`not a network: ${text}`));
  if (cidrs.length === 0) property.fail('private names no network');
  return [cidrs, split < 0 ? [] : words.slice(split + 1).map((text) => nameIn(property, text))];
}
/** Whether this machine has an address of IPv6 that leads further than itself. */
const hasIPv6 = (machine: Machine): boolean =>
  [...machine.interfaces().values()].flat().some((address) => address.includes(':') && !/^(?:::1$|fe80:)/i.test(address));
