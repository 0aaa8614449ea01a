// The lines of *secondary* as data (SEC-1). Knows words and addresses; opens nothing.
import { join } from 'node:path';
import { readDigestRule } from '../../authority/zone/digest-rule.ts';
import type { DigestRule } from '../../authority/zone/digest-rule.ts';
import { MOST_ITERATIONS } from '../../authority/zone/version.ts';
import type { Directive } from '../../corefile/directive.ts';
import { parseCIDR } from '../../dns/address.ts';
import type { CIDR } from '../../dns/address.ts';
import { Name } from '../../dns/name.ts';
import { NEVER, covers, readFallthrough } from '../../kernel/site/fallthrough.ts';
import type { Fallthrough } from '../../kernel/site/fallthrough.ts';
import type { Lines, ParseContext } from '../../kernel/site/plugin.ts';
import { Zones, zonesOf } from '../../kernel/site/zones.ts';
import { readClientPem } from '../../upstream/client-tls.ts';
import { readPrimaries } from './primaries.ts';
import type { Primary, PrimaryTls } from './primaries.ts';

/** Who may say that a zone has changed. */
export interface Notifying {
  readonly networks: readonly CIDR[];
  /** A key with which it has to be signed, with its last dot. */
  readonly keys: readonly string[];
}
/** One line with its block. */
export interface SecondaryLine {
  readonly zones: readonly Name[];
  readonly primaries: readonly Primary[];
  /** Its zones are lists of zones (RFC 9432); of these members alone are taken. */
  readonly catalog: Zones | undefined;
  readonly isCatalog: boolean;
  /** The most members of a catalog. */
  readonly mostMembers: number;
  /** What questions to primaries are signed with. */
  readonly key: string | undefined;
  readonly notify: Notifying;
  readonly mostRecords: number;
  /** 0: ten times what the zone had, the first time 1 GiB. */
  readonly mostBytes: number;
  /** The most iterations of hashes (RFC 9276). */
  readonly mostIterations: number;
  /** The folder in which the zones are kept from one process to the next. */
  readonly snapshot: string | undefined;
  /** UPDATEs of its zones go to the primaries. */
  readonly forwardsUpdates: boolean;
  /** All primaries are asked, and the newest version is taken. */
  readonly isNewest: boolean;
  /** Primaries are asked for how long they may serve the zone themselves (RFC 7314). */
  readonly asksExpiry: boolean;
  /** What is done about the digest of its zones. */
  readonly digest: DigestRule;
  /** Each zone has numbers of its own, however many there are. */
  readonly allMetrics: boolean;
}
/** What the lines of a block say. */
export interface Settings {
  readonly lines: readonly SecondaryLine[];
  readonly fallthrough: Fallthrough;
}
type Draft = { -readonly [key in keyof SecondaryLine]: SecondaryLine[key] } & { hosts: string[]; networks: CIDR[]; keys: string[] };

/** Reads the lines; throws with CoreDNS's texts. */
export function readSettings(lines: Lines, context: ParseContext): Settings {
  let fallthrough = NEVER;
  const read = lines.map((line) => {
    const networks: CIDR[] = [];
    const keys: string[] = [];
    const tls: PrimaryTls = { pem: undefined, serverName: undefined };
    const path = (text: string): string => (text.startsWith('/') ? text : join(context.root ?? '', text));
    const draft: Draft = {
      zones: zonesOf(line.rest(), context.zones).names, primaries: [], hosts: [], catalog: undefined, isCatalog: false, key: undefined,
      mostMembers: Infinity,
      notify: { networks, keys }, networks, keys, mostRecords: Infinity, mostBytes: 0,
      mostIterations: MOST_ITERATIONS, isNewest: false, forwardsUpdates: false,
      asksExpiry: false, digest: 'check', snapshot: undefined, allMetrics: false,
    };
    line.properties({
      transfer: (property) => readFrom(property, draft),
      catalog(property) {
        const members = property.rest();
        draft.isCatalog = true;
        draft.catalog = members.length === 0 ? undefined : new Zones(zonesOf(members, []).names);
      },
      members(property) {
        if (property.arg() !== 'max') property.fail('members knows the word max alone', 'members max N');
        draft.mostMembers = property.integer('members max', { min: 1 });
        property.end();
      },
      fallthrough(property) {
        fallthrough = readFallthrough(property);
      },
      key(property) {
        draft.key = keyName(property, property.arg());
        property.end();
      },
      notify: (property) => readNotify(property, draft),
      max_records(property) {
        draft.mostRecords = property.integer('max_records', { min: 1 });
        property.end();
      },
      nsec3_iterations(property) {
        draft.mostIterations = property.integer('nsec3_iterations', { min: 0, max: 65_535 });
        property.end();
      },
      max_bytes(property) {
        draft.mostBytes = property.integer('max_bytes', { min: 1 });
        property.end();
      },
      snapshot(property) {
        draft.snapshot = path(property.arg());
        property.end();
      },
      tls(property) {
        const files = property.rest();
        if (files.length > 3) property.wrongArgs();
        tls.pem = property.attempt(() => readClientPem(files.map(path), context.machine.readFile));
      },
      tls_servername(property) {
        tls.serverName = property.arg();
        property.end();
      },
      forward_updates(property) {
        property.bare();
        draft.forwardsUpdates = true;
      },
      newest(property) {
        property.bare();
        draft.isNewest = true;
      },
      zonemd(property) {
        draft.digest = readDigestRule(property);
      },
      zone_metrics(property) {
        if (property.arg() !== 'all') property.fail('zone_metrics knows the word all alone', 'zone_metrics all');
        property.end();
        draft.allMetrics = true;
      },
      expire_option(property) {
        property.bare();
        draft.asksExpiry = true;
      },
    });
    if (draft.hosts.length === 0) line.fail('secondary zones require a transfer from property');
    draft.primaries = readPrimaries(line, draft.hosts, tls);
    return draft;
  });
  const sources = read.flatMap(({ zones }, i) => zones.map((zone) =>
    ({ zone: zone.text, at: lines[i]!.at, falls: covers(fallthrough, zone) })));
  lines[0].mentions({ what: 'sources', list: async () => sources });
  return { lines: read, fallthrough };
}
function keyName(line: Directive, text: string): string {
  return line.attempt(() => Name.parse(text).folded.text);
}

function readFrom(line: Directive, draft: Draft): void {
  const word = line.arg();
  if (word !== 'from') line.fail(`unknown property ${word}`, 'transfer from ADDRESS...');
  const hosts = line.rest();
  if (hosts.length === 0) line.wrongArgs();
  for (const host of hosts) {
    if (host === '*') line.refuse("can't use '*' in transfer from");
    draft.hosts.push(host);
  }
}
function readNotify(line: Directive, draft: Draft): void {
  if (line.arg() !== 'from') line.wrongArgs('notify from ADDRESS|CIDR|key NAME');
  const words = line.rest();
  if (words.length === 0) line.wrongArgs();
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === 'key') {
      const name = words[++i];
      if (name === undefined) return line.wrongArgs('behind key stands its name');
      draft.keys.push(keyName(line, name));
      continue;
    }
    const network = parseCIDR(word.includes('/') ? word : `${word}/${word.includes(':') ? 128 : 32}`);
    if (network === undefined) return line.refuse(`must specify an IP address or a network: \`${word}'`);
    draft.networks.push(network);
  }
}
