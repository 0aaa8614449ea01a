// What `coredns-ts node-cache` is told on its command line: the flags of NodeLocal DNSCache, and a few more (ecosystem 2). Knows flags and
// addresses; opens nothing.
import { isIP } from 'node:net';
import { parseDuration } from '../wording/duration.ts';
import { readFlags } from '../wording/flags.ts';

/** Who keeps questions to the local addresses out of connection tracking. */
export type RuleMode = 'auto' | 'nft' | 'iptables' | 'none';
const MODES: readonly string[] = ['auto', 'nft', 'iptables', 'none'];

/** What the flags say. */
export interface NodeCacheOptions {
  /** Where it listens, all of one family. */
  readonly addresses: readonly string[];
  readonly isIPv6: boolean;
  /** The port of DNS. */
  readonly port: number;
  /** The port whose pages are kept out of connection tracking too. */
  readonly healthPort: number;
  readonly setsUpInterface: boolean;
  readonly interfaceName: string;
  readonly rules: RuleMode;
  /** Milliseconds between looks at interface and rules. */
  readonly interval: number;
  /** `host:port` of the metrics of the node cache itself. */
  readonly metrics: string;
  /** The template, and where what is made of it is written. */
  readonly template: string;
  readonly corefile: string;
  /** The folder of the ConfigMap kube-dns; '' where none was named. */
  readonly kubeDns: string;
  readonly upstreamService: string;
  readonly skipsTeardown: boolean;
  /** The socket at which a server that runs is asked for its place; '' for none. */
  readonly handover: string;
  readonly pidfile: string;
  readonly quiet: boolean;
  readonly json: boolean;
  /** What was said that has no effect. */
  readonly idle: readonly string[];
}

const TEXT = ['localip', 'interfacename', 'syncinterval', 'metrics-listen-address', 'basecorefile', 'corefile', 'conf', 'kubednscm',
  'upstreamsvc', 'health-port', 'pidfile', 'dns.port', 'p', 'rules', 'handover', 'log-format'];
const SWITCHES = ['setupinterface', 'setupiptables', 'setupebtables', 'skipteardown', 'reloadwithsignal', 'quiet', 'version'];

/** What is printed where the flags cannot be read, and to -help. */
export const NODE_CACHE_USAGE = `Usage of coredns-ts node-cache:
  -localip ADDRESSES               addresses to listen at, all IPv4 or all IPv6, with commas between (needed)
  -conf FILE, -corefile FILE       where the Corefile is written (default /etc/Corefile)
  -basecorefile FILE               its template (default /etc/coredns/Corefile.base)
  -kubednscm FOLDER                the mounted ConfigMap kube-dns (default /etc/kube-dns where it is there)
  -upstreamsvc NAME                the Service of the cluster's DNS (default kube-dns)
  -rules auto|nft|iptables|none    who keeps local questions out of connection tracking (default auto)
  -setupinterface=false            the addresses are on an interface already
  -interfacename NAME              the interface that gets them (default nodelocaldns)
  -setupiptables=false             the same as -rules none
  -syncinterval SECONDS            between looks at interface and rules (default 60)
  -metrics-listen-address ADDRESS  metrics (default 0.0.0.0:9353)
  -health-port PORT                a port that is kept out of connection tracking as well (default 8080)
  -handover PATH                   a socket at which the next process asks this one for its place (default none)
  -skipteardown                    interface and rules stay when it ends
  -dns.port PORT, -p PORT          the port of DNS (default 53)
  -pidfile FILE, -quiet, -log-format text|json, -version
`;

/** The options of these arguments, or what is wrong with them: '' where help is asked for, 'version' where that is. */
export function readNodeCacheOptions(args: readonly string[]): NodeCacheOptions | string {
  const read = readFlags(args, { text: TEXT, switches: SWITCHES });
  if (typeof read === 'string') return read;
  const { text, on, rest } = read;
  if (on['version'] === true) return 'version';
  if (rest.length > 0) return `extra command line arguments: [${rest.join(' ')}]`;
  const addresses = (text['localip'] ?? '').split(',');
  for (const address of addresses) {
    if (isIP(address) === 0) return `invalid localip specified - "${address}": -localip 169.254.20.10,10.96.0.10 names addresses`;
    if (isIP(address) !== isIP(addresses[0]!)) {
      return `unexpected IP Family for localIP - "${address}", want IPv6=${isIP(addresses[0]!) === 6}`;
    }
  }
  const port = portOf(text['p'] ?? text['dns.port'] ?? '53'), healthPort = portOf(text['health-port'] ?? '8080');
  if (port === undefined) return `invalid port specified - "${text['p'] ?? text['dns.port']}"`;
  if (healthPort === undefined) return `invalid healthcheck port specified - "${text['health-port']}"`;
  const interval = intervalOf(text['syncinterval'] ?? '60');
  if (interval === undefined) return `invalid value "${text['syncinterval']}" for flag -syncinterval: it is a number of seconds, or 60s`;
  const name = text['interfacename'] ?? 'nodelocaldns';
  if (!/^[^\s/:]{1,15}$/.test(name) || name.startsWith('-') || name === '.' || name === '..') return `no interface can be named "${name}"`;
  const rules = on['setupiptables'] === false ? 'none' : text['rules'] ?? 'auto';
  if (!MODES.includes(rules)) return `unknown rules "${rules}": there are ${MODES.join(', ')}`;
  const format = text['log-format'] ?? 'text';
  if (format !== 'text' && format !== 'json') return `unknown log format "${format}": expected text or json`;
  const service = text['upstreamsvc'] ?? 'kube-dns';
  if (!/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/.test(service)) return `no Service can be named "${service}"`;
  return {
    addresses: [...new Set(addresses)], isIPv6: isIP(addresses[0]!) === 6, port, healthPort, interval, rules: rules as RuleMode,
    setsUpInterface: on['setupinterface'] !== false, interfaceName: name, metrics: text['metrics-listen-address'] ?? '0.0.0.0:9353',
    template: text['basecorefile'] ?? '/etc/coredns/Corefile.base', corefile: text['conf'] ?? text['corefile'] ?? '/etc/Corefile',
    kubeDns: text['kubednscm'] ?? '', upstreamService: service, skipsTeardown: on['skipteardown'] === true,
    handover: text['handover'] ?? '', pidfile: text['pidfile'] ?? '', quiet: on['quiet'] === true, json: format === 'json',
    idle: on['setupebtables'] === true ? ['-setupebtables: rules of ebtables are not made'] : [],
  };
}
function portOf(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port > 0 && port < 65536 ? port : undefined;
}
/** Milliseconds. The flag of NodeLocal DNSCache is a duration whose nanoseconds count as seconds: `60ns` is a minute there. */
function intervalOf(text: string): number | undefined {
  const [, count] = /^(\d{1,6})(?:ns)?$/.exec(text) ?? [];
  let found: number;
  try {
    found = count === undefined ? parseDuration(text) : Number(count) * 1000;
  } catch {
    return undefined;
  }
  return found >= 1000 && found <= 86_400_000 ? found : undefined;
}
