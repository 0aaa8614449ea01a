// Server blocks of what a dnsmasq.conf says: one for all names, one for each set of domains that is asked of others or of nobody. Knows the
// order of plugins: records of *template* come before hosts, hosts before zones, zones before upstreams.
import { reverseZones } from '../../corefile/reverse.ts';
import { reverseName } from '../../dns/reverse.ts';
import { parseAddress, parseCIDR } from '../../dns/address.ts';
import { depthOf, nearest, patternOf } from '../names.ts';
import type { Line, Outcome } from '../outcome.ts';
import { recordLines, wildcardLines, zoneText } from '../records.ts';
import type { LocalRecord, Wildcard } from '../records.ts';
import { linesText } from '../corefile-text.ts';
import type { Source } from '../source.ts';
import { hostsOf } from './hosts.ts';
import type { Hosts } from './hosts.ts';
import type { Domain } from './servers.ts';
import type { Settings } from './settings.ts';

/** So many zones of one's own have a zone file each; more are answered by one line. */
const ZONE_FILES = 20;
/** So many words a line of the Corefile may have; longer ones get a file of their own. */
const WORDS = 40;
/** Networks whose names are never asked of others (`bogus-priv`), and whose addresses nobody outside may give (`stop-dns-rebind`). */
const PRIVATE = ['0.0.0.0/8', '10.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.2.0/24', '192.168.0.0/16',
  '198.51.100.0/24',
  '203.0.113.0/24', '255.255.255.255/32', '::/128', '::1/128', 'fc00::/7', 'fe80::/10', '2001:db8::/32'];
const LOOPBACK: readonly string[] = ['127.0.0.0/8', '::1/128'];

/** Writes the blocks of one file. */
export class Blocks {
  readonly #settings: Settings;
  readonly #outcome: Outcome;
  readonly #hosts: Hosts;
  /** The domains of each block by what is done with them; '' is for all names. */
  readonly #groups = new Map<string, string[]>([['', ['']]]);
  readonly #groupOf = new Map<string, string>();

  constructor(settings: Settings, source: Source, outcome: Outcome) {
    this.#settings = settings;
    this.#outcome = outcome;
    this.#hosts = hostsOf(settings, source, outcome);
  }
  write(): void {
    for (const [domain, rule] of this.#settings.servers.domains) {
      const group = groupOf(rule);
      this.#groupOf.set(domain, group);
      const domains = this.#groups.get(group);
      if (domains === undefined) this.#groups.set(group, [domain]);
      else domains.push(domain);
    }
    const parts = new Map([...this.#groups.keys()].map((group) => [group, this.#wildcards(group)]));
    const port = this.#settings.numbers.get('port') || 53;
    for (const [group, domains] of this.#groups) {
      this.#outcome.blocks.push({ keys: domains.map((domain) => `${domain === '' ? '.' : domain}:${port}`), lines: this.#lines(group,
        domains, parts.get(group)!) });
    }
  }
  /** The rules for whole domains that a block has. */
  #wildcards(group: string): Wildcard[] {
    return [...this.#settings.servers.answered].filter(([zone]) => this.#groupAt(zone) === group).flatMap(([zone, { a,
      aaaa }]): Wildcard[] => {
      if (a.length + aaaa.length === 0) return [{ zone, type: 'ANY', data: [], rcode: 'NXDOMAIN' }];
      return [...a.length === 0 ? [] : [{ zone, type: 'A', data: a }], ...aaaa.length === 0 ? [] : [{ zone, type: 'AAAA', data: aaaa }]];
    });
  }
  #groupAt(zone: string): string {
    const holder = nearest(zone, (above) => this.#groupOf.has(above));
    return holder === undefined ? '' : this.#groupOf.get(holder)!;
  }

  #lines(group: string, domains: readonly string[], wildcards: readonly Wildcard[]): Line[] {
    const { switches, filtered, bogus } = this.#settings;
    const upstream = this.#upstream(group);
    const isOwn = group === 'own';
    const ttl = this.#settings.defaults.ttl;
    const isFiled = isOwn && domains.length <= ZONE_FILES;
    const within = this.#settings.records.filter(({ name }) => this.#groupAt(name) === group);
    const filed = isFiled ? within.filter(({ type }) => type !== 'CNAME') : [];
    const denied: Wildcard[] = isOwn && !isFiled ? domains.map((zone) => ({ zone, type: 'ANY', data: [], rcode: 'NXDOMAIN' })) : [];
    const lines: Line[] = [{ words: ['errors'] }, ...switches.has('log-queries') ? [{ words: ['log'] }] : [], ...this.#bind()];
    if (filtered.size > 0 && !isOwn) lines.push({ words: ['acl'], inside: [...filtered].map((type) => ({ words: ['filter', 'type',
      type] })) });
    lines.push(...this.#settings.lists);
    if (bogus.length > 0 && upstream !== undefined) lines.push(this.#bogus());
    if (upstream !== undefined) lines.push(...this.#cache());
    lines.push(...this.#short(recordLines(within.filter((each) => !filed.includes(each))), 'records'));
    lines.push(...this.#short(wildcardLines([...wildcards, ...denied], ttl, this.#hosts), 'domains'));
    if (upstream !== undefined && switches.has('domain-needed')) lines.push(...this.#undotted(domains));
    if (isFiled && !this.#hosts.isLive) lines.push(...this.#empty(domains));
    lines.push(...this.#hostsLine(isOwn));
    if (isFiled) lines.push(...domains.map((domain) => this.#zone(domain, filed)));
    else if (group === '' && switches.has('bogus-priv')) lines.push(this.#private());
    if (upstream !== undefined && switches.has('dns-loop-detect')) lines.push({ words: ['loop'] });
    return [...lines, ...upstream === undefined ? [] : [upstream]];
  }
  /** Long lines stand in a file of their own. */
  #short(lines: readonly Line[], name: string): Line[] {
    const size = lines.reduce((sum, { words, inside = [] }) => sum + words.length + inside.reduce((all, each) => all + each.words.length,
      0), 0);
    if (size <= WORDS * 10) return [...lines];
    const taken = [...this.#outcome.files.keys()].filter((file) => file.startsWith(`${name}-`)).length;
    return [{ words: ['import', this.#outcome.write(`${name}-${taken + 1}.conf`, linesText(lines))] }];
  }
  #bind(): Line[] {
    const { listens, leaves } = this.#settings;
    // An interface brings the loopback one with it.
    const words = listens.some((each) => parseAddress(each) === undefined) && !listens.includes('lo') ? ['lo', ...listens] : listens;
    if (words.length === 0 && leaves.length === 0) return [];
    return [{ words: ['bind', ...words.length === 0 ? ['0.0.0.0', '::'] : words],
      ...leaves.length === 0 ? {} : { inside: [{ words: ['except', ...leaves] }] } }];
  }
  #cache(): Line[] {
    const { numbers, switches } = this.#settings;
    const size = numbers.get('cache-size');
    if (size === 0) return [];
    const capacity = Math.max(size ?? 0, 1024), least = numbers.get('min-cache-ttl'), stale = numbers.get('use-stale-cache');
    const most = numbers.get('max-cache-ttl') ?? numbers.get('max-ttl');
    const inside: Line[] = [
      ...least === undefined ? [] : [{ words: ['success', String(capacity), String(Math.max(most ?? 86_400, least)), String(least)] }],
      ...least === undefined && capacity > 1024 ? [{ words: ['success', String(capacity)] }] : [],
      ...switches.has('no-negcache') ? [{ words: ['disable', 'denial'] }] : [],
      ...stale === undefined ? [] : [{ words: ['serve_stale', stale === 0 ? '8760h' : `${stale}s`] }],
    ];
    return [{ words: ['cache', ...most === undefined ? [] : [String(most)]], ...inside.length === 0 ? {} : { inside } }];
  }
  /** Addresses that mean that there is no such name. */
  #bogus(): Line {
    const rules = this.#settings.bogus.map((each) => `${policyOwner(each)}.rpz-ip CNAME .`);
    const text = `$ORIGIN bogus-nxdomain.\n${EMPTY_ZONE}${rules.join('\n')}\n`;
    return { words: ['rpz', 'bogus-nxdomain'], inside: [{ words: ['file', this.#outcome.write('bogus-nxdomain.rpz', text)] }] };
  }
  /** Addresses of names without a dot are nobody's business outside. */
  #undotted(domains: readonly string[]): Line[] {
    if (!domains.some((domain) => depthOf(domain) < 2)) return [];
    const known = [...this.#hosts.names].filter((name) => !name.includes('.'));
    return ['A', 'AAAA'].map((type) => ({ words: ['template', 'IN', type], inside: [
      { words: ['match', '^[^.]+\\.$'] },
      ...known.length === 0 ? [] : [{ words: ['expr', `!(name() in [${known.map((name) => `'${name}.'`).join(', ')}])`] }],
      { words: ['rcode', 'NXDOMAIN'] }, { words: ['fallthrough'] },
    ] }));
  }
  /** A domain in which nothing is known is not there itself: its zone file would say that it is. */
  #empty(domains: readonly string[]): Line[] {
    const names = [...this.#hosts.names, ...this.#settings.records.map(({ name }) => name)];
    const empty = domains.filter((domain) => !names.some((name) => name === domain || name.endsWith(`.${domain}`)));
    return empty.length === 0 ? [] : [{ words: ['template', 'IN', 'ANY', ...empty], inside: [
      { words: ['match', ...empty.map(patternOf)] }, { words: ['rcode', 'NXDOMAIN'] }, { words: ['fallthrough'] },
    ] }];
  }
  #hostsLine(isOwn: boolean): Line[] {
    const { line } = this.#hosts;
    if (line === undefined) return [];
    // Of names in hosts files others may know more; in a domain of one's own nobody does.
    return [isOwn ? line : { ...line, inside: [...line.inside!, { words: ['fallthrough_unsupported'] }] }];
  }
  #zone(domain: string, records: readonly LocalRecord[]): Line {
    const inside = records.filter(({ name }) => name === domain || name.endsWith(`.${domain}`));
    return { words: ['file', this.#outcome.write(`zones/db.${domain}`, zoneText(domain, inside)), domain] };
  }
  #private(): Line {
    const zones = PRIVATE.flatMap((network) => reverseZones(network)!.map((zone) => zone.slice(0, -1)));
    return { words: ['file', this.#outcome.write('zones/db.private', EMPTY_ZONE), ...zones] };
  }
  /** `forward` with what is said of upstreams; undefined where nobody is asked. */
  #upstream(group: string): Line | undefined {
    const { servers: { upstreams, sources }, switches, resolvFiles, numbers, rebindOk } = this.#settings;
    if (group === 'own') return undefined;
    const all = group === '' || group === 'standard'
      ? [...switches.has('no-resolv') ? [] : resolvFiles.length > 0 ? resolvFiles : ['/etc/resolv.conf'], ...upstreams] : group.split(' ');
    const to = [...new Set(all)];
    if (to.length === 0) return undefined;
    const most = numbers.get('dns-forward-max');
    const networks = PRIVATE.filter((network) => !(switches.has('rebind-localhost-ok') && LOOPBACK.includes(network)));
    const inside: Line[] = [
      ...switches.has('strict-order') ? [{ words: ['policy', 'sequential'] }] : [],
      ...switches.has('all-servers') && to.length > 1 ? [{ words: ['race', String(to.length)] }] : [],
      ...sources.size === 1 ? [{ words: ['source_address', ...sources] }] : [],
      ...most === undefined || most === 0 ? [] : [{ words: ['max_concurrent', String(most)] }],
      ...switches.has('stop-dns-rebind') ? [{ words: ['private', ...networks, ...rebindOk.length === 0 ? [] : ['except', ...rebindOk]] }]
        : [],
    ];
    return { words: ['forward', '.', ...to], ...inside.length === 0 ? {} : { inside } };
  }
}
/** What is done with a domain: `own`, `standard`, or its servers. */
const groupOf = ({ servers, standard }: Domain): string => (servers.length > 0 ? [...new Set(servers)].join(' ') : standard ? 'standard'
  : 'own');
/** The owner of a rule about addresses (draft-vixie-dnsop-dns-rpz 4.3). */
function policyOwner(text: string): string {
  const octets = parseAddress(text);
  const { network, bits } = octets === undefined ? parseCIDR(text)! : { network: octets, bits: octets.length * 8 };
  const labels = reverseName(network).text.split('.').slice(0, -3);
  if (network.length === 4) return [bits, ...labels].join('.');
  const words = Array.from({ length: 8 }, (_, i) => labels.slice(i * 4, i * 4 + 4).reverse().join('').replace(/^0{1,3}/, ''));
  return [bits, ...words].join('.');
}
const EMPTY_ZONE = '@ 0 IN SOA localhost. nobody.invalid. 1 3600 600 604800 0\n@ 0 IN NS localhost.\n';
