// From the words of a `forward` line to addresses: how host names are looked up, and what counts as one upstream (FWD-1, FWD-17). Knows how
// to look up once; knows nothing of queries, and not when to look again.
import { readFileSync } from 'node:fs';
import { decodeMessage } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { printAddress } from '../../dns/address.ts';
import { PORT } from '../../dns/port.ts';
import { TYPE } from '../../dns/type-name.ts';
import { addressKey, splitPort } from '../../upstream/address.ts';
import type { UpstreamAddress, UpstreamEntry } from '../../upstream/address.ts';
import type { ServiceEntry } from './service-name.ts';
import { ask, makeQuestion } from '../../upstream/ask.ts';
import type { Question } from '../../upstream/question.ts';
import type { Upstream } from '../../upstream/upstream.ts';
import { quoted } from '../../wording/quote.ts';

/** A host name among the words of a line. */
export type HostEntry = Exclude<UpstreamEntry, { readonly addresses: unknown }>;
/** Makes an upstream that can be asked a few questions. */
export type OpenResolver = (address: string, port: number) => Upstream;
/** What a name leads to, and for how many milliseconds; undefined where nobody says. */
export interface LookedUp {
  readonly addresses: readonly string[];
  readonly ttl: number | undefined;
}
/** Finds the addresses of a host. Rejects with Go's text. */
export type LookUp = (host: string) => Promise<LookedUp>;

/** One of the words of a line, or two. */
export type ForwardEntry = UpstreamEntry | ServiceEntry;
/**
 * The addresses to forward to, in the order of the words; what comes twice is asked once. `of` has those of each name, `behind` those of
 * each service.
 */
export function targetsOf(
  entries: readonly ForwardEntry[], of: (entry: HostEntry) => readonly string[] = () => [],
  behind: (entry: ServiceEntry) => readonly UpstreamAddress[] = () => [],
): readonly UpstreamAddress[] {
  const found = new Map<string, UpstreamAddress>();
  for (const entry of entries) {
    const addresses = 'addresses' in entry ? entry.addresses : 'service' in entry ? behind(entry) : placesOf(entry, of(entry));
    for (const address of addresses) if (!found.has(addressKey(address))) found.set(addressKey(address), address);
  }
  return [...found.values()];
}
/** The one that was meant is who has the name, not who has the address. */
function placesOf({ host, scheme, port, zone }: HostEntry, addresses: readonly string[]): readonly UpstreamAddress[] {
  const name = scheme === 'dns' ? zone : zone ?? host.replace(/\.$/, '');
  return addresses.map((address) => ({ scheme, address, port, zone: name }));
}

/** Why a name of a line has no address. */
export const unresolved = (host: string, error: unknown): Error =>
  new Error(`failed to resolve ${quoted(host)}: ${(error as Error).message}`, { cause: error });

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
/** The system's own way, which says no TTL. */
export const bySystem: LookUp = async (host) => ({ addresses: await systemLookUp(host), ttl: undefined });

function readHosts(): string {
  try {
    return readFileSync(HOSTS, 'utf8');
  } catch {
    return '';
  }
}

/** Asks one question; undefined where what came is no answer to it. */
export type AskName = (question: Question) => Promise<Uint8Array | undefined>;

/** Each resolver in turn, until one knows an address. */
export const byResolvers = (resolvers: readonly string[], open: OpenResolver): LookUp => async (host) => {
  let last: unknown;
  for (const resolver of resolvers) {
    const { host: address, port } = splitPort(resolver) ?? { host: resolver, port: String(PORT.dns) };
    const upstream = open(address, Number(port));
    try {
      return await byAsking(host, (question) => ask(upstream, question, 'udp'));
    } catch (error) {
      last = error;
    } finally {
      upstream.close();
    }
  }
  throw last;
};

/** Both kinds of addresses are asked for at once; one of the two questions may fail. Rejects where neither has any. */
export async function byAsking(host: string, ask: AskName): Promise<LookedUp> {
  const name = Name.parse(host);
  const asked = [TYPE.AAAA, TYPE.A].map(async (type) => answered(await ask(makeQuestion(name, type, true)), type));
  const found = await Promise.allSettled(asked);
  const lists = found.map((each) => (each.status === 'fulfilled' ? each.value : undefined));
  const [six, four] = lists.map((list) => list?.addresses ?? []);
  const addresses = interleaved(six!, four!);
  if (addresses.length > 0) {
    return { addresses, ttl: Math.min(...lists.flatMap((list) => (list === undefined || list.addresses.length === 0 ? [] : list.ttl))) };
  }
  const why = found.find((each) => each.status === 'rejected')?.reason as Error | undefined;
  throw new Error(`no addresses found for ${quoted(host)}${why === undefined ? '' : `: ${why.message}`}`);
}
/** The families take turns, IPv6 first: who gets no answer from the one asks the other next (RFC 8305 section 4). */
function interleaved(six: readonly string[], four: readonly string[]): readonly string[] {
  return Array.from({ length: Math.max(six.length, four.length) }, (_, i) => [six[i], four[i]]).flat().filter((each) => each !== undefined);
}
function answered(reply: Uint8Array | undefined, type: number): { addresses: readonly string[]; ttl: number } {
  if (reply === undefined) return { addresses: [], ttl: 0 };
  const { answer } = decodeMessage(reply);
  const ttl = 1000 * Math.min(...answer.map((record) => record.ttl));
  return { addresses: answer.filter((record) => record.type === type).map(({ rdata }) => printAddress(rdata)), ttl };
}

/** Whether it is reached over IPv6. */
export const isSix = ({ address }: UpstreamAddress): boolean => address.includes(':');
