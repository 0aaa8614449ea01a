// From the words of a `forward` line to addresses: host names are looked up, once, and what comes twice is asked once (FWD-1). Knows how
// to look up; knows nothing of queries.
import { readFileSync } from 'node:fs';
import { decodeMessage } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { printAddress } from '../../dns/address.ts';
import { PORT } from '../../dns/port.ts';
import { TYPE } from '../../dns/type-name.ts';
import { addressKey, splitPort } from '../../upstream/address.ts';
import type { UpstreamAddress, UpstreamEntry } from '../../upstream/address.ts';
import { ask, makeQuestion } from '../../upstream/ask.ts';
import type { Upstream } from '../../upstream/upstream.ts';
import { quoted } from '../../wording/quote.ts';

type HostEntry = Exclude<UpstreamEntry, { readonly addresses: unknown }>;
/** Makes an upstream that can be asked a few questions. */
export type OpenResolver = (address: string, port: number) => Upstream;

/** The addresses to forward to. Rejects with CoreDNS's text where a name has none. */
export async function resolveTargets(entries: readonly UpstreamEntry[], resolvers: readonly string[], open: OpenResolver):
Promise<readonly UpstreamAddress[]> {
  const found = new Map<string, UpstreamAddress>();
  for (const entry of entries) {
    const addresses = 'addresses' in entry ? entry.addresses : await lookUp(entry, resolvers, open);
    for (const address of addresses) if (!found.has(addressKey(address))) found.set(addressKey(address), address);
  }
  if (found.size === 0) throw new Error('no valid upstream addresses found');
  return [...found.values()];
}

async function lookUp(entry: HostEntry, resolvers: readonly string[], open: OpenResolver): Promise<readonly UpstreamAddress[]> {
  const { host, scheme, port, zone } = entry;
  try {
    const addresses = resolvers.length === 0 ? await systemLookUp(host) : await resolverLookUp(host, resolvers, open);
    // The one that was meant is who has the name, not who has the address.
    const name = scheme === 'tls' ? zone ?? host.replace(/\.$/, '') : zone;
    return addresses.map((address) => ({ scheme, address, port, zone: name }));
  } catch (error) {
    throw new Error(`failed to resolve ${quoted(host)}: ${(error as Error).message}`, { cause: error });
  }
}

const HOSTS = '/etc/hosts';
const fromSystem = async (name: string) => {
  const { lookup } = await import('node:dns/promises');
  return (await lookup(name, { all: true, order: 'verbatim' })).map(({ address }) => address);
};

/**
 * The addresses that the machine knows of a host, its name taken as it is: search domains are for people (FWD-17). `hosts` is the text of
 * the hosts file, `ask` the system's own look-up of an absolute name. Rejects with Go's text.
 */
export async function systemLookUp(host: string, hosts: string = readHosts(), ask = fromSystem): Promise<readonly string[]> {
  const name = host.endsWith('.') ? host : `${host}.`;
  try {
    // The system reads `8.8.8` as the address 8.8.0.8, which nobody means.
    if (/^[0-9.]+$/.test(host)) throw Object.assign(new Error(), { code: 'ENOTFOUND' });
    // The file has names without the final dot, by which the system knows that a name is absolute.
    const written = hosts.split('\n').map((line) => line.replace(/#.*/, '').trim().toLowerCase().split(/\s+/));
    const listed = written.filter(([, ...names]) => names.includes(name.slice(0, -1).toLowerCase())).map(([address]) => address!);
    return listed.length > 0 ? listed : await ask(name);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new Error(`lookup ${name}: ${code === 'ENOTFOUND' ? 'no such host' : code}`, { cause: error });
  }
}

function readHosts(): string {
  try {
    return readFileSync(HOSTS, 'utf8');
  } catch {
    return '';
  }
}

/** Each resolver in turn, until one knows an address; the AAAA look-up may fail where there are A records. */
async function resolverLookUp(host: string, resolvers: readonly string[], open: OpenResolver): Promise<readonly string[]> {
  let last: unknown;
  for (const resolver of resolvers) {
    const { host: address, port } = splitPort(resolver) ?? { host: resolver, port: String(PORT.dns) };
    const upstream = open(address, Number(port));
    const addresses: string[] = [];
    try {
      for (const type of [TYPE.A, TYPE.AAAA]) addresses.push(...(await addressesOf(upstream, Name.parse(host), type)));
    } catch (error) {
      last = error;
    } finally {
      upstream.close();
    }
    if (addresses.length > 0) return addresses;
  }
  throw new Error(`no addresses found for ${quoted(host)}${last === undefined ? '' : `: ${(last as Error).message}`}`);
}
async function addressesOf(upstream: Upstream, name: Name, type: number): Promise<readonly string[]> {
  const reply = await ask(upstream, makeQuestion(name, type, true), 'udp');
  if (reply === undefined) return [];
  return decodeMessage(reply).answer.filter((record) => record.type === type).map(({ rdata }) => printAddress(rdata));
}
