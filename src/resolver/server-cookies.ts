// Cookies of servers (RFC 7873): what is sent along, whether a reply has what it should, and what is kept of it. Knows options and servers.
import { OPTION } from '../dns/edns-options.ts';
import type { EdnsOption } from '../dns/opt.ts';
import type { Parts } from '../dns/parts.ts';
import type { Server } from './servers.ts';

/** Octets of the client's part, and of the server's. */
const CLIENT = 8, LEAST = 8, MOST = 32;

/** The option that a question to this server has: our part, and what it gave us last. */
export function cookieFor(server: Server): EdnsOption {
  const theirs = server.cookie ?? new Uint8Array(0);
  const data = new Uint8Array(CLIENT + theirs.length);
  data.set(server.clientCookie);
  data.set(theirs, CLIENT);
  return { code: OPTION.COOKIE, data };
}
/**
 * What a reply's cookie says: `forged`, since our part is not ours; `missing`, though the server has given one before (section 5.3: it may
 * be somebody else); or `good`, and its part is kept.
 */
export function cookieIn({ edns }: Pick<Parts, 'edns'>, server: Server): 'forged' | 'missing' | 'good' {
  const option = edns?.options.find(({ code }) => code === OPTION.COOKIE);
  if (option === undefined) return server.cookie === undefined ? 'good' : 'missing';
  const { data } = option;
  const ours = server.clientCookie;
  if (data.length < CLIENT || ours.some((octet, i) => data[i] !== octet)) return 'forged';
  const theirs = data.subarray(CLIENT);
  if (theirs.length >= LEAST && theirs.length <= MOST) server.cookie = theirs;
  return 'good';
}
