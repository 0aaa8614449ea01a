// A service that a transport is tested with: the first label of a question says what becomes of it. Knows the kernel's side of a
// transport; knows no sockets.
import { latin1, latin1Bytes } from '../../dns/latin1.ts';
import { Memory } from '../../store/memory.ts';
import { Reading } from '../../store/reading.ts';
import { Arena } from '../../kernel/query/arena.ts';
import type { CutReason } from '../../kernel/query/connection-setting.ts';
import { derive } from '../../kernel/query/derive.ts';
import { ListenerSettings } from '../../kernel/query/listener-setting.ts';
import type { Message } from '../../kernel/query/message.ts';
import { failure } from '../../kernel/query/outcome.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
import { askedAddress } from '../../kernel/query/peer.ts';
import type { Query } from '../../kernel/query/query.ts';
import { DEFAULT_TIMEOUTS, LATER } from '../../kernel/query/transport.ts';
import type { Service, Timeouts } from '../../kernel/query/transport.ts';

/** A question: a header with this id, a name of these labels, type A. `padding` bytes of nothing follow. */
export function question(id: number, name: string, padding = 0): Uint8Array {
  const labels = name.split('.').flatMap((label) => [label.length, ...latin1Bytes(label)]);
  const bytes = Buffer.concat([Buffer.alloc(12), Buffer.from([...labels, 0, 0, 1, 0, 1]), Buffer.alloc(padding)]);
  bytes.writeUInt16BE(id, 0);
  bytes[5] = 1;
  return bytes;
}

/** What a client was sent: the id and the name of the question, and how long the message is. */
export interface Got {
  readonly id: number;
  readonly name: string;
  readonly length: number;
}
/** Reads a reply. */
export function reply(bytes: Uint8Array): Got {
  const labels: string[] = [];
  for (let at = 12; bytes[at]! > 0 && at < bytes.length; at += bytes[at]! + 1) {
    labels.push(latin1(bytes, at + 1, at + 1 + bytes[at]!));
  }
  return { id: (bytes[0]! << 8) | bytes[1]!, name: labels.join('.'), length: bytes.length };
}

/**
 * `now`, `later`, `never`, `hold` (until `release`), `early` (sent before LATER is said), `sizeN` (N bytes), `alone` (a message in
 * memory of its own), `stream` (three messages), `broken` (one, then an error), `endless`. Anything else, also garbage, is not answered.
 */
export class TestService implements Service {
  readonly index: number;
  label = 'dns://:0';
  readonly arena: Arena;
  readonly reading = new Reading(Memory.create(1 << 20));
  timeouts: Timeouts = DEFAULT_TIMEOUTS;
  settings = new ListenerSettings();
  /** How many questions came, how many batches began and ended, how long each question was, and who asked the last one. */
  asked = 0;
  began = 0;
  ended = 0;
  readonly sizes: number[] = [];
  client = '';
  local = '';
  readonly held: (() => void)[] = [];
  /** What was cut: the reason and the client. */
  readonly told: string[] = [];

  constructor(arena = new Arena(256), index = 0) {
    this.arena = arena;
    this.index = index;
  }

  begin(): void {
    this.began++;
  }
  end(): void {
    this.ended++;
  }
  cut(reason: CutReason, client: string): void {
    this.told.push(`${reason} ${client}`);
  }
  resolve(): Answer {
    return failure(2);
  }
  echoes(): boolean {
    return false;
  }
  serve(query: Query): Message | undefined | typeof LATER {
    this.asked++;
    this.sizes.push(query.length);
    if (query.length < 17) return undefined;
    this.client = `${query.clientAddress} ${query.clientPort}`;
    this.local = `${query.channel.transport} ${askedAddress(query)} ${query.channel.localPort}`;
    const { name } = reply(query.bytes.subarray(query.at, query.at + query.length));
    query.questionEnd = 12 + name.length + 2 + 4;
    const word = name.split('.')[0]!;
    if (word === 'never' || query.questionEnd > query.length) return undefined;
    return this.#answer(word, query);
  }

  #answer(word: string, query: Query): Message | undefined | typeof LATER {
    const { channel } = query;
    if (word === 'later') void Promise.resolve().then(() => channel.send(query, query.begin(0, 0)));
    else if (word === 'early') channel.send(query, query.begin(0, 0));
    else if (word === 'hold') this.held.push(() => channel.send(query, query.begin(0, 0)));
    else if (word === 'stream' || word === 'broken' || word === 'endless') channel.sendAll?.(query, stream(word, query));
    else if (word === 'now') return query.begin(0, 0);
    else if (word === 'alone') return derive(query, {}).begin(0, 0);
    else if (word.startsWith('size')) {
      const message = query.begin(0, 0);
      const more = Number(word.slice(4)) - message.length;
      message.ensure(more);
      message.length += more;
      return message;
    } else return undefined;
    return LATER;
  }
  /** Answers what was held: the last question first where `reversed`. */
  release(reversed = false): void {
    const held = this.held.splice(0);
    for (const send of reversed ? held.reverse() : held) send();
  }
}

async function* stream(word: string, query: Query): AsyncGenerator<Uint8Array> {
  const message = query.begin(0, 0);
  const bytes = message.bytes.slice(message.at, message.at + message.length);
  yield bytes;
  await Promise.resolve();
  if (word === 'broken') throw new Error('the zone is gone');
  if (word === 'stream') yield* [bytes, bytes];
  const large = new Uint8Array(60_000);
  large.set(bytes);
  while (word === 'endless') yield large;
}
