// Datagrams that a proxy may have passed on: takes the header off each, puts the client where the sender stands in the question's seat, and
// the sender back there before the reply leaves. Knows seats and the policy; knows no socket.
import { joinHostPort } from '../dns/host-port.ts';
import { printAddress } from '../dns/address.ts';
import { ASKED_IPV4, ASKED_IPV6, PEER_INFO, PEER_KIND, addressAt, isIPv4 } from '../kernel/query/peer.ts';
import { PEER_ROOM } from '../kernel/query/arena.ts';
import { writePeer } from '../kernel/query/peer.ts';
import { policyFor } from '../kernel/query/proxy-setting.ts';
import type { ProxyRefusal, ProxyRules } from '../kernel/query/proxy-setting.ts';
import type { Query } from '../kernel/query/query.ts';
import type { Service } from '../kernel/query/transport.ts';
import { ProxySetting } from '../kernel/query/proxy-setting.ts';
import { readProxyHeader } from './proxy-header.ts';
import type { ProxiedEnds, ProxyHeader } from './proxy-header.ts';

/** Who a sender speaks for, until when. */
interface Session {
  readonly ends: ProxiedEnds;
  readonly until: number;
}
/** What `enter` says of a datagram that is dropped. */
export const DROPPED = -1;

/** Those of one socket. */
export class ProxiedDatagrams {
  #rules: ProxyRules;
  readonly #now: () => number;
  readonly #senders = new Map<Query, Uint8Array>();
  readonly #tlvs = new Map<Query, Uint8Array>();
  readonly #sessions = new Map<string, Session>();

  constructor(rules: ProxyRules, now: () => number) {
    this.#rules = rules;
    this.#now = now;
  }
  /** For a socket of this service: none where no proxy is expected. What waits for its answer in `before` is not forgotten. */
  static of(service: Service, before?: ProxiedDatagrams): ProxiedDatagrams | undefined {
    const rules = service.settings.get(ProxySetting);
    if (rules === undefined) {
      before?.pass();
      return before;
    }
    if (before === undefined) return new ProxiedDatagrams(rules, () => performance.now());
    before.#rules = rules;
    return before;
  }
  /** From now on headers are not looked for. */
  pass(): void {
    this.#rules = { ...this.#rules, allow: [], others: 'skip' };
    this.#sessions.clear();
  }

  /** The length of the message in a seat that has a datagram of this length, moved to the beginning; `DROPPED` where there is none. */
  enter(query: Query, length: number): number {
    const { bytes, words, at, peerAt } = query;
    const from = addressAt(bytes, words, peerAt);
    const policy = policyFor(this.#rules, bytes, from, isIPv4(bytes, words, peerAt) ? 4 : 16);
    if (policy === 'skip') return length;
    const found = readProxyHeader(bytes, at, length);
    if (found === 'none' || (found === 'more' && length < 6)) {
      if (policy === 'use' && this.#rules.kept > 0) this.#remembered(query);
      return length;
    }
    const why = refusal(found, policy === 'reject', bytes, at, length);
    if (why !== undefined) {
      this.#rules.refused(why, sender(query));
      return DROPPED;
    }
    const header = found as ProxyHeader;
    if (policy === 'use' && header.tlvs.length > 0) this.#tlvs.set(query, header.tlvs);
    if (policy === 'use' && header.ends !== undefined) {
      if (this.#rules.kept > 0) this.#remember(sender(query), header.ends);
      this.#speakFor(query, header.ends);
    }
    bytes.copyWithin(at, at + header.length, at + length);
    return length - header.length;
  }
  /** What else the header of a question said, until its reply leaves. */
  tlvs(query: Query): Uint8Array | undefined {
    return this.#tlvs.get(query);
  }
  /** Puts the sender back: what leaves goes there. */
  leave(query: Query): void {
    if (this.#tlvs.size > 0) this.#tlvs.delete(query);
    const real = this.#senders.get(query);
    if (real === undefined) return;
    this.#senders.delete(query);
    query.bytes.set(real, query.peerAt);
  }

  #remember(key: string, ends: ProxiedEnds): void {
    const sessions = this.#sessions;
    sessions.delete(key);
    for (const oldest of sessions.keys()) {
      if (sessions.size < this.#rules.sessions) break;
      sessions.delete(oldest);
    }
    sessions.set(key, { ends, until: this.#now() + this.#rules.kept });
  }
  #remembered(query: Query): void {
    const key = sender(query);
    const session = this.#sessions.get(key);
    if (session === undefined) return;
    if (this.#now() < session.until) this.#speakFor(query, session.ends);
    else this.#sessions.delete(key);
  }
  #speakFor(query: Query, { source, sourcePort, destination }: ProxiedEnds): void {
    const { bytes, words, peerAt } = query;
    this.#senders.set(query, bytes.slice(peerAt, peerAt + PEER_ROOM));
    writePeer(bytes, peerAt, printAddress(source), sourcePort);
    const four = destination.length === 4;
    bytes.set(destination, peerAt + PEER_INFO + (four ? 8 : 0));
    words[(peerAt + PEER_KIND) >> 2] = four ? ASKED_IPV4 : ASKED_IPV6;
  }
}

function refusal(found: ProxyHeader | 'more' | 'bad', rejects: boolean, bytes: Uint8Array, at: number, length: number):
  ProxyRefusal | undefined {
  if (found === 'more') return 'cut';
  // Version 1 is for connections, and a proxy that says nothing has no question (PP-2, PP-4).
  if (found === 'bad' || bytes[at] !== 13 || found.family === 0) return 'malformed';
  if (rejects) return 'rejected';
  const left = length - found.length;
  return left >= 6 && readProxyHeader(bytes, at + found.length, left) !== 'none' ? 'nested' : undefined;
}
function sender({ bytes, words, peerAt }: Query): string {
  const at = addressAt(bytes, words, peerAt);
  const address = printAddress(bytes.subarray(at, at + (isIPv4(bytes, words, peerAt) ? 4 : 16)));
  return joinHostPort(address, (bytes[peerAt + 2]! << 8) | bytes[peerAt + 3]!);
}
