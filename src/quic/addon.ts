// Finds and loads the addon that speaks QUIC, and types its calls. Knows where its file lies, from the sources and from the bundle; opens
// nothing.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { packagedFile } from './platform.ts';

/** What the tables have where; checked against the addon's own numbers when it is loaded. */
export const LAYOUT = {
  VERSION: 2, EVENTS: 16, EVENT_WORDS: 8, MOST_EVENTS: 1024, BOARD_WORDS: 16 + 8 * 1024,
  COMMANDS: 4, COMMAND_WORDS: 6, MOST_COMMANDS: 1024, BOX_WORDS: 4 + 6 * 1024, INPUT: 1 << 18, OUTPUT: 1 << 18,
} as const;
/** What an event is: word 0. The others are connection, stream (low, high), place, length, flags, code. */
export const EVENT = {
  BEGUN: 1, OPENED: 2, DATA: 3, RESET: 4, STOPPED: 5, SENT: 6, ROOM: 7, CLOSED: 8, FAILED: 9, SECRETS: 10, PANIC: 11, PROXY: 12,
} as const;
/** What a command is: word 0, with flags above its lowest byte. */
export const COMMAND = { SEND: 1, RESET: 2, STOP: 3, CLOSE: 4 } as const;
/** Flags of events. */
export const FIN = 1, EARLY = 2, REJECTED = 4, APPLICATION = 8;
/** Flags of SEND. */
export const LAST = 1 << 8, TELL = 2 << 8;
/** Flags of `open`: both families, the address that was asked matters, a client that keeps no process going. */
export const DUAL = 1, ASKED = 2, CLIENT = 4;
/** Words of the board before the events. */
export const COUNT = { OPEN: 0, SHAKING: 1, RETRIES: 2, PANICS: 3, ASTRAY: 4, LOST: 5, REFUSED: 6, TIMERS: 7 } as const;

/** How much is allowed, on both sides; times are milliseconds. */
export interface QuicLimits {
  /** Streams that the other side may have open at once. */
  readonly streams: number;
  readonly connections: number;
  /** Handshakes under way: from half of them on, who comes has to show that its address is its own. */
  readonly handshakes: number;
  readonly handshake: number;
  /** How long the other side may leave unread what waits for it, and how many bytes may wait. */
  readonly write: number;
  readonly unsent: number;
  /** What a connection is closed with that takes too much. */
  readonly overload: number;
  readonly idle: number;
}
/** Whose word counts on who asks, where proxies stand before the port (the PROXY protocol, version 2). */
export interface QuicProxying {
  readonly allow: readonly { readonly network: Uint8Array; readonly bits: number }[];
  /** For everybody else: its place in `PROXY_POLICIES`. */
  readonly others: number;
  /** How long a proxy's port is remembered, milliseconds, and how many are. */
  readonly kept: number;
  readonly sessions: number;
}
/** What is done with a header: the addon's numbers. */
export const PROXY_POLICIES = ['use', 'ignore', 'reject', 'skip'] as const;
/** Why a datagram is given up for its header: the addon's numbers. */
export const PROXY_REFUSALS = ['malformed', 'cut', 'nested', 'rejected'] as const;
/** A server's settings. */
export interface QuicServing extends QuicLimits {
  readonly alpn: readonly string[];
  /** PEM, and the lower-case names that each certificate stands for; the first is for all others. */
  readonly pairs: readonly { readonly cert: string; readonly key: string; readonly names: readonly string[] }[];
  /** What is asked of clients: its place in `CLIENT_AUTH`. */
  readonly policy: number;
  readonly ca: string | undefined;
  /** Tells sessions of one address and policy from others. */
  readonly sessions: string;
  /** Clients come back, and in 0-RTT. */
  readonly resumes: boolean;
  /** Keys of 32 octets for tickets that replicas open too. */
  readonly ticketKey?: Uint8Array;
  readonly lastTicketKey?: Uint8Array;
  /** What resets and tokens are made of; without one, what the process drew. */
  readonly secret?: Uint8Array;
  /** Whether secrets of connections are to be told. */
  readonly secrets: boolean;
  readonly proxy?: QuicProxying | undefined;
}
/** A client's settings. */
export interface QuicAsking extends QuicLimits {
  readonly alpn: readonly string[];
  /** PEM of authorities. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Any certificate will do. */
  readonly insecure?: boolean;
  /** 0-RTT where a session allows it. */
  readonly early: boolean;
  readonly keepAlive?: number;
  /** Which store of sessions in the process. */
  readonly sessions: string;
}
/** What is known of the other side. */
export interface About {
  readonly alpn?: string;
  readonly serverName?: string;
  /** DER. */
  readonly certificate?: Uint8Array;
  readonly isVerified?: boolean;
  readonly resumed: boolean;
  readonly early: boolean;
  readonly handshaking: boolean;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** What a proxy said beside addresses: those above are the ones that it said, if so. */
  readonly tlvs?: Uint8Array;
}

/** The addon's calls. Settings and sockets are numbers above 0. */
export interface QuicAddon {
  layout(): { readonly [name: string]: number };
  /** Throws Error with what is refused. */
  serving(settings: QuicServing): number;
  asking(settings: QuicAsking): number;
  /** Connections that were made with these settings go on. */
  forget(settings: number): void;
  /** A socket, or -errno. `handle` is called with a number of events. */
  open(address: string, port: number, flags: number, settings: number, board: Int32Array, input: Uint8Array, box: Int32Array,
    output: Uint8Array, handle: (count: number) => void): number;
  port(socket: number): number;
  /** Who serves new connections; 0 refuses them. */
  serve(socket: number, settings: number): void;
  /** A connection's number. Throws Error where the name or the address is none. */
  connect(socket: number, settings: number, address: string, port: number, name: string): number;
  /** A new stream, or -1 where the other side allows none at the moment. */
  stream(socket: number, connection: number, oneWay: boolean): number;
  about(socket: number, connection: number): About | undefined;
  /** Empties the box now, where it is full: what it holds leaves when the loop waits. */
  flush(socket: number): void;
  /** All connections are closed without an error. */
  close(socket: number): void;
  /** For tests: the next packet of this connection panics. */
  fault(socket: number, connection: number): void;
}

/** What says how to get it. */
export const BUILD = 'npm run native';

/** Where it may lie from here: the sources are two folders deep, the bundle one, its chunks two. */
const PLACES = ['../../', '../'].flatMap((root) => [`${process.platform}-${process.arch}/`, ''].map((folder) =>
  new URL(`${root}native/quic/build/${folder}quic.node`, import.meta.url)));

/** The file of the addon, where there is one. */
export const quicFile = (): string | undefined =>
  PLACES.map((place) => fileURLToPath(place)).find(existsSync) ?? packagedFile('quic.node', import.meta.url);

/**
 * The addon, or in a few words why it is not there. The environment variable COREDNS_TS_QUIC says `none` where a test wants to be without.
 */
export function loadQuic(choice = process.env['COREDNS_TS_QUIC']): QuicAddon | string {
  if (choice === 'none') return 'COREDNS_TS_QUIC says so';
  if (process.platform !== 'linux') return 'it is for Linux';
  const require = createRequire(import.meta.url);
  const file = quicFile();
  if (file === undefined) return 'it was not built';
  try {
    const addon = require(file) as QuicAddon;
    return quicDifference(addon.layout()) ?? addon;
  } catch (error) {
    return (error as Error).message.split('\n')[0]!;
  }
}

/** Why an addon with these tables is not for us, if so. */
export function quicDifference(theirs: { readonly [name: string]: number }): string | undefined {
  const ours: { readonly [name: string]: number } = LAYOUT;
  const other = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].find((name) => ours[name] !== theirs[name]);
  return other === undefined ? undefined : `it is of another version, ${other} is ${theirs[other]}, not ${ours[other]}`;
}
