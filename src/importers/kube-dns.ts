// The ConfigMap of kube-dns as the Corefile that takes its place in a cluster (ecosystem 3.1): stub domains in their order, host names
// kept. Knows
// its three keys.
import { isIP } from 'node:net';
import type { Importer } from './importer.ts';
import { plainName } from './names.ts';
import { ImportError } from './outcome.ts';
import type { Line, Where } from './outcome.ts';

/** What kubeadm installs. */
const CLUSTER = 'cluster.local';

/** Imports a file with the ConfigMap, or with its data alone, as YAML or JSON. Throws ImportError. */
export const importKubeDns: Importer = async (file, source, outcome) => {
  const at: Where = { file, line: 1 };
  const text = source.text(file, at);
  const read = parsed(await yamlOf(text, at), at);
  const data = 'data' in read ? parsed(read.data, at) : read;
  const lineOf = (key: string): Where => ({ file, line: text.slice(0, Math.max(0, text.indexOf(key))).split('\n').length });
  const upstreams: string[] = [];
  for (const [key, value] of Object.entries(data)) {
    if ('data' in read || !/^(?:apiVersion|kind|metadata|binaryData|immutable)$/.test(key)) {
      if (!KEYS.includes(key)) outcome.tell(lineOf(key), key, { lost: 'kube-dns has no such key' });
    }
    if (key === 'federations') outcome.tell(lineOf(key), key, Object.keys(inner(value, lineOf(key))).length === 0 ? undefined
      : { lost: 'federations ended with Kubernetes 1.19' });
    if (key !== 'upstreamNameservers') continue;
    const list = inner(value, lineOf(key));
    for (const each of Array.isArray(list) ? list : []) {
      const server = serverOf(each);
      outcome.tell(lineOf(key), `${key}: ${String(each)}`, server === undefined ? { lost: 'it is no server' } : undefined);
      if (server !== undefined) upstreams.push(server);
    }
  }
  outcome.blocks.push({ keys: ['.:53'], lines: [
    { words: ['errors'] }, { words: ['health'], inside: [{ words: ['lameduck', '5s'] }] }, { words: ['ready'] },
    { words: ['kubernetes', CLUSTER, 'in-addr.arpa', 'ip6.arpa'], inside: [
      { words: ['pods', 'insecure'] }, { words: ['fallthrough', 'in-addr.arpa', 'ip6.arpa'] }, { words: ['ttl', '30'] }] },
    { words: ['prometheus', ':9153'] }, forwardLine(upstreams.length === 0 ? ['/etc/resolv.conf'] : upstreams),
    { words: ['cache', '30'] }, { words: ['loop'] }, { words: ['reload'] }, { words: ['loadbalance'] },
  ] });
  const stubs = inner(data['stubDomains'], lineOf('stubDomains'));
  for (const [domain, servers] of Object.entries(stubs)) {
    const zone = plainName(domain), list = (Array.isArray(servers) ? servers : [servers]).map(serverOf);
    const isRight = zone !== undefined && list.length > 0 && !list.includes(undefined);
    outcome.tell(lineOf(domain), `stubDomains: ${domain}`, isRight ? undefined : { lost: 'it is no domain with servers' });
    if (isRight) outcome.blocks.push({ keys: [`${zone}:53`], lines: [{ words: ['errors'] }, { words: ['cache', '30'] },
      { words: ['loop'] }, forwardLine(list as string[])] });
  }
};
const KEYS: readonly string[] = ['stubDomains', 'upstreamNameservers', 'federations'];

type Values = Readonly<Record<string, unknown>>;
async function yamlOf(text: string, at: Where): Promise<unknown> {
  try {
    return (await import('yaml')).parse(text, { maxAliasCount: 100, logLevel: 'error' });
  } catch (error) {
    throw new ImportError(at, (error as Error).message.split('\n')[0]!);
  }
}
function parsed(value: unknown, at: Where): Values {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ImportError(at, 'there is no ConfigMap in it');
  return value as Values;
}
/** The JSON that a key of the data holds. */
function inner(value: unknown, at: Where): Values | readonly unknown[] {
  if (value === undefined || value === '') return {};
  try {
    const found: unknown = typeof value === 'string' ? JSON.parse(value) : value;
    if (typeof found === 'object' && found !== null) return found as Values;
  } catch (error) {
    throw new ImportError(at, (error as Error).message);
  }
  throw new ImportError(at, 'there is neither a list nor a map in it');
}
/** `192.0.2.1`, `192.0.2.1:5353`, `ns.example.org`. */
function serverOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const [, host = '', port = '53'] = isIP(value) === 6 ? ['', value] : /^\[?([^\]]*?)\]?(?::(\d{1,5}))?$/.exec(value) ?? [];
  if (Number(port) === 0 || Number(port) > 65535 || (isIP(host) === 0 && plainName(host) === undefined)) return undefined;
  return port === '53' ? host : isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}
/** Names of servers are looked up by this server, as kube-dns does it in the cluster. */
function forwardLine(to: readonly string[]): Line {
  const isNamed = to.some((each) => !each.startsWith('/') && isIP(each.replace(/^\[|\](?::\d+)?$/g, '')) === 0
    && isIP(each.replace(/:\d+$/, '')) === 0);
  return { words: ['forward', '.', ...to], inside: [{ words: ['max_concurrent', '1000'] }, ...isNamed ? [{ words: ['resolver', 'self'] }]
    : []] };
}
