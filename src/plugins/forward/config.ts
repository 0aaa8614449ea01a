// What a `forward` line says (FWD-1, FWD-4). Knows its options and their texts; opens nothing.
import { join } from 'node:path';
import { formatDuration } from '../../wording/duration.ts';
import type { Directive } from '../../corefile/directive.ts';
import type { Position } from '../../corefile/error.ts';
import { parseAddress } from '../../dns/address.ts';
import { joinHostPort } from '../../dns/host-port.ts';
import { Name } from '../../dns/name.ts';
import { rcodeByName } from '../../dns/rcode.ts';
import type { ParseContext } from '../../kernel/site/plugin.ts';
import { zonesOf } from '../../kernel/site/zones.ts';
import { readUpstream, splitPort, splitScheme } from '../../upstream/address.ts';
import type { UpstreamEntry } from '../../upstream/address.ts';
import { readClientPem } from '../../upstream/client-tls.ts';
import type { ClientPem } from '../../upstream/client-tls.ts';
import { POLICIES } from '../../upstream/policy.ts';
import type { PolicyName } from '../../upstream/policy.ts';
import { DEFAULT_POOL } from '../../upstream/pool-settings.ts';
import { quoted } from '../../wording/quote.ts';
import { parseUint } from '../../wording/unsigned.ts';

/** FWD-1 */
const MOST_UPSTREAMS = 15;

/** One line. Times are milliseconds. */
export interface Stanza {
  readonly from: Name;
  /** Said when the server starts. */
  readonly warning: string | undefined;
  readonly to: readonly UpstreamEntry[];
  readonly options: Options;
}
/** The properties of a line; those with `undefined` are off. */
export interface Options {
  except: readonly Name[];
  maxFails: number;
  maxConnectAttempts: number | undefined;
  checkInterval: number;
  checkRecursion: boolean;
  checkName: Name;
  forceTcp: boolean;
  preferUdp: boolean;
  expire: number;
  maxAge: number;
  maxIdle: number;
  readTimeout: number;
  /** Letters of names are drawn at random (draft-vixie-dnsext-dns0x20). */
  randomCase: boolean;
  policy: PolicyName;
  maxConcurrent: number;
  /** The text of max_concurrent, for the error that it brings. */
  maxConcurrentText: string;
  next: readonly number[];
  nextOnNodata: boolean;
  failfast: boolean;
  failover: readonly number[];
  resolvers: readonly string[];
  source: string | undefined;
  /** Towards upstreams over TLS: certificates, and the name that they have to have where the address says none. */
  tls: ClientPem;
  serverName: string | undefined;
  dohMethod: 'POST' | 'GET';
  /** How many upstreams are asked at once; with 0 even a silent one is waited for. */
  race: number;
}

const defaults = (): Options => ({
  except: [], maxFails: 2, maxConnectAttempts: undefined, checkInterval: 500, checkRecursion: true, checkName: Name.root, forceTcp: false,
  preferUdp: false, ...DEFAULT_POOL, policy: 'random', maxConcurrent: 0, maxConcurrentText: '0', next: [], nextOnNodata: false,
  failfast: false, failover: [], resolvers: [], source: undefined, race: 1,
  tls: {}, serverName: undefined, dohMethod: 'POST',
});

/** One `forward` line. */
export function readStanza(line: Directive, { machine, root = '' }: ParseContext): Stanza {
  const from = line.arg();
  const zones = zonesOf([from], []).names;
  if (zones[0] === undefined) line.refuse(`unable to normalize '${from}'`);
  const warning = zones.length < 2 ? undefined
    : `Unsupported CIDR notation: '${from}' expands to multiple zones. Using only '${zones[0].text}'.`;
  const words = line.rest();
  if (words.length === 0) line.wrongArgs(isUpstream(from) ? `did you mean "forward . ${from}"?` : undefined);
  for (const [i, word] of words.entries()) doubtUpstream(line, word, line.argsAt[i + 1]!);
  const options = defaults();
  line.properties(readers(options, (file) => (file.startsWith('/') ? file : join(root, file)), machine.readFile));
  const { maxAge, expire } = options;
  if (maxAge > 0 && maxAge < expire) {
    line.refuse(`max_age (${formatDuration(maxAge)}) must not be less than expire (${formatDuration(expire)})`);
  }
  const to = words.map((word, i) => readTo(line, word, machine.readFile, line.argsAt[i + 1]!));
  for (const [i, entry] of to.entries()) refuseTwoNames(line, entry, options.serverName, line.argsAt[i + 1]!);
  if (to.length > MOST_UPSTREAMS) line.refuse(`more than ${MOST_UPSTREAMS} TOs configured: ${to.length}`, undefined, line.argsAt.at(-1));
  if (to.every((entry) => 'addresses' in entry && entry.addresses.length === 0)) {
    line.refuse('no valid upstream addresses found', undefined, line.argsAt[1]);
  }
  return { from: zones[0], warning, to, options };
}

/** What upstreams may be spoken to in. */
const SCHEMES: ReadonlySet<string> = new Set(['dns', 'tls', 'https']);
function readTo(line: Directive, word: string, readFile: (path: string) => Uint8Array, at: Position): UpstreamEntry {
  const refuse = (message: string): never => line.refuse(message, undefined, at);
  const [scheme, rest] = splitScheme(word);
  if (scheme === 'https' && rest.includes('/')) {
    refuse(`paths are not allowed in HTTPS upstream addresses (the /dns-query path is used by default): ${word}`);
  }
  if (scheme === 'quic') {
    refuse(`upstreams over ${scheme}:// are not available in this version: ${word}`);
  }
  if (!SCHEMES.has(scheme)) refuse(`'${scheme}' is not supported as a destination protocol in forward: ${word}`);
  return line.attempt(() => readUpstream(word, readFile), refuse);
}

/** The name of a server stands once. */
function refuseTwoNames(line: Directive, entry: UpstreamEntry, serverName: string | undefined, at: Position): void {
  for (const { scheme, zone, address, port } of 'addresses' in entry ? entry.addresses : [{ ...entry, address: entry.host }]) {
    if (scheme === 'dns' || zone === undefined || serverName === undefined) continue;
    const place = `${scheme}://${joinHostPort(address, port)}`;
    const what = `both forward ('${serverName}') and proxy level ('${zone}') TLS servernames are set`;
    line.refuse(`${what} for upstream proxy '${place}'`, undefined, at);
  }
}

/** A duration that is not negative. */
function positive(line: Directive, what: string): number {
  const value = line.duration(line.arg());
  if (value < 0) line.refuse(`${what} can't be negative: ${formatDuration(value)}`);
  return value;
}
function unsigned(line: Directive): number {
  const text = line.arg();
  return line.attempt(() => Number(parseUint(text, 10, 32)));
}
function count(line: Directive, what: string): number {
  const value = line.number(line.arg());
  if (value < 0) line.refuse(`${what} can't be negative: ${value}`);
  return value;
}
function rcodes(line: Directive): number[] {
  if (!line.more) line.wrongArgs();
  return line.rest().map((word) => rcodeByName(word) ?? line.refuse(`${word} is not a valid rcode`));
}
const isUpstream = (word: string) => word.startsWith('/') || isResolver(word);
/** Leaves word of a port that is none, and of what looks like a file and would be looked up as a name. */
function doubtUpstream(line: Directive, word: string, at: Position): void {
  const [scheme, place] = splitScheme(word);
  // What is behind the port is refused with its own reason: a path, or the name of a server, which may stand there.
  const { host, port } = splitPort(scheme === 'dns' ? place : place.replace(/[/%][^\]]*$/, '')) ?? {};
  if (host !== undefined && parseAddress(host) !== undefined && !(/^\d+$/.test(port!) && Number(port) > 0 && Number(port) < 65536)) {
    line.doubt(`the port of ${word} is no number from 1 to 65535, so it never answers`, undefined, 'unlikely', at);
  }
  if (word.startsWith('/')) line.mentions({ what: 'file', path: word }, at);
}
function isResolver(word: string): boolean {
  return parseAddress(splitPort(word)?.host ?? word) !== undefined;
}
function healthCheck(line: Directive, options: Options): void {
  const interval = line.duration(line.arg());
  if (interval < 0) line.refuse(`health_check can't be negative: ${interval * 1e6}`);
  options.checkInterval = interval;
  options.checkName = Name.root;
  while (line.more) {
    const word = line.arg();
    if (word === 'no_rec') options.checkRecursion = false;
    else if (word === 'domain') {
      const name = line.arg();
      options.checkName = line.attempt(() => Name.parse(name).folded, () => line.refuse(`health_check: invalid domain name ${name}`));
    } else line.refuse(`health_check: unknown option ${word}`);
  }
}

const flag = (set: () => void) => (line: Directive) => {
  line.end();
  set();
};
/** FWD-4: the properties, as CoreDNS checks them. */
const readers = (options: Options, path: (text: string) => string, readFile: (path: string) => Uint8Array) => ({
  except: (line: Directive) => {
    if (!line.more) line.wrongArgs();
    options.except = [...options.except, ...zonesOf(line.rest(), []).names];
  },
  max_fails: (line: Directive) => { options.maxFails = unsigned(line); },
  max_connect_attempts: (line: Directive) => { options.maxConnectAttempts = unsigned(line); },
  health_check: (line: Directive) => healthCheck(line, options),
  force_tcp: flag(() => { options.forceTcp = true; }),
  prefer_udp: flag(() => { options.preferUdp = true; }),
  tls: (line: Directive) => {
    const files = line.rest();
    if (files.length > 3) line.wrongArgs();
    options.tls = line.attempt(() => readClientPem(files.map(path), readFile));
  },
  tls_servername: (line: Directive) => { options.serverName = line.arg(); },
  expire: (line: Directive) => { options.expire = positive(line, 'expire'); },
  max_age: (line: Directive) => { options.maxAge = positive(line, 'max_age'); },
  max_idle_conns: (line: Directive) => { options.maxIdle = count(line, 'max_idle_conns'); },
  read_timeout: (line: Directive) => {
    options.readTimeout = line.duration(line.arg());
    if (options.readTimeout <= 0) line.refuse(`read_timeout must be positive: ${formatDuration(options.readTimeout)}`);
  },
  doh_method: (line: Directive) => {
    const method = line.arg();
    if (method !== 'POST' && method !== 'GET') line.refuse('doh_method must be either POST or GET');
    options.dohMethod = method;
  },
  policy: (line: Directive) => {
    const word = line.arg();
    options.policy = POLICIES.find((name) => name === word) ?? line.fail(`unknown policy '${word}'`);
  },
  max_concurrent: (line: Directive) => {
    options.maxConcurrent = count(line, 'max_concurrent');
    options.maxConcurrentText = line.args[0]!;
  },
  case: (line: Directive) => {
    if (line.arg() !== 'random') line.refuse('case must be random');
    line.end();
    options.randomCase = true;
  },
  race: (line: Directive) => { options.race = count(line, 'race'); },
  next: (line: Directive) => { options.next = [...options.next, ...rcodes(line)]; },
  next_on_nodata: flag(() => { options.nextOnNodata = true; }),
  failfast_all_unhealthy_upstreams: flag(() => { options.failfast = true; }),
  failover: (line: Directive) => {
    const codes = rcodes(line);
    if (codes.includes(0)) line.refuse('NoError cannot be used in failover');
    options.failover = [...options.failover, ...codes];
  },
  resolver: (line: Directive) => {
    if (!line.more) line.wrongArgs();
    const words = line.rest();
    for (const word of words) if (!isResolver(word)) line.refuse(`resolver must be an IP address or IP:port: ${quoted(word)}`);
    options.resolvers = words;
  },
  source_address: (line: Directive) => {
    const word = line.arg();
    if (parseAddress(word) === undefined) line.fail(`invalid IP address: ${word}`);
    options.source = word;
  },
});
