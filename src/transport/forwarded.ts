// Whose request it is that a proxy of HTTP has passed on: `Forwarded` (RFC 7239) and `X-Forwarded-For`, read from the right, past hops that
// are trusted. Knows the two fields; knows no connection.
import { inPrefix, parseAddress, unmap } from '../dns/address.ts';
import type { CIDR } from '../dns/address.ts';

/** A client as the last trusted hop names it; port 0 where it says none. */
export interface ForwardedClient {
  readonly address: Uint8Array;
  readonly port: number;
}

const isTrusted = (address: Uint8Array, trusted: readonly CIDR[]): boolean =>
  trusted.some(({ network, bits }) => network.length === address.length && inPrefix(address, network, bits));

/**
 * Who asks, where `peer` is who has sent the request. undefined: the peer itself, which nobody has to believe, or whose word names nobody.
 * `torn`: both fields are there and name two clients, so that one of them is the client's own word.
 */
export function forwardedClient(peer: Uint8Array, trusted: readonly CIDR[], forwarded: string | undefined, list: string | undefined):
  ForwardedClient | undefined | 'torn' {
  if (!isTrusted(peer, trusted)) return undefined;
  const one = forwarded === undefined ? undefined : walk(hopsOf(forwarded), trusted, forOf);
  const other = list === undefined ? undefined : walk(list.split(','), trusted, (hop) => hop.trim());
  if (forwarded !== undefined && list !== undefined && !isSame(one, other)) return 'torn';
  return one ?? other;
}
const isSame = (one: ForwardedClient | undefined, other: ForwardedClient | undefined): boolean =>
  one === other || (one !== undefined && other !== undefined && Buffer.compare(one.address, other.address) === 0);

/** From the right: each hop is named by the one behind it, which counts as long as that is trusted itself. */
function walk(hops: readonly string[], trusted: readonly CIDR[], named: (hop: string) => string): ForwardedClient | undefined {
  let client: ForwardedClient | undefined;
  for (let i = hops.length - 1; i >= 0; i--) {
    const next = node(named(hops[i]!));
    // `unknown`, `_hidden` and what is no address: who said that is the last of whom something is known.
    if (next === undefined) return client;
    client = next;
    if (!isTrusted(client.address, trusted)) return client;
  }
  return client;
}
/** `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:4711`. */
function node(text: string): ForwardedClient | undefined {
  const [, inside, behind = '', plain = '', port = ''] = /^(?:\[([^\]]*)\](?::(\d{1,5}))?|([\d.]+)(?::(\d{1,5}))?)$/.exec(text) ?? [];
  const address = parseAddress(inside ?? (plain === '' ? text : plain));
  if (address === undefined || (inside !== undefined && address.length === 4)) return undefined;
  const number = Number(behind || port);
  return { address: unmap(address), port: number > 65535 ? 0 : number };
}

/**
 * The elements of `Forwarded`. They are cut from the right: what a trusted hop has added there is sound, whatever quotes the client's part
 * has.
 */
function hopsOf(text: string): readonly string[] {
  const hops: string[] = [];
  let quoted = false;
  let end = text.length;
  for (let i = text.length - 1; i >= 0; i--) {
    if (text[i] === '"') quoted = !quoted;
    else if (text[i] === ',' && !quoted) {
      hops.unshift(text.slice(i + 1, end));
      end = i;
    }
  }
  hops.unshift(text.slice(0, end));
  return hops;
}
/** The value of `for`; '' where there is none, or two. */
function forOf(hop: string): string {
  const values = hop.split(';').map((pair) => /^\s*for=(?:"([^"]*)"|([^\s"]*))\s*$/i.exec(pair)).filter((found) => found !== null);
  return values.length === 1 ? values[0]![1] ?? values[0]![2] ?? '' : '';
}
