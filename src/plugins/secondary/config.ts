// The lines of *secondary* as data (SEC-1). Knows words and addresses; opens nothing.
import { join } from 'node:path';
import type { Notifying } from '../../authority/pulling/notices.ts';
import type { TransferSettings } from '../../authority/pulling/settings.ts';
import { readDigestRule } from '../../authority/zone/digest-rule.ts';
import { MOST_ITERATIONS } from '../../authority/zone/version.ts';
import type { Directive, PropertyReaders } from '../../corefile/directive.ts';
import { parseCIDR } from '../../dns/address.ts';
import type { CIDR } from '../../dns/address.ts';
import { latin1 } from '../../dns/latin1.ts';
import { Name } from '../../dns/name.ts';
import { NEVER, covers, readFallthrough } from '../../kernel/site/fallthrough.ts';
import type { Fallthrough } from '../../kernel/site/fallthrough.ts';
import type { Lines, ParseContext } from '../../kernel/site/plugin.ts';
import { Zones, zonesOf } from '../../kernel/site/zones.ts';
import { readClientPem } from '../../upstream/client-tls.ts';
import { quoted } from '../../wording/quote.ts';
import { readPrimaries } from './primaries.ts';
import type { PrimaryTls } from './primaries.ts';

/** One line with its block. */
export interface SecondaryLine extends TransferSettings {
  readonly zones: readonly Name[];
  /** Its zones are lists of zones (RFC 9432); of these members alone are taken. */
  readonly catalog: Zones | undefined;
  readonly isCatalog: boolean;
  /**
   * The line as it is for members of groups (RFC 9432, section 4.3.2), by the group's name, of which `octets` has a character each: of
   * several the first counts.
   */
  readonly groups: readonly { readonly name: string; readonly octets: string; readonly line: SecondaryLine }[];
  /** The most members of a catalog. */
  readonly mostMembers: number;
  readonly notify: Notifying;
  /** UPDATEs of its zones go to the primaries. */
  readonly forwardsUpdates: boolean;
}
/** What the lines of a block say. */
export interface Settings {
  readonly lines: readonly SecondaryLine[];
  readonly fallthrough: Fallthrough;
}
/** What stands in a block: of the line, or of a group, which says what is otherwise for its members. */
interface Block {
  readonly said: { -readonly [key in keyof SecondaryLine]?: SecondaryLine[key] };
  readonly hosts: string[];
  readonly networks: CIDR[];
  readonly keys: string[];
  readonly tls: PrimaryTls;
}
const emptyBlock = (): Block => ({ said: {}, hosts: [], networks: [], keys: [], tls: { pem: undefined, serverName: undefined } });
const USUAL = {
  catalog: undefined, isCatalog: false, groups: [], key: undefined, mostMembers: Infinity, mostRecords: Infinity, mostBytes: 0,
  mostIterations: MOST_ITERATIONS, isNewest: false, forwardsUpdates: false, asksExpiry: false, digest: 'check', snapshot: undefined,
  allMetrics: false,
} as const;

/** Reads the lines; throws with CoreDNS's texts. */
export function readSettings(lines: Lines, context: ParseContext): Settings {
  let fallthrough = NEVER;
  const read = lines.map((line) => {
    const { names: zones } = zonesOf(line.rest(), context.zones);
    const block = emptyBlock();
    const groups: { readonly name: string; readonly at: Directive; readonly block: Block }[] = [];
    const { said: draft } = block;
    line.properties({
      ...readersOf(block, context),
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
      group(property) {
        const name = property.only();
        if (groups.some((each) => each.name === name)) property.fail(`the group ${quoted(name)} is there already`);
        const own = emptyBlock();
        property.properties(readersOf(own, context));
        groups.push({ name, at: property, block: own });
      },
    });
    if (groups.length > 0 && draft.isCatalog !== true) groups[0]!.at.fail('group is of use with catalog alone');
    if (block.hosts.length === 0) line.fail('secondary zones require a transfer from property');
    const { networks, keys } = block;
    const plain = { ...USUAL, ...draft, zones, primaries: readPrimaries(line, block.hosts, block.tls), notify: { networks, keys } };
    const own = groups.map(({ name, at, block: said }) => ({ name, octets: octetsOf(name), line: grouped(at, plain, block, said) }));
    return { ...plain, groups: own };
  });
  const sources = read.flatMap(({ zones }, i) => zones.map((zone) =>
    ({ zone: zone.text, at: lines[i]!.at, falls: covers(fallthrough, zone) })));
  lines[0].mentions({ what: 'sources', list: async () => sources });
  return { lines: read, fallthrough };
}
const octetsOf = (name: string): string => {
  const bytes = new TextEncoder().encode(name);
  return latin1(bytes, 0, bytes.length);
};
/** The line as it is for members of a group. */
function grouped(at: Directive, line: SecondaryLine, whole: Block, { said, hosts, networks, keys, tls }: Block): SecondaryLine {
  const hasTls = tls.pem !== undefined || tls.serverName !== undefined;
  const primaries = hosts.length === 0 && !hasTls ? line.primaries
    : readPrimaries(at, hosts.length === 0 ? whole.hosts : hosts, {
      pem: tls.pem ?? whole.tls.pem, serverName: tls.serverName ?? whole.tls.serverName,
    });
  const notify = networks.length + keys.length === 0 ? line.notify : { networks, keys };
  return { ...line, ...said, isCatalog: false, catalog: undefined, groups: [], primaries, notify };
}
/** What may stand in the block of a line, and of a group. */
function readersOf({ said, hosts, networks, keys, tls }: Block, context: ParseContext): PropertyReaders {
  const path = (text: string): string => (text.startsWith('/') ? text : join(context.root ?? '', text));
  const flag = (name: 'forwardsUpdates' | 'isNewest' | 'asksExpiry') => (property: Directive): void => {
    property.bare();
    said[name] = true;
  };
  const number = (name: 'mostRecords' | 'mostBytes' | 'mostIterations', min: number, max?: number) => (property: Directive): void => {
    said[name] = property.integer(property.word, { min, ...(max !== undefined && { max }) });
    property.end();
  };
  return {
    transfer: (property) => readFrom(property, hosts),
    key(property) {
      said.key = keyName(property, property.arg());
      property.end();
    },
    notify: (property) => readNotify(property, networks, keys),
    max_records: number('mostRecords', 1),
    max_bytes: number('mostBytes', 1),
    nsec3_iterations: number('mostIterations', 0, 65_535),
    snapshot(property) {
      said.snapshot = path(property.arg());
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
    forward_updates: flag('forwardsUpdates'),
    newest: flag('isNewest'),
    expire_option: flag('asksExpiry'),
    zonemd(property) {
      said.digest = readDigestRule(property);
    },
    zone_metrics(property) {
      if (property.arg() !== 'all') property.fail('zone_metrics knows the word all alone', 'zone_metrics all');
      property.end();
      said.allMetrics = true;
    },
  };
}
function keyName(line: Directive, text: string): string {
  return line.attempt(() => Name.parse(text).folded.text);
}

function readFrom(line: Directive, into: string[]): void {
  const word = line.arg();
  if (word !== 'from') line.fail(`unknown property ${word}`, 'transfer from ADDRESS...');
  const hosts = line.rest();
  if (hosts.length === 0) line.wrongArgs();
  for (const host of hosts) {
    if (host === '*') line.refuse("can't use '*' in transfer from");
    into.push(host);
  }
}
function readNotify(line: Directive, networks: CIDR[], keys: string[]): void {
  if (line.arg() !== 'from') line.wrongArgs('notify from ADDRESS|CIDR|key NAME');
  const words = line.rest();
  if (words.length === 0) line.wrongArgs();
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === 'key') {
      const name = words[++i];
      if (name === undefined) return line.wrongArgs('behind key stands its name');
      keys.push(keyName(line, name));
      continue;
    }
    const network = parseCIDR(word.includes('/') ? word : `${word}/${word.includes(':') ? 128 : 32}`);
    if (network === undefined) return line.refuse(`must specify an IP address or a network: \`${word}'`);
    networks.push(network);
  }
}
