// DNS over gRPC (TR-5): the service `coredns.dns.DnsService`, its framing of messages, and what is said where there is no answer. Knows
// statuses and five bytes before a message; connections and questions are http-channel.ts's.
import { prepareHttp2 } from '../http/connection.ts';
import { Heading } from '../http/exchange.ts';
import type { Exchange } from '../http/exchange.ts';
import { GRPC_STATUS, frameOf, framed, unframed } from '../http/grpc-message.ts';
import { DEFAULT_GRPC, GrpcSetting } from '../kernel/query/http-setting.ts';
import type { HttpLimits } from '../kernel/query/http-setting.ts';
import type { Message } from '../kernel/query/message.ts';
import type { HttpQuestion, Service, Transport } from '../kernel/query/transport.ts';
import type { HttpAsked, HttpChannel } from './http-channel.ts';
import { OK, refusal } from '../http/grpc-heading.ts';
import { HttpScheme } from './http-kind.ts';
import { watch } from './watch.ts';
import { WATCH } from '../http/watch-message.ts';
import { streamTransport } from './stream-listener.ts';
import type { StreamOptions } from './stream-listener.ts';

const QUERY = '/coredns.dns.DnsService/Query', HEALTH = '/grpc.health.v1.Health/Check';
/** Bytes of a message, and of a request around one: five before it, and its field of a protocol buffer. */
const MOST = 65535, AROUND = 64;
const END = new Heading(0, [['grpc-status', '0']]);
const NO_HTTP1 = new Heading(505, [['Content-Type', 'text/plain; charset=utf-8']]);
const NOT_GRPC = new Heading(415, [['Content-Type', 'text/plain; charset=utf-8']]);
/** `status: SERVING`, `status: NOT_SERVING` of grpc.health.v1. */
const SERVING = Buffer.of(0, 0, 0, 0, 2, 8, 1), NOT_SERVING = Buffer.of(0, 0, 0, 0, 2, 8, 2);
const NOTHING = Buffer.alloc(0);

const REFUSED = refusal(GRPC_STATUS.UNKNOWN, 'invalid request');
const DROPPED = refusal(GRPC_STATUS.UNAVAILABLE, 'no response');
const LATE = refusal(GRPC_STATUS.DEADLINE_EXCEEDED, 'the deadline has passed');
const TOO_LARGE = refusal(GRPC_STATUS.RESOURCE_EXHAUSTED, 'the request is larger than a message can be');
const COMPRESSED = refusal(GRPC_STATUS.UNIMPLEMENTED, 'no compression is spoken here');

class Grpc extends HttpScheme {
  readonly scheme = 'grpc';
  readonly name = 'grpc';
  readonly protocols: readonly string[] = ['h2'];
  readonly body = MOST + AROUND;

  limits({ settings }: Service): HttpLimits {
    return settings.get(GrpcSetting) ?? DEFAULT_GRPC;
  }

  request(exchange: Exchange, connection: HttpChannel): void {
    const { method, target, tooLarge } = exchange;
    if (exchange.version === 1) return exchange.reply(NO_HTTP1, NOTHING, 0, 0);
    if (method !== 'POST' || exchange.field('content-type')?.startsWith('application/grpc') !== true) {
      return exchange.reply(NOT_GRPC, NOTHING, 0, 0);
    }
    if (target === WATCH) return watch(exchange, connection);
    if (target !== QUERY && target !== HEALTH) {
      return say(exchange, refusal(GRPC_STATUS.UNIMPLEMENTED, `unknown method ${target.slice(0, 100).replaceAll('%', '%25')}`));
    }
    const until = deadline(exchange.field('grpc-timeout'), connection);
    if (Number.isNaN(until)) return say(exchange, refusal(GRPC_STATUS.INTERNAL, 'malformed grpc-timeout'));
    const encoding = exchange.field('grpc-encoding') ?? 'identity';
    if (encoding !== 'identity') return say(exchange, COMPRESSED);
    if (tooLarge) return say(exchange, TOO_LARGE);
    const message = framed(exchange.body);
    if (typeof message === 'string') return say(exchange, message === 'compressed' ? COMPRESSED : refusal(GRPC_STATUS.INTERNAL, message));
    if (target === HEALTH) {
      const said = connection.service.ready?.() === false ? NOT_SERVING : SERVING;
      return exchange.reply(OK, said, 0, said.length, END);
    }
    this.#ask(exchange, connection, message, until);
  }
  talks({ method, target }: Exchange): boolean {
    return method === 'POST' && target === WATCH;
  }
  #ask(exchange: Exchange, connection: HttpChannel, message: Buffer, until: number): void {
    const question = unframed(message);
    if (question === undefined) return say(exchange, refusal(GRPC_STATUS.INTERNAL, 'the request is no DnsPacket'));
    if (question.length > MOST) {
      return say(exchange, refusal(GRPC_STATUS.UNKNOWN, `dns message exceeds size limit: ${question.length}`));
    }
    if (question.length < 12) return say(exchange, REFUSED);
    const request: HttpQuestion = { path: QUERY, field: (name) => exchange.field(name) };
    connection.ask(exchange, request, question, 0, question.length, until);
  }
  reply({ exchange, refused }: HttpAsked, message: Message | undefined): void {
    if (message === undefined) return say(exchange, refused ? REFUSED : DROPPED);
    const frame = frameOf(message.bytes, message.at, message.length);
    exchange.reply(OK, frame, 0, frame.length, END);
  }
  expired(connection: HttpChannel, now: number): void {
    connection.expire(now, ({ exchange }) => say(exchange, LATE));
  }
}

const say = (exchange: Exchange, heading: Heading): void => exchange.reply(heading, NOTHING, 0, 0);

/** Milliseconds of the units of `grpc-timeout`. */
const UNITS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };
/** When the client does not wait any longer; NaN where what it says of that is nothing. */
function deadline(text: string | undefined, connection: HttpChannel): number {
  if (text === undefined) return Infinity;
  const [, count, unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(text) ?? [];
  return count === undefined ? Number.NaN : connection.now() + Number(count) * UNITS[unit]!;
}

/** DNS over gRPC for this thread; where an address has no certificate it is spoken in the clear (TR-5). */
export async function grpc(options: StreamOptions = {}): Promise<Transport> {
  await prepareHttp2();
  return streamTransport(new Grpc(), options);
}
