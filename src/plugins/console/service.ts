// Requests of a browser: the files of the page, its session, and the API, which is handed on. Knows paths and fields of HTTP.
import { isWho } from '../../admin-api/access.ts';
import type { Access, Peer } from '../../admin-api/access.ts';
import type { Page, PageFile } from '../../admin-api/page-files.ts';
import { replyJson } from '../../admin-api/reply.ts';
import type { Load } from '../../admin-api/route.ts';
import { AdminService, readBody } from '../../admin-api/service.ts';
import { Heading } from '../../http/exchange.ts';
import type { Connected, Exchange, HttpService } from '../../http/exchange.ts';
import type { HttpReply } from '../../http/message.ts';
import { problem } from '../../http/problem.ts';
import type { Sessions } from './sessions.ts';

/** The page may be in no frame, asks nobody else, and makes no text into markup or a script. */
const GUARDS = [
  ['Content-Security-Policy', "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; "
    + "require-trusted-types-for 'script'; trusted-types 'none'"],
  ['X-Content-Type-Options', 'nosniff'], ['X-Frame-Options', 'DENY'], ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Opener-Policy', 'same-origin'], ['Cross-Origin-Resource-Policy', 'same-origin'],
] as const;
const SESSION = '/session';

/** What is shown, and to whom. */
interface Shown {
  readonly load: Load;
  readonly access: Access;
  readonly sessions: Sessions;
  readonly page: Page;
}

/** Answers what comes at one address. */
export class ConsoleService implements HttpService {
  readonly #shown: Shown;
  readonly #api: AdminService;
  constructor(shown: Shown) {
    this.#shown = shown;
    this.#api = new AdminService(shown.load, shown.access);
  }

  request(exchange: Exchange, by: Connected = {}): void {
    const [path = ''] = exchange.target.split('?', 1);
    if (path.startsWith('/v1/')) this.#api.request(exchange, by);
    else if (path === SESSION) this.#session(exchange, { address: by.remoteAddress ?? '', subject: by.subject });
    else this.#file(exchange, path);
  }

  #file(exchange: Exchange, path: string): void {
    const { access, page } = this.#shown;
    const file = page.get(path === '/' ? '/index.html' : path);
    const refused = access.misdirected(exchange) ?? embedded(exchange);
    if (refused !== undefined) return say(exchange, refused);
    if (exchange.method !== 'GET' && exchange.method !== 'HEAD') return say(exchange, problem(405, 'Method not allowed', 'it takes GET'));
    if (file === undefined) return say(exchange, problem(404, 'Not found', 'the page is at /'));
    show(exchange, file);
  }

  #session(exchange: Exchange, peer: Peer): void {
    const { access, load } = this.#shown;
    const { method } = exchange;
    const foreign = access.foreign(exchange, method !== 'GET');
    const [who, reply] = foreign === undefined ? this.#asked(exchange, peer) : ['', foreign];
    // Who is not in yet asks that first: it is no attempt at anything.
    const isTold = method !== 'GET' || (reply.status !== 200 && reply.status !== 401);
    if (isTold) {
      load.run.log.prefix('console').info(JSON.stringify({ who, address: peer.address, method, path: SESSION, status: reply.status }));
    }
    say(exchange, reply);
  }
  #asked(exchange: Exchange, peer: Peer): readonly [who: string, reply: HttpReply] {
    const { access, sessions } = this.#shown;
    const { method, body, tooLarge } = exchange;
    if (method === 'GET') {
      const who = access.check(exchange, peer, 'read');
      return isWho(who) ? [who.holder, replyJson({ holder: who.holder, role: who.role })] : ['', who];
    }
    if (method === 'DELETE') return ['', { ...replyJson({}), headers: { 'Set-Cookie': sessions.end(exchange) } }];
    if (method !== 'POST') return ['', problem(405, 'Method not allowed', 'it takes GET, POST, DELETE')];
    if (tooLarge) return ['', problem(413, 'Content too large')];
    if (!/^application\/json\b/.test(exchange.field('content-type') ?? '')) {
      return ['', problem(415, 'Unsupported media type', 'the body is application/json')];
    }
    const members = readBody(body, ['token']);
    if (typeof members === 'string') return ['', problem(400, 'Bad request', members)];
    const token = String(members['token'] ?? '');
    const who = access.byToken(token, peer.address, 'read');
    if (!isWho(who)) return ['', who];
    return [who.holder, { ...replyJson({ holder: who.holder, role: who.role }), headers: { 'Set-Cookie': sessions.begin(token) } }];
  }
}

/** A page of another site may lead here, and have nothing of this one in it. */
function embedded(exchange: Exchange): HttpReply | undefined {
  const site = exchange.field('sec-fetch-site') ?? 'none';
  const isLed = exchange.field('sec-fetch-mode') === 'navigate' && exchange.field('sec-fetch-dest') === 'document';
  return site === 'same-origin' || site === 'none' || isLed ? undefined : problem(403, 'Another site', `Sec-Fetch-Site is ${site}`);
}
/** A file whose name says what is in it is kept for a year; any other is asked for each time. */
function show(exchange: Exchange, { type, bytes, packed, tag, isForever }: PageFile): void {
  const takesPacked = /(^|[\s,])gzip\b(?!\s*;\s*q=0(\.0+)?\s*(,|$))/.test(exchange.field('accept-encoding') ?? '');
  const fields = [
    ['Content-Type', type], ['Cache-Control', isForever ? 'public, max-age=31536000, immutable' : 'no-cache'], ['ETag', tag],
    ['Vary', 'Accept-Encoding'], ...GUARDS, ...(takesPacked ? [['Content-Encoding', 'gzip'] as const] : []),
  ] as const;
  if (exchange.field('if-none-match')?.split(/\s*,\s*/).includes(tag) === true) {
    exchange.reply(new Heading(304, fields.filter(([name]) => name !== 'Content-Type' && name !== 'Content-Encoding')), bytes, 0, 0);
    return;
  }
  const body = takesPacked ? packed : bytes;
  exchange.reply(new Heading(200, fields), body, 0, body.length);
}
function say(exchange: Exchange, { status, body, type = 'text/plain; charset=utf-8', headers = {} }: HttpReply): void {
  const bytes = Buffer.from(body);
  const heading = new Heading(status, [['Content-Type', type], ['Cache-Control', 'no-store'], ...GUARDS, ...Object.entries(headers)]);
  exchange.reply(heading, bytes, 0, bytes.length);
}
