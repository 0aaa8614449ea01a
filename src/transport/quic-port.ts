// The sockets of one address and port that QUIC is spoken on, and who speaks there by ALPN: DNS over QUIC and HTTP/3 share them. Knows
// certificates, settings and whose questions begin and end; what is said on a connection is its speaker's.
import type { Endpoint, Service } from '../kernel/query/transport.ts';
import { ConnectionSetting } from '../kernel/query/connection-setting.ts';
import { ProxySetting, differs, proxyInWords } from '../kernel/query/proxy-setting.ts';
import type { ProxyRefusal, ProxyRules } from '../kernel/query/proxy-setting.ts';
import { TlsSetting } from '../kernel/query/tls-setting.ts';
import type { QuicAddon, QuicServing } from '../quic/addon.ts';
import type { QuicConnection, QuicEnd, QuicSpeaker } from '../quic/connection.ts';
import { QuicEndpoint } from '../quic/endpoint.ts';
import type { QuicCounts, QuicOwner } from '../quic/endpoint.ts';
import { quicFailure } from '../secure/failure.ts';
import type { ServerTls } from '../secure/server-tls.ts';
import { isWildcard, openWildcard } from './addresses.ts';
import { HANDSHAKES, servingOf, span } from './quic-settings.ts';
import { socketError } from './socket-error.ts';

/** One scheme's listener on a port. */
export interface QuicMember {
  readonly alpn: string;
  /** A reload puts another one here. */
  service: Service;
  readonly overload: number;
  /** Connections and streams that are allowed; 0 connections are as many as come. */
  limits(): { readonly connections: number; readonly streams: number };
  /** Takes a connection over. */
  accept(connection: QuicConnection): QuicSpeaker;
}

/** The sockets of a port in one thread. */
export class QuicPort implements QuicOwner {
  readonly at: Endpoint;
  readonly #addon: QuicAddon;
  readonly #members: QuicMember[] = [];
  readonly #sockets: QuicEndpoint[] = [];
  readonly #counted = new WeakMap<QuicEndpoint, QuicCounts>();
  #settings = 0;
  /** What the settings were made of. */
  #made: readonly unknown[] = [];
  /** Services whose questions of this wake-up have begun. */
  readonly #begun: Service[] = [];

  constructor(addon: QuicAddon, at: Endpoint) {
    this.#addon = addon;
    this.at = at;
  }

  get port(): number {
    return this.#sockets[0]?.port ?? this.at.port;
  }
  get sockets(): readonly QuicEndpoint[] {
    return this.#sockets;
  }
  get members(): number {
    return this.#members.length;
  }
  /** Whether somebody speaks here already who is called so. */
  has(alpn: string): boolean {
    return this.#members.some((member) => member.alpn === alpn);
  }
  /** Adds who speaks here, and opens so many sockets where there are fewer. Throws what cannot be had. */
  add(member: QuicMember, sockets: number): void {
    this.#members.push(member);
    try {
      this.refresh();
      while (this.#sockets.length < sockets) this.#sockets.push(this.#open());
    } catch (error) {
      this.#members.pop();
      if (this.#members.length === 0) this.close();
      throw error;
    }
  }
  #open(): QuicEndpoint {
    const { at } = this;
    const port = this.port;
    const one = (address: string, dual: boolean): QuicEndpoint => {
      const opened = QuicEndpoint.listen(this.#addon, { address, port, dual, wildcard: isWildcard(address) }, this.#settings, this);
      if (typeof opened === 'number') throw socketError('bind', opened, address, port);
      return opened;
    };
    return isWildcard(at.address) ? openWildcard(at, one) : one(at.address, false);
  }
  /** One member takes no connections any more; with the last one nobody does. */
  rest(member: QuicMember): void {
    const at = this.#members.indexOf(member);
    if (at < 0) return;
    this.#members.splice(at, 1);
    if (this.#members.length > 0) this.refresh();
    else for (const socket of this.#sockets) socket.serve(0);
  }
  close(): void {
    this.count();
    for (const socket of this.#sockets) socket.close();
    this.#sockets.length = 0;
    if (this.#settings !== 0) this.#addon.forget(this.#settings);
    this.#settings = 0;
  }

  /** Certificates, keys and limits that changed count from the next connection on. */
  refresh(): void {
    const all = this.#members.map(({ service, alpn, limits }) =>
      ({ service, alpn, limits: limits(), tls: service.settings.get(TlsSetting) }));
    const blocks = [...new Set(all.flatMap(({ tls }) => tls ?? []))] as readonly ServerTls[] as [ServerTls, ...ServerTls[]];
    if (all.some(({ tls }) => tls === undefined) || blocks.length === 0) throw new Error('ListenPacket: quic: tls.Config not set');
    const handshakes = Math.min(...all.map(({ service }) => service.settings.get(ConnectionSetting)?.handshakes ?? HANDSHAKES));
    const proxy = this.#proxies();
    const made = [
      handshakes, proxy && proxyInWords(proxy),
      ...all.flatMap(({ alpn, limits: { connections, streams }, service: { timeouts } }) => [alpn, connections, streams, timeouts]),
      ...blocks.flatMap((block) => [block, block.round()]), blocks[0].tickets?.shared === true ? span(0) : 0,
    ];
    if (made.length === this.#made.length && made.every((each, i) => each === this.#made[i])) return;
    this.#agree(blocks);
    const { read, write, idle } = all[0]!.service.timeouts;
    const settings = this.#taken(blocks, servingOf(blocks, {
      alpn: all.map(({ alpn }) => alpn), label: all[0]!.service.label, read, write, idle,
      connections: all.some(({ limits }) => limits.connections === 0) ? 0 : all.reduce((sum, { limits }) => sum + limits.connections, 0),
      streams: Math.max(...all.map(({ limits }) => limits.streams)), handshakes, proxy, overload: this.#members[0]!.overload,
    }));
    for (const socket of this.#sockets) socket.serve(settings);
    if (this.#settings !== 0) this.#addon.forget(this.#settings);
    this.#settings = settings;
    this.#made = made;
  }
  /** The number of the settings. What the library does not take of a certificate is told with its line. */
  #taken([{ at: { file, line } }]: readonly [ServerTls, ...ServerTls[]], serving: QuicServing): number {
    try {
      return this.#addon.serving(serving);
    } catch (error) {
      throw new Error(`plugin/tls: ${file}:${line} - QUIC does not take this certificate: ${(error as Error).message}`);
    }
  }
  /** What protects has to be equal for two schemes on one port too, since the ALPN is the client's word. */
  #agree([first, ...others]: readonly [ServerTls, ...ServerTls[]]): void {
    for (const other of others) {
      if (other.clientAuth === first.clientAuth && (first.clientAuth === 'nocert' || other.first.ca === first.first.ca)) continue;
      const lines = [first, other].map(({ at: { file, line } }) => `${file}:${line}`).join(' and ');
      throw new Error(`conflicting TLS configuration for QUIC on port ${this.port}: client authentication policies differ (${lines})`);
    }
  }
  /** What stands before one scheme's clients stands before the other's: a datagram does not say which it is of. */
  #proxies(): ProxyRules | undefined {
    const [first, ...others] = this.#members.flatMap(({ service }) => service.settings.get(ProxySetting) ?? []);
    for (const other of others) {
      if (proxyInWords(first!) !== proxyInWords(other)) throw differs(first!, other, `QUIC on port ${this.port}`);
    }
    return first;
  }
  get #tls(): ServerTls | undefined {
    return this.#members[0]?.service.settings.get(TlsSetting)?.[0];
  }

  /** Tells what the sockets have counted since the last time. */
  count(): void {
    const counter = this.#tls?.quic;
    const label = this.#members[0]?.service.label;
    if (counter === undefined || label === undefined) return;
    let open = 0;
    for (const socket of this.#sockets) {
      const { counts } = socket;
      const before = this.#counted.get(socket);
      this.#counted.set(socket, counts);
      open += counts.open;
      const more = (what: keyof QuicCounts): number => counts[what] - (before?.[what] ?? 0);
      counter.counted(label, {
        retry: more('retries'), refused: more('refused'), lost: more('lost'), astray: more('astray'), panic: more('panics'),
      }, open);
    }
  }

  // --- what the sockets say

  begin(): void {}
  /** Something of this service's questions comes: called before the first of a wake-up. */
  enter(service: Service): void {
    if (this.#begun.includes(service)) return;
    service.begin();
    this.#begun.push(service);
  }
  end(): void {
    for (const service of this.#begun) service.end();
    this.#begun.length = 0;
  }
  speaker(connection: QuicConnection): QuicSpeaker {
    const alpn = connection.peer?.alpn;
    const member = this.#members.find((each) => each.alpn === alpn);
    if (member !== undefined) return member.accept(connection);
    connection.close(0, '');
    return NOBODY;
  }
  failed(end: QuicEnd): void {
    this.#tls?.counter?.failed(quicFailure(end));
  }
  secrets(lines: Uint8Array): void {
    this.#tls?.log?.(Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength));
  }
  unproxied(why: ProxyRefusal, count: number, sender: string): void {
    const rules = this.#proxies();
    for (let i = 0; i < count; i++) rules?.refused(why, sender);
  }
  panicked(text: string): void {
    this.#tls?.quic?.panicked(text);
  }
}

const nothing = (): void => {};
const NOBODY: QuicSpeaker = {
  data: nothing, resetBy: nothing, stoppedBy: nothing, sent: nothing, room: nothing, opened: nothing, closed: nothing,
};
