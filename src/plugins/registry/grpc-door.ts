// `coredns.dns.DnsService` on the port of a registry's API: questions, and answers that are watched. Knows gRPC's messages and who may hear
// of what; which server answers it is handed.
import type { Name } from '../../dns/name.ts';
import type { Connected, Exchange } from '../../http/exchange.ts';
import { Heading } from '../../http/exchange.ts';
import { OK, refusal } from '../../http/grpc-heading.ts';
import { GRPC_STATUS, frameOf, framed, unframed } from '../../http/grpc-message.ts';
import { WATCH } from '../../http/watch-message.ts';
import { PEER_ROOM } from '../../kernel/query/arena.ts';
import { writePeer } from '../../kernel/query/peer.ts';
import type { Service } from '../../kernel/query/transport.ts';
import { evaluate } from '../../push/evaluation.ts';
import type { PushClient } from '../../push/evaluation.ts';
import { GrpcWatch } from '../../push/grpc-watch.ts';
import { readWatched } from '../../push/question.ts';

const QUERY = '/coredns.dns.DnsService/Query';
/** Answers that one stream watches. */
const MOST = 10_000;
const END = new Heading(0, [['grpc-status', '0']]);
const NOTHING = Buffer.alloc(0);
const say = (exchange: Exchange, status: number, text: string): void => exchange.reply(refusal(status, text), NOTHING, 0, 0);

/** Whether a request is one of gRPC. */
export const isGrpc = (exchange: Pick<Exchange, 'method' | 'field'>): boolean =>
  exchange.method === 'POST' && exchange.field('content-type')?.startsWith('application/grpc') === true;
/** Whether it goes on. */
export const isGrpcWatch = (exchange: Exchange): boolean => isGrpc(exchange) && exchange.target === WATCH;

/** All that is watched at an address. */
interface Streams {
  /** The server that is asked; undefined where none is there yet. */
  readonly service: Service | undefined;
  readonly isFull: boolean;
  enter(stream: { end(): void }): void;
  leave(stream: { end(): void }): void;
}

/** Takes requests. */
export class GrpcDoor {
  readonly #streams: Streams;

  constructor(streams: Streams) {
    this.#streams = streams;
  }
  /** `may` says whether who asks may hear of a name, by what is known then. */
  request(exchange: Exchange, by: Connected, may: (name: Name) => boolean): void {
    if (exchange.version === 1) return say(exchange, GRPC_STATUS.UNIMPLEMENTED, 'gRPC is spoken over HTTP/2');
    if ((exchange.field('grpc-encoding') ?? 'identity') !== 'identity') {
      return say(exchange, GRPC_STATUS.UNIMPLEMENTED, 'no compression is spoken here');
    }
    const service = this.#streams.service;
    if (service === undefined) return say(exchange, GRPC_STATUS.UNAVAILABLE, 'nothing is served yet');
    const client = this.#client(exchange, by, service);
    if (exchange.target === WATCH) return this.#watch(exchange, client, may);
    if (exchange.target === QUERY) return ask(exchange, client, may);
    say(exchange, GRPC_STATUS.UNIMPLEMENTED, 'there are Query and Watch of coredns.dns.DnsService');
  }
  #client(exchange: Exchange, by: Connected, first: Service): PushClient {
    const { remoteAddress = '127.0.0.1', remotePort = 0, localAddress = '127.0.0.1', localPort = 0 } = by;
    const peer = new Int32Array(PEER_ROOM >> 2);
    writePeer(new Uint8Array(peer.buffer), 0, remoteAddress, remotePort);
    const streams = this.#streams;
    return {
      transport: 'grpc', peer, localAddress, localPort, request: { path: exchange.target, field: (name) => exchange.field(name) },
      get service() {
        return streams.service ?? first;
      },
    };
  }
  #watch(exchange: Exchange, client: PushClient, may: (name: Name) => boolean): void {
    const { watched } = client.service;
    if (watched === undefined || exchange.talk === undefined) {
      return say(exchange, GRPC_STATUS.UNIMPLEMENTED, 'nothing can be watched here');
    }
    const streams = this.#streams;
    if (streams.isFull) return say(exchange, GRPC_STATUS.UNAVAILABLE, 'too many watch');
    let own: GrpcWatch | undefined;
    GrpcWatch.begin(exchange, {
      client, watched, mayHear: may, over: (watch) => streams.leave(watch),
      full: () => (own !== undefined && own.watches >= MOST ? `more than ${MOST} subscriptions on one stream` : undefined),
    }, (watch) => {
      own = watch;
      streams.enter(watch);
    });
  }
}
/** One question. */
function ask(exchange: Exchange, client: PushClient, may: (name: Name) => boolean): void {
  const message = exchange.tooLarge ? 'the request is too large' : framed(exchange.body);
  const packet = typeof message === 'string' ? undefined : unframed(message);
  if (packet === undefined) return say(exchange, GRPC_STATUS.INTERNAL, 'the request is no DnsPacket');
  const question = readWatched(packet);
  if (typeof question === 'string') return say(exchange, GRPC_STATUS.UNKNOWN, 'invalid request');
  if (!may(question.name)) return say(exchange, GRPC_STATUS.PERMISSION_DENIED, 'its client may not ask for this name');
  evaluate(client, packet, (_, reply) => {
    if (reply === undefined) return say(exchange, GRPC_STATUS.UNAVAILABLE, 'no response');
    const frame = frameOf(reply.bytes, reply.at, reply.length);
    exchange.reply(OK, frame, 0, frame.length, END);
  });
}
