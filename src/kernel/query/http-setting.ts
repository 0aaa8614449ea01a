// What blocks say of the HTTP that they are asked over: limits and paths, and how several blocks of one address are joined. Knows the
// rules; knows no HTTP.
import type { CIDR } from '../../dns/address.ts';
import { ListenerSetting, placeOf } from './listener-setting.ts';
import type { Line, SharedAddress, SharingBlock } from './listener-setting.ts';

/** One block's word. */
export interface HttpSaid {
  readonly at: Line;
  /** Connections of the listener, and requests at once of one connection; 0 is without a limit. */
  readonly connections?: number;
  readonly streams?: number;
  /** Answers that one connection may watch (gRPC); 0 is without a limit. */
  readonly watches?: number;
  /** Paths beside `/dns-query`, with `{name}` for parts that become metadata. */
  readonly paths?: readonly string[];
  /** Whose word counts on who asks. */
  readonly trust?: Trust;
}
/** Proxies of HTTP whose `Forwarded` and `X-Forwarded-For` count. */
export interface Trust {
  readonly networks: readonly CIDR[];
  /** A request was refused, since its fields name two clients; counts it, and says who sent it. */
  torn(peer: string): void;
}
/** A path, with names of parts in braces. */
export const PATH_TEMPLATE = /^\/(?:[A-Za-z0-9._~/-]|\{[a-z][a-z0-9_]*\})*$/;
/** What holds for an address. */
export interface HttpLimits {
  readonly connections: number;
  readonly streams: number;
  readonly watches?: number;
  readonly paths: readonly string[];
  readonly trust?: Trust | undefined;
}
/** Where no block says anything (TR-0, TR-12). */
export const DEFAULT_HTTPS: HttpLimits = { connections: 200, streams: 250, paths: [] };
/** The same for HTTP/3 (TR-4, TR-12). */
export const DEFAULT_HTTPS3: HttpLimits = { connections: 200, streams: 256, paths: [] };
/** The same for gRPC (TR-5). */
export const DEFAULT_GRPC: HttpLimits = { connections: 200, streams: 256, watches: 10_000, paths: [] };

/** Where `https` puts it. */
export const HttpsSetting = new ListenerSetting<HttpSaid, HttpLimits>('https', (blocks, at) => join('https', blocks, at, DEFAULT_HTTPS));
/** Where `https3` puts it. */
export const Https3Setting = new ListenerSetting<HttpSaid, HttpLimits>('https3',
  (blocks, at) => join('https3', blocks, at, DEFAULT_HTTPS3));
/** Where `grpc_server` puts it. */
export const GrpcSetting = new ListenerSetting<HttpSaid, HttpLimits>('grpc_server', (blocks, at) => join('grpc', blocks, at, DEFAULT_GRPC));

function join(scheme: string, blocks: readonly SharingBlock<HttpSaid>[], address: SharedAddress, limits: HttpLimits):
  HttpLimits | undefined {
  if (address.scheme !== scheme) return undefined;
  const connections = one('max_connections', blocks, address, ({ connections: most }) => most) ?? limits.connections;
  const streams = one('max_streams', blocks, address, ({ streams: most }) => most) ?? limits.streams;
  const watches = one('max_watches', blocks, address, ({ watches: most }) => most) ?? limits.watches;
  const paths = [...new Set(blocks.flatMap(({ said }) => said?.paths ?? []))];
  return { connections, streams, ...(watches !== undefined && { watches }), paths, trust: trustOf(blocks, address) };
}
const inWords = ({ networks }: Trust): string => networks.map(({ network, bits }) => `${network.join('.')}/${bits}`).sort().join(' ');
/** Whose word counts protects: blocks that share an address and say anything have to say the same. */
function trustOf(blocks: readonly SharingBlock<HttpSaid>[], { label, warn }: SharedAddress): Trust | undefined {
  const saying = blocks.flatMap(({ said }) => (said?.trust === undefined ? [] : [{ at: said.at, trust: said.trust }]));
  const [first] = saying;
  if (first === undefined) return undefined;
  for (const { at, trust } of saying) {
    if (inWords(trust) === inWords(first.trust)) continue;
    throw new Error(`conflicting trust_forwarded for shared listener ${label}: ${placeOf(first.at)} and ${placeOf(at)}`);
  }
  if (saying.length < blocks.length) warn(`trust_forwarded of ${placeOf(first.at)} counts for all blocks that share ${label}`);
  return first.trust;
}
/** The value that blocks agree on. Who shares a listener of HTTPS and differs in streams is refused, as by CoreDNS (TR-12). */
function one(word: string, blocks: readonly SharingBlock<HttpSaid>[], { label, scheme, warn }: SharedAddress,
  of: (said: HttpSaid) => number | undefined): number | undefined {
  let found: { readonly value: number; readonly at: Line } | undefined;
  for (const { said } of blocks) {
    const value = said === undefined ? undefined : of(said);
    if (value === undefined || said === undefined) continue;
    if (found !== undefined && found.value !== value) {
      if (scheme === 'https' && word === 'max_streams') {
        throw new Error(`conflicting max_streams values for shared HTTPS listener ${label}: ${found.value} and ${value}`);
      }
      warn(`${word} differs for blocks that share ${label}: ${placeOf(found.at)} and ${placeOf(said.at)}: the last one counts`);
    }
    found = { value, at: said.at };
  }
  return found?.value;
}
