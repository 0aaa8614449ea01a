// What a transport and the kernel are to each other. Knows neither sockets nor plugins.
import type { Arena } from './arena.ts';
import type { Message } from './message.ts';
import type { Answer } from './outcome.ts';
import type { Query, QuestionChange } from './query.ts';
import type { Changes } from '../../store/changes.ts';
import type { Reading } from '../../store/reading.ts';
import type { Clock } from '../clock.ts';
import type { Metrics } from '../seen/metrics.ts';
import type { Scheme } from '../../dns/port.ts';
import type { SecureChannel } from '../../secure/server.ts';
import { Slot } from '../slot.ts';
import type { CutReason } from './connection-setting.ts';
import { ListenerSetting, placeOf } from './listener-setting.ts';
import type { Line, ListenerSettings, SharedAddress, SharingBlock } from './listener-setting.ts';

/** Over what a question came. */
export type TransportName = 'udp' | 'tcp' | 'tls' | 'https' | 'https3' | 'grpc' | 'quic';
/** Whether CoreDNS calls the transport `udp` in logs and metrics; every other one is `tcp`. */
export const overUdp = (transport: TransportName): boolean => transport === 'udp' || transport === 'quic' || transport === 'https3';

/** Where to listen: `address` is '' for every address of the machine. Port 0 is any free one. */
export interface Endpoint {
  readonly scheme: Scheme;
  readonly address: string;
  readonly port: number;
  /** Of a wildcard: this family alone, where another endpoint has the other one. */
  readonly family?: 4 | 6;
}

/** A request of HTTP, as far as labels are made of it. */
export interface HttpQuestion {
  /** Without what stands behind `?`. */
  readonly path: string;
  /** What a path of `https { path }` has at its names. */
  readonly parts?: ReadonlyMap<string, string> | undefined;
  /** The value of a field, by its lower-case name. */
  field(name: string): string | undefined;
}

/** Where a question came in and its reply goes out: a UDP socket, or one connection. */
export interface Channel {
  readonly transport: TransportName;
  /** True where replies are not bounded by the client's UDP size. */
  readonly stream: boolean;
  /** The server that its questions are for; a reload puts another one here. */
  service: Service;
  /** Our own address and port, as text and number. On a wildcard UDP socket `::`: `askedAddress` knows better. */
  readonly localAddress: string;
  readonly localPort: number;
  /** Of a stream over TLS: what its handshake said. */
  readonly secure?: SecureChannel | undefined;
  /** Of a stream that a proxy opened for somebody: what else it said of it (PP-5). */
  readonly tlvs?: Uint8Array | undefined;
  /** The same of a UDP socket's datagram. */
  tlvsOf?(query: Query): Uint8Array | undefined;
  /** Of a question over HTTP: its request. */
  readonly request?: HttpQuestion;
  /**
   * Where the transport has words of its own for what is no question (a status of HTTP): hears that it came, and `serve` then has no reply.
   */
  refuse?(): void;
  /** Of a stream: the process is about to end, so clients that can be told so are to ask elsewhere (RFC 7828). */
  readonly leaving?: boolean;
  /** Of a UDP socket: replies that wait since the network does not take them at the moment. */
  readonly queued?: number;
  /** Of a UDP socket: how many replies were lost since this was called last. */
  takeLost?(): number;
  /** Sends a reply that was not there when `serve` returned; undefined says nothing. The query is the transport's again. */
  send(query: Query, message: Message | undefined): void;
  /** Sends several messages, one after the other; only where `stream` is true. The query is the transport's again. */
  sendAll?(query: Query, messages: AsyncIterable<Uint8Array>): void;
}

/** Says that the reply comes later through `channel.send`. */
export const LATER = Symbol('later');

/** What its thread has for whoever watches answers of a server: who changed when, where it is counted, and time. */
export interface Watched {
  readonly changes: Changes;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

/** What a transport calls with questions: one server, all of its sites. */
export interface Service {
  /** A small number, unique among the servers of this process, for arrays of what is kept for each. */
  readonly index: number;
  /** `dns://:53` (KEY-10), the `server` label of metrics. */
  readonly label: string;
  readonly arena: Arena;
  /** What its thread reads shared memory in. */
  readonly reading: Reading;
  /** Before the questions of one wake-up. */
  begin(): void;
  /** After them; also where some are still under way. */
  end(): void;
  /** The reply to send now, undefined to say nothing, or LATER. Never throws. */
  serve(query: Query): Message | undefined | typeof LATER;
  /** What this server answers to another question of the same client, asked from the top (LIB-7). Never throws. */
  resolve(query: Query, change: QuestionChange): Answer;
  /** Whether an option of a request comes back in the reply: a `rewrite edns0 local` rule of any block named its code (EDNS-7). */
  echoes(code: number): boolean;
  /** Whether all of its blocks are ready to answer, for who asks for the health of a service over its own transport. */
  ready?(): boolean;
  /** What whoever watches its answers needs; undefined where nobody can. */
  readonly watched?: Watched | undefined;
  readonly timeouts: Timeouts;
  /** What its blocks say of its listener. */
  readonly settings: ListenerSettings;
  /** A connection of this client was cut, or has one question alone: counted, and said now and then. */
  cut?(reason: CutReason, client: string): void;
  /** A request of DNS over HTTPS was answered with this status; `version` is HTTP's. */
  answered?(version: number, status: number): void;
  /** Of `https://`: the port at which an `https3://` of this process has a zone and an address in common with it. */
  readonly alternative?: number | undefined;
}

/** Milliseconds (SRV-3, TMO-1). */
export interface Timeouts {
  readonly read: number;
  readonly write: number;
  readonly idle: number;
  /** After so many queries a connection is closed; -1 is never. */
  readonly queries: number;
  /** So many answers of a stream may leave before one that was asked for earlier (RFC 7766 section 7). */
  readonly outOfOrder: number;
}
/** What holds where no `timeouts` is configured (SRV-3). */
export const DEFAULT_TIMEOUTS: Timeouts = { read: 3000, write: 5000, idle: 10000, queries: -1, outOfOrder: 0 };

/** An open endpoint. */
export interface Listener {
  /** The endpoint with the port that it really has. */
  readonly at: Endpoint;
  /** From now on questions go to another server (a reload). */
  handTo(service: Service): void;
  /** Stops taking questions; replies under way still leave. Resolves when everything is closed, after `graceMs` at most. */
  close(graceMs: number): Promise<void>;
}

/** One way in. */
export interface Transport {
  readonly scheme: Scheme;
  /** Opens the endpoint; throws where it cannot be had. With `sockets` above 1, so many of them (MSO-1). */
  listen(at: Endpoint, service: Service, sockets?: number): Promise<Listener>;
  /** The process ends soon (lame duck): from now on clients are told so, in every thread. */
  leave?(): void;
}

/** Addresses of `bind` (BIND-3), as they are resolved when the server starts. */
export const Bind = new Slot<readonly string[]>('bind');
/** How many sockets an address gets (MSO-1). */
export const Sockets = new Slot<number>('sockets');

/** Timeouts of a block (TMO-1), and where they are written: those not given stay as they are. */
export interface TimeoutsSaid {
  readonly at: Line;
  readonly timeouts: Partial<Timeouts>;
}
/** Where `timeouts` puts them. They protect nobody from anybody: where blocks differ, the last one counts, as in CoreDNS. */
export const TimeoutSettings = new ListenerSetting<TimeoutsSaid, Partial<Timeouts>>('timeouts', joinTimeouts);

function joinTimeouts(blocks: readonly SharingBlock<TimeoutsSaid>[], { label, warn }: SharedAddress): Partial<Timeouts> {
  const joined: { -readonly [key in keyof Timeouts]?: number } = {};
  const from = new Map<string, Line>();
  for (const { said } of blocks) {
    for (const [key, value] of Object.entries(said?.timeouts ?? {}) as [keyof Timeouts, number][]) {
      const before = joined[key];
      if (before !== undefined && before !== value) {
        warn(`timeouts differ for blocks that share ${label}: ${placeOf(from.get(key)!)} and ${placeOf(said!.at)}: the last one counts`);
      }
      joined[key] = value;
      from.set(key, said!.at);
    }
  }
  return joined;
}
