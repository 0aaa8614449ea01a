// What one line tells of queries, in one thread: each question and each answer, and what was forwarded because of it. Knows queries and
// outcomes; what becomes of the bytes is frames.ts's and outlet.ts's.
import { parseAddress } from '../../dns/address.ts';
import { splitHostPort } from '../../dns/host-port.ts';
import { HEADER, setU16 } from '../../dns/packet.ts';
import type { Clock } from '../../kernel/clock.ts';
import { apart } from '../../kernel/query/derive.ts';
import type { Outcome, Stream } from '../../kernel/query/outcome.ts';
import { drop } from '../../kernel/query/outcome.ts';
import { toldAt, toldLength, toldPort } from '../../kernel/query/peer.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Tap, TapNetwork } from '../../kernel/query/tap.ts';
import { LogLines } from '../../kernel/seen/log-lines.ts';
import { compile } from '../../kernel/query/line-format.ts';
import { Seen } from '../../kernel/query/seen-outcome.ts';
import type { Memory } from '../../store/memory.ts';
import type { Ring } from '../../store/ring.ts';
import type { TapLine } from './config.ts';
import { Frames, MESSAGES, PROTOCOLS, Told, textField } from './frames.ts';

const { CLIENT_QUERY, CLIENT_RESPONSE, FORWARDER_QUERY, FORWARDER_RESPONSE } = MESSAGES;
const NOTHING = new Uint8Array(0);
const SAID_NOTHING = drop();
/** Flags that a reply which the server makes itself has of its question: QR, and RD and CD as they were. */
const QR = 0x8000, KEPT = 0x7910;

/** The format of `extra`, as a field of each message. */
class Extra {
  readonly #write;
  readonly #seen = new Seen();
  #text = '';
  readonly #lines = new LogLines((bytes, from, length) => {
    this.#text += Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString();
    return length;
  }, () => {}, () => {});

  constructor(format: string) {
    this.#write = compile(format);
  }
  /** The text for a query, before anything is known of its answer. */
  field(query: Query): Uint8Array {
    this.#seen.look(SAID_NOTHING, query);
    this.#text = '';
    this.#lines.room(1);
    this.#write(this.#lines, query, this.#seen);
    this.#lines.end();
    this.#lines.flush();
    return textField(3, this.#text.slice(0, -1));
  }
}

/** A line in a thread. */
export class Tapper implements Tap {
  readonly #frames: Frames;
  readonly #full: boolean;
  readonly #only: ReadonlySet<number> | undefined;
  readonly #extra: Extra | undefined;
  readonly #clock: Clock;
  readonly #told = new Told();
  /** Addresses and ports of other servers by their names. */
  readonly #servers = new Map<string, { readonly address: Uint8Array; readonly port: number }>();
  readonly #made = new Uint8Array(HEADER + 255 + 4);

  constructor(line: TapLine, ring: Ring, memory: Memory, clock: Clock) {
    this.#frames = new Frames(ring, memory, line.identity, line.version);
    this.#full = line.full;
    this.#only = line.only;
    this.#extra = line.extra === '' ? undefined : new Extra(line.extra);
    this.#clock = clock;
  }

  /** A client asked. */
  asked(query: Query): void {
    if (!this.#begins(CLIENT_QUERY, query)) return;
    this.#put(query, query.bytes, query.at, query.length);
  }
  /** Looks at what became of it. */
  readonly after = (outcome: Outcome, query: Query): Outcome => {
    if (outcome.kind === 'reply') this.#answered(query, outcome.bytes, outcome.at, outcome.length);
    else if (outcome.kind === 'failure') this.#refused(query, outcome.rcode);
    else if (outcome.kind === 'stream') return { ...outcome, messages: this.#follow(outcome, apart(query)) };
    return outcome;
  };
  /** The reply that the server will make (TAP-7). */
  #refused(query: Query, rcode: number): void {
    const made = this.#made;
    const length = Math.min(query.questionEnd, made.length);
    for (let i = 0; i < length; i++) made[i] = query.bytes[query.at + i]!;
    setU16(made, 2, QR | (query.flags & KEPT) | (rcode & 15));
    made.fill(0, 6, HEADER);
    this.#answered(query, made, 0, length);
  }
  #answered(query: Query, bytes: Uint8Array, at: number, length: number): void {
    if (!this.#begins(CLIENT_RESPONSE, query)) return;
    this.#told.answeredAt = this.#clock.wall();
    this.#put(query, bytes, at, length);
  }
  /** Each message of a transfer is an answer. */
  async *#follow({ messages }: Stream, query: Query): AsyncGenerator<Uint8Array> {
    for await (const message of messages) {
      this.#answered(query, message, 0, message.length);
      yield message;
    }
  }

  forwarded(query: Query, name: string, network: TapNetwork, askedAt: number, bytes: Uint8Array, at: number, length: number): void {
    const { address, port } = this.#server(name);
    for (const type of [FORWARDER_QUERY, FORWARDER_RESPONSE]) {
      if ((type === FORWARDER_RESPONSE && length === 0) || !this.#begins(type, query)) continue;
      const told = this.#told;
      told.protocol = PROTOCOLS[network];
      told.response = address;
      told.responsePort = port;
      told.askedAt = this.#wall(askedAt);
      if (type === FORWARDER_QUERY) this.#put(query, query.bytes, query.at, query.length);
      else {
        told.answeredAt = this.#clock.wall();
        this.#put(query, bytes, at, length);
      }
    }
  }
  #server(name: string): { readonly address: Uint8Array; readonly port: number } {
    let server = this.#servers.get(name);
    if (server === undefined) {
      const { host, port } = splitHostPort(name);
      server = { address: parseAddress(host) ?? NOTHING, port: Number(port) };
      this.#servers.set(name, server);
    }
    return server;
  }

  /** Fills in what all messages of a query say; false where the line does not tell this type. */
  #begins(type: number, query: Query): boolean {
    if (this.#only?.has(type) === false) return false;
    const told = this.#told;
    told.type = type;
    told.protocol = PROTOCOLS[query.channel.transport];
    told.query = query.bytes;
    told.queryAt = toldAt(query);
    told.queryLength = toldLength(query);
    told.queryPort = toldPort(query);
    told.response = NOTHING;
    told.askedAt = this.#wall(query.received);
    told.answeredAt = 0;
    return true;
  }
  #wall(moment: number): number {
    return this.#clock.wall() - (this.#clock.monotonic() - moment);
  }
  #put(query: Query, bytes: Uint8Array, at: number, length: number): void {
    const told = this.#told;
    told.message = bytes;
    told.messageAt = at;
    told.size = this.#full ? length : 0;
    this.#frames.put(told, this.#extra === undefined ? NOTHING : this.#extra.field(query));
  }
}
