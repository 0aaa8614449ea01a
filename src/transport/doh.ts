// What a request of DNS over HTTPS has to look like, and what is said to it (RFC 8484, TR-3), whatever version of HTTP it comes in. Knows
// paths, methods and statuses; connections and questions are http-channel.ts's.
import { Heading } from '../http/exchange.ts';
import type { Exchange } from '../http/exchange.ts';
import { systemClock } from '../kernel/clock.ts';
import { classify, minimalTtl } from '../kernel/query/classify.ts';
import type { Message } from '../kernel/query/message.ts';
import type { HttpQuestion, Service } from '../kernel/query/transport.ts';
import { mayComeEarly } from './doq-message.ts';
import type { HttpAsked, HttpChannel } from './http-channel.ts';
import { PathTemplate } from './path-template.ts';

const PATH = '/dns-query';
/** Bytes of a message. */
const MOST = 65535;
/** Bytes of a body. */
export const BODY_MOST = MOST + 1;
const PLAIN = [['Content-Type', 'text/plain; charset=utf-8'], ['X-Content-Type-Options', 'nosniff']] as const;
const refusal = (status: number, text: string) => ({ heading: new Heading(status, PLAIN), body: Buffer.from(`${text}\n`) });
const NOT_FOUND = refusal(404, ''), INVALID = refusal(400, 'invalid request'), NO_RESPONSE = refusal(500, 'No response'),
  TOO_EARLY = refusal(425, 'ask again when the handshake is over');

/** How long browsers remember that HTTP/3 is spoken here, in seconds (RFC 7838 section 3.1). */
const REMEMBERED = 86400;

/** One heading for each number of seconds that a reply may be kept (LIB-6 bounds them). */
class Headings {
  readonly #known = new Map<number, Heading>();
  readonly #more: readonly (readonly [name: string, value: string])[];

  /** `port`: where the same is said over HTTP/3, if anywhere. */
  constructor(port: number | undefined) {
    this.#more = port === undefined ? [] : [['Alt-Svc', `h3=":${port}"; ma=${REMEMBERED}`]];
  }
  for(seconds: number): Heading {
    let heading = this.#known.get(seconds);
    if (heading === undefined) {
      heading = new Heading(200, [['Content-Type', 'application/dns-message'], ['Cache-Control', `max-age=${seconds}`], ...this.#more]);
      this.#known.set(seconds, heading);
    }
    return heading;
  }
}
const plain = new Headings(undefined);
const byPort = new Map<number, Headings>();
function headingsOf(port: number | undefined): Headings {
  if (port === undefined) return plain;
  let headings = byPort.get(port);
  if (headings === undefined) byPort.set(port, (headings = new Headings(port)));
  return headings;
}

/** Requests with a message in each. */
export class DohRequests {
  readonly #paths: (connection: HttpChannel) => readonly string[];
  readonly #templates = new WeakMap<readonly string[], readonly PathTemplate[]>();

  /** `paths` are those beside /dns-query, of a connection's address. */
  constructor(paths: (connection: HttpChannel) => readonly string[]) {
    this.#paths = paths;
  }

  /** Asks with what is in a request, or says why not. */
  take(exchange: Exchange, connection: HttpChannel): void {
    const { method, target } = exchange;
    const mark = target.indexOf('?');
    const path = mark < 0 ? target : target.slice(0, mark);
    const parts = path === PATH ? undefined : this.#parts(path, connection);
    if (path !== PATH && parts === undefined) return say(exchange, NOT_FOUND, connection.service);
    const message = method === 'POST' && !exchange.tooLarge ? exchange.body : method === 'GET' ? parameter(target, mark) : undefined;
    if (message === undefined || message.length < 12 || message.length > MOST) return say(exchange, INVALID, connection.service);
    if (connection.unproven && !mayComeEarly(message, 0, message.length)) return say(exchange, TOO_EARLY, connection.service);
    const request: HttpQuestion = { path, parts, field: (name) => exchange.field(name) };
    connection.ask(exchange, request, message, 0, message.length);
  }
  #parts(path: string, connection: HttpChannel): ReadonlyMap<string, string> | undefined {
    const paths = this.#paths(connection);
    if (paths.length === 0) return undefined;
    let templates = this.#templates.get(paths);
    if (templates === undefined) this.#templates.set(paths, (templates = paths.map((text) => new PathTemplate(text))));
    for (const template of templates) {
      const parts = template.match(path);
      if (parts !== undefined) return parts;
    }
    return undefined;
  }
  /** Says the reply, or that there is none. */
  answer({ exchange, refused, service, secure }: HttpAsked, message: Message | undefined): void {
    if (message === undefined) return say(exchange, refused ? INVALID : NO_RESPONSE, service);
    // Who came in the clear is to be told by whoever has the certificate.
    const headings = headingsOf(secure === undefined || exchange.version === 3 ? undefined : service.alternative);
    service.answered?.(exchange.version, 200);
    const heading = headings.for(minimalTtl(message, classify(message, systemClock)));
    exchange.reply(heading, message.bytes, message.at, message.length);
  }
}

function say(exchange: Exchange, { heading, body }: { readonly heading: Heading; readonly body: Buffer }, service: Service): void {
  service.answered?.(exchange.version, heading.status);
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
