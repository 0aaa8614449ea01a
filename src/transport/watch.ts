// Requests for `coredns.dns.DnsService/Watch` on connections of a `grpc://` address. Knows what a connection may have; the stream is
// push/grpc-watch.ts's.
import type { Exchange } from '../http/exchange.ts';
import { refusal } from '../http/grpc-heading.ts';
import { GRPC_STATUS } from '../http/grpc-message.ts';
import { GrpcWatch } from '../push/grpc-watch.ts';
import type { HttpChannel } from './http-channel.ts';

const NOTHING = Buffer.alloc(0);

/** Takes a request for it. */
export function watch(exchange: Exchange, connection: HttpChannel): void {
  const refuse = (status: number, text: string): void => exchange.reply(refusal(status, text), NOTHING, 0, 0);
  const { watched } = connection.service;
  if ((exchange.field('grpc-encoding') ?? 'identity') !== 'identity') {
    return refuse(GRPC_STATUS.UNIMPLEMENTED, 'no compression is spoken here');
  }
  if (watched === undefined || exchange.version === 1 || exchange.talk === undefined) {
    return refuse(GRPC_STATUS.UNIMPLEMENTED, 'nothing can be watched here');
  }
  const client = connection.watcher(exchange);
  if (client === undefined) return refuse(GRPC_STATUS.UNKNOWN, 'invalid request');
  const { lasting } = connection;
  GrpcWatch.begin(exchange, {
    client, watched, mayHear: () => true, over: (one) => void lasting.delete(one),
    full() {
      const { kind, service } = connection;
      const most = kind.limits(service).watches ?? 0;
      let watches = 0;
      if (most > 0) for (const each of lasting) watches += each.watches;
      return most > 0 && watches >= most ? `more than ${most} subscriptions on one connection` : undefined;
    },
  }, (one) => lasting.add(one));
}
