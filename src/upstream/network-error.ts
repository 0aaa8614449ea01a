// Texts of network errors as Go prints them, which logs and alerts are written for. Knows codes and addresses, no socket.
import { networkInterfaces } from 'node:os';
import { inPrefix, maskAddress, parseAddress, parseCIDR } from '../dns/address.ts';
import { joinHostPort } from '../dns/host-port.ts';
import { errnoWords, isShortage } from '../wording/errno.ts';
import { ExchangeError } from './asking.ts';
import type { DatagramPeer } from './datagrams.ts';

const reason = (code: string) => errnoWords(code) ?? code;

/** Whether it is ours to open fewer sockets, not the upstream's to answer: what is open already can still be used. */
export const outOfSockets = (code: string): boolean => ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL'].includes(code);

/** Where somebody is reached; `path` is of a Unix socket, in place of address and port. */
export type StreamPeer = DatagramPeer & { readonly path?: string };
const placed = (network: 'udp' | 'tcp', { address, port, path }: StreamPeer): string =>
  (path === undefined ? `${network} ${joinHostPort(address, port)}` : `unix ${path}`);

/** What could not be reached: `dial tcp 127.0.0.1:53: connect: connection refused`, or `i/o timeout` for the code `timeout`. */
export function dialError(network: 'udp' | 'tcp', to: StreamPeer, code: string): ExchangeError {
  const why = code === 'timeout' ? 'i/o timeout' : `${isShortage(code) ? 'socket' : 'connect'}: ${reason(code)}`;
  return new ExchangeError(`dial ${placed(network, to)}: ${why}`, code);
}
/** Who was reached is not who it shall be, or speaks no TLS; `told` says why. */
export const untrusted = (network: 'udp' | 'tcp', to: StreamPeer, told: string): ExchangeError =>
  new ExchangeError(`dial ${placed(network, to)}: ${told}`, 'ETLS');
/** What went wrong after that: `read udp 127.0.0.1:4711->127.0.0.1:53: i/o timeout`. `local` is `address:port`. */
export function readError(network: 'udp' | 'tcp', local: string, to: DatagramPeer, code: string): ExchangeError {
  if (code === 'EOF') return new ExchangeError('EOF', code);
  const why = code === 'timeout' ? 'i/o timeout' : `read: ${reason(code)}`;
  return new ExchangeError(`read ${network} ${local}->${joinHostPort(to.address, to.port)}: ${why}`, code);
}

/** The address that we ask from, as far as one can tell without asking the kernel: only for texts. */
export function localAddress({ address, source }: DatagramPeer): string {
  if (source !== undefined) return source;
  const peer = parseAddress(address.split('%')[0]!);
  if (peer === undefined) return address;
  if (address === '::1' || peer[0] === 127 && peer.length === 4) return peer.length === 4 ? '127.0.0.1' : '::1';
  const known = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  const near = known.find(({ cidr }) => {
    const prefix = cidr === null ? undefined : parseCIDR(cidr);
    return prefix !== undefined && inPrefix(peer, maskAddress(prefix.network, prefix.bits), prefix.bits);
  });
  const family = peer.length === 4 ? 'IPv4' : 'IPv6';
  return (near ?? known.find((each) => each.family === family && !each.internal))?.address ?? (peer.length === 4 ? '0.0.0.0' : '::');
}
