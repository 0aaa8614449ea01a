// An AdGuardHome.yaml as a Corefile: upstreams for all names and for some, rewrites, filters and rules, clients. Knows its settings; what
// a filter
// says is the list's.
import { isIP } from 'node:net';
import type { Importer } from './importer.ts';
import { isWritable } from './corefile-text.ts';
import { plainName } from './names.ts';
import { ImportError } from './outcome.ts';
import type { Fate, Line, Outcome, Where } from './outcome.ts';
import { endLines, recordLines, wildcardLines } from './records.ts';
import type { LocalRecord, Wildcard } from './records.ts';
import { idleReason, lostReason } from './adguard-fates.ts';
import type { Source } from './source.ts';

/** Imports a file. Throws ImportError. */
export const importAdguard: Importer = async (file, source, outcome) => {
  const at: Where = { file, line: 1 };
  const text = source.text(file, at);
  let root: unknown;
  try {
    root = (await import('yaml')).parse(text, { maxAliasCount: 100, logLevel: 'error' });
  } catch (error) {
    throw new ImportError(at, (error as Error).message.split('\n')[0]!);
  }
  if (!isMap(root)) throw new ImportError(at, 'there are no settings in it');
  new Import(file, text, source, outcome).read(root);
};

type Values = Readonly<Record<string, unknown>>;
const isMap = (value: unknown): value is Values => typeof value === 'object' && value !== null && !Array.isArray(value);
const texts = (value: unknown): string[] => (Array.isArray(value) ? value : value === undefined || value === null ? []
  : [value]).map(String);
const maps = (value: unknown): Values[] => (Array.isArray(value) ? value.filter(isMap) : []);
const isEmpty = (value: unknown): boolean => value === false || value === null || value === '' || value === 0 || value === undefined
  || (Array.isArray(value) && value.length === 0) || (isMap(value) && Object.values(value).every(isEmpty));
const TTL = 10;

class Import {
  readonly #file: string;
  readonly #text: string;
  readonly #source: Source;
  readonly #outcome: Outcome;
  readonly #routed = new Map<string, string[]>();
  readonly #upstreams: string[] = [];
  readonly #blocks: Line[] = [];
  readonly #records: LocalRecord[] = [];
  readonly #wildcards: Wildcard[] = [];
  readonly #apexes = new Set<string>();
  #action: readonly string[] = ['zero'];
  #isFiltering = true;

  constructor(file: string, text: string, source: Source, outcome: Outcome) {
    this.#file = file;
    this.#text = text;
    this.#source = source;
    this.#outcome = outcome;
  }
  /** Where a text stands first. */
  #at(what: string): Where {
    const found = this.#text.indexOf(what);
    return { file: this.#file, line: found < 0 ? 1 : this.#text.slice(0, found).split('\n').length };
  }
  #tell(what: string, fate: Fate | undefined): void {
    this.#outcome.tell(this.#at(what.replace(/^.*: /, '')), what, fate);
  }

  read(root: Values): void {
    const dns = isMap(root['dns']) ? root['dns'] : {}, filtering = { ...dns, ...isMap(root['filtering']) ? root['filtering'] : {} };
    const clients = isMap(root['clients']) ? maps(root['clients']['persistent']) : maps(root['clients']);
    this.#isFiltering = filtering['protection_enabled'] !== false && filtering['filtering_enabled'] !== false;
    this.#mode(filtering);
    for (const each of texts(dns['upstream_dns'])) this.#tell(`upstream_dns: ${each}`, this.#upstream(each));
    for (const each of maps(filtering['rewrites'])) this.#tell(`rewrites: ${String(each['domain'])}`, this.#rewrite(each));
    this.#lists(root);
    for (const [section, values] of Object.entries(root)) {
      if (!isMap(values)) {
        if (!TAKEN.has(section)) this.#left(section, values);
      } else if (TAKEN.has(section)) for (const [key, value] of Object.entries(values)) if (!TAKEN.has(key)) this.#left(key, value);
      if (isMap(values) && !TAKEN.has(section)) this.#left(section, values);
    }
    this.#write(dns, clients);
  }
  /** What has no counterpart; what is off is nobody's loss. */
  #left(key: string, value: unknown): void {
    const lost = lostReason(key);
    this.#tell(key, lost !== undefined && !isEmpty(value) ? { lost } : { idle: idleReason(key) });
  }
  #mode(filtering: Values): void {
    const mode = String(filtering['blocking_mode'] ?? 'default');
    if (mode === 'refused' || mode === 'nxdomain') this.#action = [mode];
    else if (mode === 'custom_ip') this.#action = [filtering['blocking_ipv4'], filtering['blocking_ipv6']].map(String).filter((each) =>
      isIP(each) > 0);
    if (this.#action.length === 0) this.#action = ['zero'];
    this.#tell('blocking_mode', undefined);
  }
  /** `9.9.9.9`, `tls://dns.example`, `[/a.example/b.example/]192.0.2.1 192.0.2.2`, `[/a.example/]#`. */
  #upstream(text: string): Fate | undefined {
    const [, domains, rest = ''] = /^\[\/(.*)\/\](.*)$/.exec(text.trim()) ?? [];
    if (text.trim() === '' || text.trim().startsWith('#')) return { idle: 'a comment' };
    const list = (domains === undefined ? text : rest).trim().split(/\s+/).map(upstreamOf);
    if (domains === undefined) return list.includes(undefined) ? { lost: 'it is no upstream that is known here' }
      : void this.#upstreams.push(...list as string[]);
    const zones = domains.split('/').filter((each) => each !== '').map((each) => plainName(each.replace(/^\*\./, '')));
    if (zones.length === 0 || zones.includes(undefined)) return { lost: 'names without a dot have no servers of their own here' };
    if (rest.trim() !== '#' && list.includes(undefined)) return { lost: 'it is no upstream that is known here' };
    for (const zone of zones) this.#routed.set(zone!, [...this.#routed.get(zone!) ?? [], ...rest.trim() === '#' ? [] : list as string[]]);
    return domains.includes('*.') ? { note: 'the name itself is asked of them as well' } : undefined;
  }
  #rewrite({ domain, answer, enabled }: Values): Fate | undefined {
    if (enabled === false) return { idle: 'it is off' };
    const text = String(domain), to = String(answer), name = plainName(text.replace(/^\*\./, ''));
    if (name === undefined) return { lost: 'its name cannot be written' };
    const family = isIP(to), target = family === 0 ? plainName(to) : undefined;
    if (family === 0 && (target === undefined || to === 'A' || to === 'AAAA')) return { lost: 'an exception from a rewrite' };
    const type = family === 4 ? 'A' : family === 6 ? 'AAAA' : 'CNAME', data = target === undefined ? to : `${target}.`;
    if (!text.startsWith('*.')) this.#records.push({ name, type, ttl: TTL, data });
    else {
      this.#apexes.add(name);
      this.#wildcards.push({ zone: name, type: type === 'CNAME' ? 'ANY' : type, data: [data] });
    }
    return undefined;
  }
  #lists(root: Values): void {
    const rules = texts(root['user_rules']).filter((each) => each.trim() !== '');
    const known = rules.filter((rule) => {
      const isOwn = /\$(?:.*,)?(?:dnsrewrite|ctag|client=['"]?[^\d:])/.test(rule);
      this.#tell(`user_rules: ${rule}`, isOwn ? { lost: 'the rule has a modifier that is not known here' } : undefined);
      return !isOwn;
    });
    // What is rewritten is not looked up in lists.
    const rewritten = [...this.#records.map(({ name }) => name), ...[...this.#apexes].map((name) => `*.${name}`)];
    const allowed = [...this.#urls(root, 'whitelist_filters'),
      ...rewritten.length === 0 ? [] : [this.#outcome.write('lists/rewritten.txt', `${[...new Set(rewritten)].join('\n')}\n`)]];
    const lists = [...known.length === 0 ? [] : [this.#outcome.write('lists/user_rules.txt', `${known.join('\n')}\n`)], ...this.#urls(root,
      'filters')];
    if (lists.length === 0 || !this.#isFiltering) return;
    const isFetched = [...lists, ...allowed].some((each) => each.startsWith('https:'));
    this.#blocks.push({ words: ['block', ...lists], inside: [
      ...allowed.length === 0 ? [] : [{ words: ['allow', ...allowed] }], { words: ['action', ...this.#action] },
      ...isFetched ? [{ words: ['snapshot', this.#outcome.folder('fetched')] }] : [],
    ] });
  }
  #urls(root: Values, key: string): string[] {
    return maps(root[key]).flatMap((each) => {
      const url = String(each['url']), isOn = each['enabled'] !== false;
      const isKnown = /^https:\/\/[^\s{}"\\]+$/.test(url) || (url.startsWith('/') && this.#source.has(url) && isWritable(url));
      this.#tell(`${key}: ${url}`, isOn && !isKnown ? { lost: 'a list is fetched by https, or is a file' } : isOn ? undefined
        : { idle: 'it is off' });
      return isOn && isKnown ? [url] : [];
    });
  }

  #write(dns: Values, clients: readonly Values[]): void {
    const port = Number(dns['port'] ?? 53), key = (zone: string): string[] =>
      [`${zone}:${Number.isInteger(port) && port > 0 && port < 65536 ? port : 53}`];
    const hosts = texts(dns['bind_hosts']).filter((each) => isIP(each) > 0);
    const isEverywhere = hosts.length === 0 || hosts.includes('0.0.0.0') || hosts.includes('::');
    const before: Line[] = [{ words: ['errors'] }, ...isEverywhere ? [] : [{ words: ['bind', ...hosts] }], ...accessLines(dns),
      ...dns['refuse_any'] === true ? [{ words: ['any'] }] : [], ...dns['aaaa_disabled'] === true ? [{ words: ['acl'],
        inside: [{ words: ['filter', 'type', 'AAAA'] }] }] : []];
    const exact = this.#records.filter(({ type }) => type !== 'CNAME').map(({ name }) => name);
    const local: Line[] = [...recordLines(this.#records), ...endLines([...new Set(exact)]),
      ...wildcardLines([...this.#wildcards, ...[...this.#apexes].map((zone) => ({ zone, type: 'ANY', data: [] }))
        .filter(({ zone }) => !this.#wildcards.some((each) => each.zone === zone && each.type === 'ANY'))], TTL, { names: this.#apexes })];
    const cached = cacheLine(dns);
    const asking = (to: readonly string[]): Line[] => (to.length === 0 ? [] : [forwardLine([...new Set(to)], dns)]);
    for (const [i, client] of clients.entries()) {
      const made = this.#client(client, i);
      if (made === undefined) continue;
      const lists = made.isFiltered ? this.#blocks : [];
      this.#outcome.blocks.push({ keys: key('.'), lines: [made.view, ...before, ...lists, cached, ...local,
        ...asking(made.upstreams.length > 0 ? made.upstreams : this.#upstreams)] });
    }
    this.#outcome.blocks.push({ keys: key('.'), lines: [...before, ...this.#blocks, cached, ...local, ...asking(this.#upstreams)] });
    for (const [zone, to] of this.#routed) {
      this.#outcome.blocks.push({ keys: key(zone), lines: [...before, ...this.#blocks, cached, ...local, ...asking(to.length > 0 ? to
        : this.#upstreams)] });
    }
  }
  /** A client that has something of its own. */
  #client(client: Values,
    i: number): { readonly view: Line; readonly isFiltered: boolean; readonly upstreams: readonly string[] } | undefined {
    const ids = texts(client['ids']), upstreams = texts(client['upstreams']).map(upstreamOf);
    const isFiltered = client['use_global_settings'] !== false || client['filtering_enabled'] !== false;
    const isOwn = !isFiltered || upstreams.length > 0;
    const networks = ids.filter((id) => /^[0-9a-f.:]+(?:\/\d{1,3})?$/i.test(id) && isIP(id.split('/')[0]!) > 0);
    const blocked = client['use_global_blocked_services'] === false && !isEmpty(client['blocked_services']);
    const fate: Fate | undefined = blocked ? { lost: lostReason('blocked_services')! } : !isOwn ? undefined
      : networks.length < ids.length || networks.length === 0 ? { lost: 'clients are told by their addresses' }
        : upstreams.includes(undefined) ? { lost: 'it has an upstream that is not known here' } : undefined;
    this.#tell(`clients: ${String(client['name'] ?? i)}`, fate);
    if (!isOwn || fate !== undefined) return undefined;
    const tests = networks.map((each) => `incidr(client_ip(), '${each.includes('/') ? each : `${each}/${isIP(each) === 4 ? 32 : 128}`}')`);
    return { view: { words: ['view', `client-${i + 1}`], inside: [{ words: ['expr', tests.join(' || ')] }] }, isFiltered,
      upstreams: upstreams as string[] };
  }
}
const TAKEN: ReadonlySet<string> = new Set(['dns', 'filtering', 'clients', 'persistent', 'filters', 'whitelist_filters', 'user_rules',
  'upstream_dns', 'rewrites',
  'blocking_mode', 'blocking_ipv4', 'blocking_ipv6', 'protection_enabled', 'filtering_enabled', 'bind_hosts', 'port', 'bootstrap_dns',
    'upstream_mode', 'cache_size',
  'cache_ttl_min', 'cache_ttl_max', 'cache_optimistic', 'cache_enabled', 'refuse_any', 'aaaa_disabled', 'disallowed_clients',
    'allowed_clients', 'schema_version']);
/** An upstream as *forward* has it. */
function upstreamOf(text: string): string | undefined {
  const [, scheme, rest = ''] = /^(?:(udp|tcp|tls|https|quic|h3):\/\/)?(.*)$/.exec(text) ?? [];
  const place = rest.replace(/\/dns-query\/?$/, '');
  const [, host = '', port] = isIP(place) === 6 ? ['', place] : /^\[?([^\]/]*?)\]?(?::(\d{1,5}))?$/.exec(place) ?? [];
  if ((isIP(host) === 0 && plainName(host) === undefined) || port === '0' || Number(port ?? 1) > 65535) return undefined;
  const whole = port === undefined ? (isIP(host) === 6 && scheme !== undefined ? `[${host}]` : host) : isIP(host) === 6
    ? `[${host}]:${port}` : `${host}:${port}`;
  return scheme === undefined || scheme === 'udp' || scheme === 'tcp' ? whole.replace(/^\[([^\]]*)\]$/, '$1')
    : `${scheme === 'h3' ? 'https3' : scheme}://${whole}`;
}
function forwardLine(to: readonly string[], dns: Values): Line {
  const bootstrap = texts(dns['bootstrap_dns']).filter((each) => isIP(each) > 0);
  const isNamed = to.some((each) => /[a-z]/i.test(each.replace(/^\w+:\/\//, '').replace(/^\[.*\]/, '')) && isIP(each) === 0);
  const mode = String(dns['upstream_mode'] ?? 'load_balance');
  const inside: Line[] = [
    ...isNamed && bootstrap.length > 0 ? [{ words: ['resolver', ...bootstrap, 'later'] }] : [],
    ...mode === 'parallel' && to.length > 1 ? [{ words: ['race', String(Math.min(to.length, 15))] }] : [],
    ...mode === 'load_balance' && to.length > 1 ? [{ words: ['policy', 'fastest'] }] : [],
  ];
  return { words: ['forward', '.', ...to.slice(0, 15)], ...inside.length === 0 ? {} : { inside } };
}
function cacheLine(dns: Values): Line {
  const number = (key: string): number => (Number.isInteger(dns[key]) && Number(dns[key]) > 0 ? Math.min(Number(dns[key]), 0x7fffffff) : 0);
  const least = Math.min(number('cache_ttl_min'), 3600), most = number('cache_ttl_max');
  const inside: Line[] = [...least === 0 ? [] : [{ words: ['success', '9984', String(Math.max(most, least, most === 0 ? 86_400 : 1)),
    String(least)] }],
    ...dns['cache_optimistic'] === true ? [{ words: ['serve_stale'] }] : []];
  return { words: ['cache', ...most === 0 ? [] : [String(most)]], ...inside.length === 0 ? {} : { inside } };
}
function accessLines(dns: Values): Line[] {
  const networks = (key: string): string[] => texts(dns[key]).filter((each) => isIP(each.split('/')[0]!) > 0);
  const allowed = networks('allowed_clients'), denied = networks('disallowed_clients');
  if (allowed.length > 0) return [{ words: ['acl'], inside: [{ words: ['allow', 'net', ...allowed] }, { words: ['drop'] }] }];
  return denied.length === 0 ? [] : [{ words: ['acl'], inside: [{ words: ['drop', 'net', ...denied] }] }];
}
