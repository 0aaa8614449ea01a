// What the ConfigMap kube-dns says to a node cache: domains with servers of their own, and who is asked for everything else (ecosystem 2,
// 3.1). Knows its keys; reads no file.
import { isIP } from 'node:net';

/** What was read. */
export interface ClusterConfig {
  /** Domains and their servers, in the order of the names. */
  readonly stubDomains: readonly (readonly [domain: string, servers: readonly string[]])[];
  /** Empty where those of the node are asked. */
  readonly upstreams: readonly string[];
}
/** Where nothing is said. */
export const NO_CONFIG: ClusterConfig = { stubDomains: [], upstreams: [] };

/** Servers that are asked in place of those of the node: as many at most. */
const MOST_UPSTREAMS = 3;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i;

/** Reads the files of the folder, by their names. Throws Error: none of it is to be used then. */
export function readClusterConfig(files: { text(name: string): string | undefined }): ClusterConfig {
  const stubs = members('stubDomains', json('stubDomains', files.text('stubDomains')) ?? {});
  const upstreams = servers('upstreamNameservers', json('upstreamNameservers', files.text('upstreamNameservers')) ?? []);
  if (upstreams.length > MOST_UPSTREAMS) throw new Error(`upstreamNameservers: ${upstreams.length} are there, ${MOST_UPSTREAMS} at most`);
  const stubDomains = stubs.map(([domain, list]): [string, readonly string[]] => {
    const found = servers(`stubDomains: ${domain}`, list);
    if (found.length === 0) throw new Error(`stubDomains: ${domain} has no server`);
    return [domainOf(domain), found];
  });
  const twice = stubDomains.find(([domain], i) => stubDomains.findIndex(([other]) => other === domain) !== i);
  if (twice !== undefined) throw new Error(`stubDomains: ${twice[0]} stands there twice`);
  return { stubDomains: stubDomains.toSorted(([one], [other]) => (one < other ? -1 : 1)), upstreams };
}
function json(key: string, text: string | undefined): unknown {
  if (text === undefined || text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${key}: ${(error as Error).message}`);
  }
}
function members(key: string, value: unknown): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${key}: it is no object of JSON`);
  return Object.entries(value);
}
/** In lower case, without its last dot. */
function domainOf(text: string): string {
  const domain = text.replace(/\.$/, '').toLowerCase();
  if (domain.length > 253 || !domain.split('.').every((label) => LABEL.test(label))) {
    throw new Error(`stubDomains: ${JSON.stringify(text.slice(0, 300))} is no domain`);
  }
  return domain;
}
function servers(what: string, value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw new Error(`${what}: it is no list of JSON`);
  return value.map((each: unknown) => {
    if (typeof each === 'string' && isServer(each)) return each;
    throw new Error(`${what}: ${JSON.stringify(each)?.slice(0, 300)} is no server: an address is, with a port or without, and a path of `
      + 'resolv.conf');
  });
}
/** What `forward` takes without looking it up: an address, its port, perhaps `tls://` before it; or a file such as /etc/resolv.conf. */
function isServer(text: string): boolean {
  if (/^\/[\w./-]{1,200}$/.test(text)) return true;
  const rest = text.replace(/^(?:dns|tls):\/\//, '');
  if (isIP(rest) !== 0) return !rest.includes('%');
  const [, six, four, port] = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+)):(\d{1,5})$/i.exec(rest) ?? [];
  return isIP(six ?? four ?? '') === (six === undefined ? 4 : 6) && Number(port) > 0 && Number(port) < 65536;
}
