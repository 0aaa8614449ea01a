// Requests of the API: who asks, which route takes one, what its body is, and what is said of it in the log. Knows routes; knows no socket.
import { Heading } from '../http/exchange.ts';
import type { Connected, Exchange, HttpService } from '../http/exchange.ts';
import { problem } from '../http/problem.ts';
import type { HttpReply } from '../http/message.ts';
import { quoted } from '../wording/quote.ts';
import { isWho } from './access.ts';
import type { Access, Peer } from './access.ts';
import { ROUTES } from './api.ts';
import type { Asked, Load, Route } from './route.ts';
import { describe } from './openapi.ts';

/** Nothing of a reply is kept, shown in a frame, or taken for something else. */
const GUARDS = [
  ['Cache-Control', 'no-store'], ['X-Content-Type-Options', 'nosniff'], ['Referrer-Policy', 'no-referrer'],
  ['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'"],
] as const;
/** Letters of a path that the log has. */
const TOLD = 200;
const SEGMENTS = ROUTES.map((route) => ({ route, segments: route.path.split('/') }));

/** Answers what comes at one address. */
export class AdminService implements HttpService {
  readonly #load: Load;
  readonly #access: Access;
  constructor(load: Load, access: Access) {
    this.#load = load;
    this.#access = access;
  }

  request(exchange: Exchange, by: Connected = {}): void {
    const peer: Peer = { address: by.remoteAddress ?? '', subject: by.subject };
    const [path = '', search = ''] = exchange.target.split('?', 2);
    const attempt = { who: '', address: peer.address, method: exchange.method, path: path.slice(0, TOLD) };
    let reply: HttpReply | Promise<HttpReply> | undefined;
    try {
      reply = this.#answer(exchange, peer, attempt, path, new URLSearchParams(search));
    } catch (error) {
      reply = failed(error);
    }
    if (reply instanceof Promise) void reply.catch(failed).then((late) => this.#say(exchange, attempt, late));
    else if (reply !== undefined) this.#say(exchange, attempt, reply);
  }
  #answer(exchange: Exchange, peer: Peer, attempt: Attempt, path: string, query: URLSearchParams): ReturnType<Route['do']> {
    const { method, body, tooLarge } = exchange;
    const foreign = this.#access.foreign(exchange, method !== 'GET');
    if (foreign !== undefined) return foreign;
    const parts = path.split('/');
    const there = SEGMENTS.filter(({ segments }) => segments.length === parts.length
      && segments.every((segment, i) => (segment.startsWith('{') ? parts[i] !== '' : segment === parts[i])));
    const found = there.find(({ route }) => route.method === method);
    const isDescription = path === '/v1/openapi.json' && method === 'GET';
    // Who is not known is not told what there is.
    const who = this.#access.check(exchange, peer, found?.route.role ?? 'read');
    if (!isWho(who)) return who;
    attempt.who = who.holder;
    if (isDescription) return { status: 200, type: 'application/json', body: JSON.stringify(describe(ROUTES)) };
    if (there.length === 0) return problem(404, 'Not found', 'GET /v1/openapi.json says what there is');
    if (found === undefined) return problem(405, 'Method not allowed', `it takes ${there.map(({ route }) => route.method).join(', ')}`);
    if (tooLarge) return problem(413, 'Content too large');
    const { route, segments } = found;
    const at: { [place: string]: string } = {};
    for (const [i, segment] of segments.entries()) if (segment.startsWith('{')) at[segment.slice(1, -1)] = decoded(parts[i]!);
    const asked = { at, query, body: {}, plain: exchange.field('accept')?.startsWith('text/plain') === true, exchange };
    if (route.method === 'GET' || route.method === 'DELETE') return route.do(asked, this.#load);
    // Pages of a browser cannot send this type to others without asking first.
    if (!/^application\/json\b/.test(exchange.field('content-type') ?? '')) {
      return problem(415, 'Unsupported media type', 'the body is application/json');
    }
    const members = readBody(body, Object.keys(route.body ?? {}));
    return typeof members === 'string' ? problem(400, 'Bad request', members) : route.do({ ...asked, body: members }, this.#load);
  }
  /** Whoever changed something stands in the log, and whoever was not let in. Tokens and what stands behind `?` never do. */
  #say(exchange: Exchange, attempt: Attempt, { status, body, type = 'text/plain; charset=utf-8', headers = {} }: HttpReply): void {
    const isRefused = status === 401 || status === 403 || status === 421 || status === 429;
    if (exchange.method !== 'GET' || isRefused) this.#load.run.log.prefix('admin').info(JSON.stringify({ ...attempt, status }));
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    exchange.reply(new Heading(status, [['Content-Type', type], ...GUARDS, ...Object.entries(headers)]), bytes, 0, bytes.length);
  }
}
interface Attempt {
  who: string;
  readonly address: string;
  readonly method: string;
  readonly path: string;
}
const failed = (error: unknown): HttpReply => problem(500, 'Failed', error instanceof Error ? error.message : String(error));
/** What stands at a place of a path; as it is where it is no text in percent signs. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** The members of a body, or what is wrong with it. */
export function readBody(bytes: Buffer, known: readonly string[]): Asked['body'] | string {
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
