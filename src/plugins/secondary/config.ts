// The lines of *secondary* as data (SEC-1). Knows words and addresses; opens nothing.
import { join } from 'node:path';
import { readDigestRule } from '../../authority/zone/digest-rule.ts';
import type { DigestRule } from '../../authority/zone/digest-rule.ts';
import { MOST_ITERATIONS } from '../../authority/zone/version.ts';
import type { Directive } from '../../corefile/directive.ts';
import { parseAddress, parseCIDR, printAddress, unmap } from '../../dns/address.ts';
import type { CIDR } from '../../dns/address.ts';
import { joinHostPort, splitHostPort } from '../../dns/host-port.ts';
import type { HostPort } from '../../dns/host-port.ts';
import { Name } from '../../dns/name.ts';
import { NEVER, readFallthrough } from '../../kernel/site/fallthrough.ts';
import type { Fallthrough } from '../../kernel/site/fallthrough.ts';
import type { Lines, ParseContext } from '../../kernel/site/plugin.ts';
import { Zones, zonesOf } from '../../kernel/site/zones.ts';

/** A server that has the zone. */
export interface Primary {
  /** `192.0.2.1:53`. */
  readonly text: string;
  readonly address: string;
  readonly port: number;
  /** The address as clients' addresses are printed. */
  readonly client: string;
}
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
type Draft = { -readonly [key in keyof SecondaryLine]: SecondaryLine[key] } & { primaries: Primary[]; networks: CIDR[]; keys: string[] };

/** Reads the lines; throws with CoreDNS's texts. */
export function readSettings(lines: Lines, context: ParseContext): Settings {
  let fallthrough = NEVER;
  const read = lines.map((line) => {
    const networks: CIDR[] = [];
    const keys: string[] = [];
    const draft: Draft = {
      zones: zonesOf(line.rest(), context.zones).names, primaries: [], catalog: undefined, isCatalog: false, key: undefined,
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
        const folder = property.arg();
        draft.snapshot = folder.startsWith('/') ? folder : join(context.root ?? '', folder);
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
    if (draft.primaries.length === 0) line.fail('secondary zones require a transfer from property');
    return draft;
  });
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
    draft.primaries.push(readPrimary(line, host));
  }
}
/** An address, or an address and a port (LIB-3). */
function readPrimary(line: Directive, text: string): Primary {
  const { host, port } = hostPort(text);
  const octets = parseAddress(host.replace(/%.*$/, ''));
  if (octets === undefined) return line.refuse(`must specify an IP address: \`${host}'`);
  const number = Number(port === '' ? '53' : port);
  if (!Number.isInteger(number) || number < 0 || number > 65535) line.doubt(`the port of ${text} is no number from 1 to 65535`);
  return { text: joinHostPort(host, port === '' ? '53' : port), address: host, port: number, client: printAddress(unmap(octets)) };
}
function hostPort(text: string): HostPort {
  try {
    return splitHostPort(text);
  } catch {
    return { host: text, port: '53' };
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
