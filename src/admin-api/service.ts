// Requests of the API: which route takes one, what its body is, and what is said of it in the log. Knows routes; knows no socket.
import { Heading } from '../http/exchange.ts';
import type { Exchange, HttpService } from '../http/exchange.ts';
import { problem } from '../http/problem.ts';
import type { HttpReply } from '../http/message.ts';
import { quoted } from '../wording/quote.ts';
import { ROUTES } from './api.ts';
import type { Asked, Load } from './api.ts';
import { describe } from './openapi.ts';

/** Answers what comes over the socket. */
export class AdminService implements HttpService {
  readonly #load: Load;
  constructor(load: Load) {
    this.#load = load;
  }

  request(exchange: Exchange): void {
    const { method, target } = exchange;
    const [path = '', search = ''] = target.split('?', 2);
    let reply: HttpReply | Promise<HttpReply> | undefined;
    try {
      reply = this.#answer(exchange, path, new URLSearchParams(search));
    } catch (error) {
      reply = failed(error);
    }
    if (reply instanceof Promise) void reply.catch(failed).then((late) => this.#say(exchange, method, path, late));
    else if (reply !== undefined) this.#say(exchange, method, path, reply);
  }
  #answer(exchange: Exchange, path: string, query: URLSearchParams): HttpReply | Promise<HttpReply> | undefined {
    const { method, body, tooLarge } = exchange;
    if (path === '/v1/openapi.json' && method === 'GET') {
      return { status: 200, type: 'application/json', body: JSON.stringify(describe(ROUTES)) };
    }
    const there = ROUTES.filter((each) => each.path === path);
    const route = there.find((each) => each.method === method);
    if (there.length === 0) return problem(404, 'Not found', `there is ${ROUTES.map((each) => each.path).join(', ')} and /v1/openapi.json`);
    if (route === undefined) return problem(405, 'Method not allowed', `it takes ${there.map((each) => each.method).join(', ')}`);
    if (tooLarge) return problem(413, 'Content too large');
    const asked = { query, body: {}, plain: exchange.field('accept')?.startsWith('text/plain') === true, exchange };
    if (route.method === 'GET') return route.do(asked, this.#load);
    // Pages of a browser cannot send this type to others without asking first.
    if (!/^application\/json\b/.test(exchange.field('content-type') ?? '')) {
      return problem(415, 'Unsupported media type', 'the body is application/json');
    }
    const members = readBody(body, Object.keys(route.body ?? {}));
    return typeof members === 'string' ? problem(400, 'Bad request', members) : route.do({ ...asked, body: members }, this.#load);
  }
  /** Whoever changed something stands in the log. */
  #say(exchange: Exchange, method: string, path: string, { status, body, type = 'text/plain; charset=utf-8' }: HttpReply): void {
    if (method !== 'GET') this.#load.run.log.prefix('admin').info(JSON.stringify({ method, path, status }));
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    exchange.reply(new Heading(status, [['Content-Type', type], ['Cache-Control', 'no-store']]), bytes, 0, bytes.length);
  }
}
const failed = (error: unknown): HttpReply => problem(500, 'Failed', error instanceof Error ? error.message : String(error));

/** The members of a body, or what is wrong with it. */
function readBody(bytes: Buffer, known: readonly string[]): Asked['body'] | string {
  let read: unknown;
  try {
    read = bytes.length === 0 ? {} : JSON.parse(bytes.toString('utf8'));
  } catch {
    return 'the body is no JSON';
  }
  if (typeof read !== 'object' || read === null || Array.isArray(read)) return 'the body is no object';
  const stray = Object.keys(read).find((name) => !known.includes(name));
  return stray === undefined ? read as Asked['body'] : `there is no ${quoted(stray)}: there is ${known.join(', ')}`;
}
