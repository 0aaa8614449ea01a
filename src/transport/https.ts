// DNS over HTTPS (RFC 8484, TR-3) over TCP: which versions of HTTP are spoken. Knows limits; requests are doh.ts's.
import type { Exchange } from '../http/exchange.ts';
import { prepareHttp2 } from '../http/connection.ts';
import { DEFAULT_HTTPS, HttpsSetting } from '../kernel/query/http-setting.ts';
import type { HttpLimits } from '../kernel/query/http-setting.ts';
import type { Message } from '../kernel/query/message.ts';
import type { Service, Transport } from '../kernel/query/transport.ts';
import { BODY_MOST, DohRequests } from './doh.ts';
import type { HttpAsked, HttpChannel } from './http-channel.ts';
import { HttpScheme } from './http-kind.ts';
import { streamTransport } from './stream-listener.ts';
import type { StreamOptions } from './stream-listener.ts';

class Https extends HttpScheme {
  readonly scheme = 'https';
  readonly name = 'https';
  readonly protocols: readonly string[] = ['h2', 'http/1.1'];
  readonly body = BODY_MOST;
  readonly #requests = new DohRequests(({ service }) => this.limits(service).paths);

  limits({ settings }: Service): HttpLimits {
    return settings.get(HttpsSetting) ?? DEFAULT_HTTPS;
  }
  request(exchange: Exchange, connection: HttpChannel): void {
    this.#requests.take(exchange, connection);
  }
  reply(asked: HttpAsked, message: Message | undefined): void {
    this.#requests.answer(asked, message);
  }
}

/** DNS over HTTPS for this thread; where an address has no certificate it is plain HTTP (TR-3). */
export async function https(options: StreamOptions = {}): Promise<Transport> {
  await prepareHttp2();
  return streamTransport(new Https(), options);
}
