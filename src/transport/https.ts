// DNS over HTTPS (RFC 8484, TR-3): what a request has to look like, and what is said to it. Knows paths, methods and statuses; connections
// and questions are http-channel.ts's.
import { Heading } from '../http/exchange.ts';
import type { Exchange } from '../http/exchange.ts';
import { prepareHttp2 } from '../http/connection.ts';
import { systemClock } from '../kernel/clock.ts';
import { classify, minimalTtl } from '../kernel/query/classify.ts';
import { DEFAULT_HTTPS, HttpsSetting } from '../kernel/query/http-setting.ts';
import type { HttpLimits } from '../kernel/query/http-setting.ts';
import type { Message } from '../kernel/query/message.ts';
import type { HttpQuestion, Service, Transport } from '../kernel/query/transport.ts';
import type { HttpAsked, HttpHeld } from './http-channel.ts';
import { HttpScheme } from './http-kind.ts';
import { PathTemplate } from './path-template.ts';
import { streamTransport } from './stream-listener.ts';
import type { StreamOptions } from './stream-listener.ts';

const PATH = '/dns-query';
/** Bytes of a message, and of a body that holds one. */
const MOST = 65535;
const PLAIN = [['Content-Type', 'text/plain; charset=utf-8'], ['X-Content-Type-Options', 'nosniff']] as const;
const refusal = (status: number, text: string) => ({ heading: new Heading(status, PLAIN), body: Buffer.from(`${text}\n`) });
const NOT_FOUND = refusal(404, ''), INVALID = refusal(400, 'invalid request'), NO_RESPONSE = refusal(500, 'No response');

/** One heading for each number of seconds that a reply may be kept (LIB-6 bounds them). */
const headings = new Map<number, Heading>();
function headingFor(seconds: number): Heading {
  let heading = headings.get(seconds);
  if (heading === undefined) {
    heading = new Heading(200, [['Content-Type', 'application/dns-message'], ['Cache-Control', `max-age=${seconds}`]]);
    headings.set(seconds, heading);
  }
  return heading;
}

class Https extends HttpScheme {
  readonly scheme = 'https';
  readonly name = 'https';
  readonly protocols: readonly string[] = ['h2', 'http/1.1'];
  readonly body = MOST + 1;
  readonly #templates = new WeakMap<HttpLimits, readonly PathTemplate[]>();

  limits({ settings }: Service): HttpLimits {
    return settings.get(HttpsSetting) ?? DEFAULT_HTTPS;
  }

  request(exchange: Exchange, connection: HttpHeld): void {
    const { method, target } = exchange;
    const mark = target.indexOf('?');
    const path = mark < 0 ? target : target.slice(0, mark);
    const parts = path === PATH ? undefined : this.#parts(path, connection.service);
    if (path !== PATH && parts === undefined) return say(exchange, NOT_FOUND);
    const message = method === 'POST' && !exchange.tooLarge ? exchange.body : method === 'GET' ? parameter(target, mark) : undefined;
    if (message === undefined || message.length < 12 || message.length > MOST) return say(exchange, INVALID);
    const request: HttpQuestion = { path, parts, field: (name) => exchange.field(name) };
    connection.ask(exchange, request, message, 0, message.length);
  }
  #parts(path: string, service: Service): ReadonlyMap<string, string> | undefined {
    const limits = this.limits(service);
    if (limits.paths.length === 0) return undefined;
    let templates = this.#templates.get(limits);
    if (templates === undefined) this.#templates.set(limits, (templates = limits.paths.map((text) => new PathTemplate(text))));
    for (const template of templates) {
      const parts = template.match(path);
      if (parts !== undefined) return parts;
    }
    return undefined;
  }
  reply({ exchange, refused }: HttpAsked, message: Message | undefined): void {
    if (message === undefined) return say(exchange, refused ? INVALID : NO_RESPONSE);
    const heading = headingFor(minimalTtl(message, classify(message, systemClock)));
    exchange.reply(heading, message.bytes, message.at, message.length);
  }
}

function say(exchange: Exchange, { heading, body }: { readonly heading: Heading; readonly body: Buffer }): void {
  exchange.reply(heading, body, 0, body.length);
}
/** The message in `dns`, which stands there exactly once (RFC 8484 section 4.1): base64url without padding. */
function parameter(target: string, mark: number): Buffer | undefined {
  if (mark < 0) return undefined;
  let text: string | undefined;
  for (const pair of target.slice(mark + 1).split('&')) {
    if (!pair.startsWith('dns=')) continue;
    if (text !== undefined) return undefined;
    text = pair.slice(4);
  }
  if (text?.includes('%') === true) {
    try {
      text = decodeURIComponent(text);
    } catch {
      return undefined;
    }
  }
  return text === undefined || text.length % 4 === 1 || !/^[A-Za-z0-9_-]*$/.test(text) ? undefined : Buffer.from(text, 'base64url');
}

/** DNS over HTTPS for this thread; where an address has no certificate it is plain HTTP (TR-3). */
export async function https(options: StreamOptions = {}): Promise<Transport> {
  await prepareHttp2();
  return streamTransport(new Https(), options);
}
