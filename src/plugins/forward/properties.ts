// The properties of a `forward` line (FWD-4), as CoreDNS checks them, and those that are ours. Knows their texts; opens nothing.
import { formatDuration } from '../../wording/duration.ts';
import type { Directive } from '../../corefile/directive.ts';
import { parseAddress } from '../../dns/address.ts';
import { Name } from '../../dns/name.ts';
import { rcodeByName } from '../../dns/rcode.ts';
import { zonesOf } from '../../kernel/site/zones.ts';
import { splitPort } from '../../upstream/address.ts';
import type { UpstreamAddress } from '../../upstream/address.ts';
import { readClientPem } from '../../upstream/client-tls.ts';
import type { ClientPem } from '../../upstream/client-tls.ts';
import { POLICIES } from '../../upstream/policy.ts';
import type { PolicyName } from '../../upstream/policy.ts';
import { DEFAULT_POOL } from '../../upstream/pool-settings.ts';
import { quoted } from '../../wording/quote.ts';
import type { ApiOptions } from '../../kube-api/api-config.ts';
import { PrivateAnswers } from './private-answers.ts';
import { parseUint } from '../../wording/unsigned.ts';
import { readPushing } from './pushed.ts';

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
  policy: PolicyName | 'fastest';
  maxConcurrent: number;
  /** The text of max_concurrent, for the error that it brings. */
  maxConcurrentText: string;
  next: readonly number[];
  nextOnNodata: boolean;
  failfast: boolean;
  failover: readonly number[];
  /** Who is asked for host names, in place of the system: these, or this server's other blocks. */
  resolvers: readonly string[];
  resolveSelf: boolean;
  /** The server starts although host names have no address yet. */
  resolveLater: boolean;
  source: string | undefined;
  /** Towards upstreams over TLS: certificates, and the name that they have to have where the address says none. */
  tls: ClientPem;
  serverName: string | undefined;
  dohMethod: 'POST' | 'GET';
  /** Where questions are asked for over HTTPS. */
  dohPath: string;
  /** Questions over TLS are padded (RFC 8467); those over UDP and TCP carry cookies (RFC 7873). */
  padding: boolean;
  cookies: boolean;
  /** Upstreams hear whom they are asked for (the PROXY protocol, version 2). */
  proxyProtocol: boolean;
  /** Upstreams over QUIC are asked before the handshake is over (0-RTT). */
  earlyData: boolean;
  /** Which addresses no public name may have; undefined: any may. */
  private?: PrivateAnswers | undefined;
  /** How many upstreams are asked at once; with 0 even a silent one is waited for. */
  race: number;
  /** Those that push answers; empty where none does. Over TLS where the line says anything of that. */
  subscribe: readonly UpstreamAddress[];
  isTlsSaid: boolean;
  /** Where the API is that knows services; empty for the one of the cluster that this is in. */
  kube: ApiOptions;
}

/** What holds where a line says nothing. */
export const defaults = (): Options => ({
  except: [], maxFails: 2, maxConnectAttempts: undefined, checkInterval: 500, checkRecursion: true, checkName: Name.root, forceTcp: false,
  preferUdp: false, ...DEFAULT_POOL, policy: 'random', maxConcurrent: 0, maxConcurrentText: '0', next: [], nextOnNodata: false,
  failfast: false, failover: [], resolvers: [], resolveSelf: false, resolveLater: false, source: undefined, race: 1,
  tls: {}, serverName: undefined, dohMethod: 'POST', dohPath: '/dns-query', padding: false, cookies: false, proxyProtocol: false,
  earlyData: false, subscribe: [], isTlsSaid: false, kube: {},
});

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
/** Whether it is an address, with or without a port. */
export function isResolver(word: string): boolean {
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

/** `resolver ADDRESS... [later]`, `resolver later`, `resolver self`. */
function resolver(line: Directive, options: Options): void {
  const words = line.rest();
  options.resolveSelf = words.length === 1 && words[0] === 'self';
  options.resolveLater = words.at(-1) === 'later';
  options.resolvers = options.resolveSelf ? [] : options.resolveLater ? words.slice(0, -1) : words;
  for (const word of options.resolvers) if (!isResolver(word)) line.refuse(`resolver must be an IP address or IP:port: ${quoted(word)}`);
}

const flag = (set: () => void) => (line: Directive) => {
  line.end();
  set();
};
/** FWD-4: the properties. `path` makes those of files absolute. */
export const readers = (options: Options, path: (text: string) => string, readFile: (path: string) => Uint8Array) => ({
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
    options.isTlsSaid = true;
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
  doh_path: (line: Directive) => {
    const path = line.arg();
    if (!/^\/[!-"$-;=?-~]*$/.test(path) || path.includes('?')) line.refuse(`doh_path must be the path of a URL: ${quoted(path)}`);
    options.dohPath = path;
  },
  proxy_protocol: (line: Directive) => {
    if (line.only() !== 'v2') line.refuse('proxy_protocol must be v2');
    options.proxyProtocol = true;
  },
  padding: flag(() => { options.padding = true; }),
  cookies: flag(() => { options.cookies = true; }),
  early_data: flag(() => { options.earlyData = true; }),
  policy: (line: Directive) => {
    const word = line.arg();
    options.policy = word === 'fastest' ? word : POLICIES.find((name) => name === word) ?? line.fail(`unknown policy '${word}'`);
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
  private: (line: Directive) => { options.private = PrivateAnswers.read(line); },
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
    resolver(line, options);
  },
  subscribe: (line: Directive) => { options.subscribe = [...options.subscribe, ...readPushing(line)]; },
  endpoint: (line: Directive) => { options.kube = { ...options.kube, endpoint: line.only() }; },
  kubeconfig: (line: Directive) => {
    const [file, context] = line.words(1, 2) as [string, string?];
    options.kube = { ...options.kube, kubeconfig: { file: path(file), ...(context === undefined ? {} : { context }) } };
  },
  source_address: (line: Directive) => {
    const word = line.arg();
    if (parseAddress(word) === undefined) line.fail(`invalid IP address: ${word}`);
    options.source = word;
  },
});
