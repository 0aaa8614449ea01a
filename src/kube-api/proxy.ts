// Which proxy a request goes through, as the environment says it, and the tunnel that it gives (RFC 9110 section 9.3.6). Knows Go's rules
// for HTTPS_PROXY, HTTP_PROXY and NO_PROXY; knows no API.
import { BlockList, connect, isIP, type Socket } from 'node:net';
import type { Clock } from '../kernel/clock.ts';
import { quoted } from '../wording/quote.ts';
import { HttpError } from '../http/error.ts';
import { ApiError, asApiError, dialError } from './api-error.ts';
import { type Endpoint, readEndpoint } from './endpoint.ts';
import { HeadReader } from '../http/head.ts';

/** A proxy that speaks HTTP. */
export interface Proxy {
  readonly endpoint: Endpoint;
  /** Header value: who we are there. */
  readonly authorization: string | undefined;
}
type Environment = { readonly [name: string]: string | undefined };

/** The proxy for what is at this endpoint; undefined for none. Throws ApiError `configuration` for one that cannot be used. */
export function proxyFor({ secure, host, port }: Endpoint, environment: Environment): Proxy | undefined {
  const stated = (name: string) => environment[name] || environment[name.toLowerCase()] || '';
  const text = secure ? stated('HTTPS_PROXY') : environment['REQUEST_METHOD'] === undefined ? stated('HTTP_PROXY') : '';
  return text === '' || isExcepted(host.toLowerCase(), port, stated('NO_PROXY')) ? undefined : readProxy(text);
}
/** Reads `http://user:password@host:port`, or the same without `http://`. Throws ApiError `configuration`. */
export function readProxy(text: string): Proxy {
  const [, scheme = 'http', user, rest = ''] = /^(?:([a-z0-9+.-]+):\/\/)?(?:([^@/]*)@)?(.*)$/i.exec(text) ?? [];
  if (scheme.toLowerCase() !== 'http') {
    throw new ApiError('configuration', `proxies are spoken to in http: ${quoted(`${scheme}://${rest}`)} is none of those`);
  }
  const authorization = user === undefined ? undefined : `Basic ${Buffer.from(decoded(user), 'utf8').toString('base64')}`;
  return { endpoint: readEndpoint(`http://${rest}`, false), authorization };
}
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Whether it is this machine, or an entry of NO_PROXY means it: an address, a prefix, a domain with what is below it, or with a port. */
function isExcepted(host: string, port: number, list: string): boolean {
  if (host === 'localhost' || holds('127.0.0.0', 8, host) || holds('::1', 128, host)) return true;
  return list.split(',').map((entry) => entry.trim().toLowerCase()).some((entry) => entry !== '' && matches(entry, host, port));
}
function matches(entry: string, host: string, port: number): boolean {
  if (entry === '*') return true;
  const [, network, bits] = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(entry) ?? [];
  if (network !== undefined && isIP(network) !== 0) return holds(network, Number(bits), host);
  const [, bracketed, plain = '', at] = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [undefined, undefined, entry, undefined];
  if (at !== undefined && Number(at) !== port) return false;
  const name = bracketed ?? plain;
  if (isIP(name) !== 0) return holds(name, isIP(name) === 4 ? 32 : 128, host);
  const domain = name.replace(/^\*\./, '.');
  return domain.startsWith('.') ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
}
/** Whether the host is an address in this network. */
function holds(network: string, bits: number, host: string): boolean {
  const kind = isIP(host);
  if (kind === 0 || kind !== isIP(network) || bits > (kind === 4 ? 32 : 128)) return false;
  const family = kind === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, bits, family);
  return list.check(host, family);
}

/** A connection to `authority` (`host:port`) through the proxy. Rejects with ApiError; takes `milliseconds` at most. */
export function tunnel({ endpoint, authorization }: Proxy, authority: string, milliseconds: number, clock: Clock, signal: AbortSignal):
  Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: endpoint.host, port: endpoint.port });
    const head = new HeadReader();
    const end = (error: ApiError | undefined): void => {
      cancel();
      signal.removeEventListener('abort', abort);
      socket.removeAllListeners();
      if (error === undefined) return resolve(socket.pause());
      socket.on('error', () => {}).destroy();
      reject(error);
    };
    const abort = () => end(new ApiError('aborted', 'context canceled'));
    const cancel = clock.after(milliseconds, () => end(new ApiError('unreachable', `dial tcp ${endpoint.authority}: i/o timeout`)));
    signal.addEventListener('abort', abort, { once: true });
    socket.on('error', (error) => end(dialError(endpoint.authority, error)));
    socket.on('close', () => end(new ApiError('cut', `proxy ${endpoint.authority}: unexpected EOF`)));
    socket.on('connect', () => {
      const who = authorization === undefined ? '' : `Proxy-Authorization: ${authorization}\r\n`;
      socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${who}\r\n`);
    });
    socket.on('data', (piece: Buffer) => {
      try {
        const found = head.feed(piece);
        if (found === undefined) return;
        const { status } = found.head;
        // Nothing can come before we have said something: TLS begins with us.
        if (status !== 200 || found.rest.length > 0) throw new ApiError('unreachable', `proxy ${endpoint.authority} answers ${status}`);
        end(undefined);
      } catch (error) {
        const known = error instanceof ApiError || error instanceof HttpError;
        end(known ? asApiError(error) : new ApiError('unreachable', `proxy ${endpoint.authority}: ${(error as Error).message}`));
      }
    });
  });
}
