// The HTTP API of a registry: who asks, which operation that is, whether its body is sound, and what is said. Knows HTTP; what
// operations do is in operations.ts.
import { commonName } from '../../admin-api/access.ts';
import type { Name } from '../../dns/name.ts';
import { Heading } from '../../http/exchange.ts';
import type { Connected, Exchange, HttpService } from '../../http/exchange.ts';
import { refusal } from '../../http/grpc-heading.ts';
import { GRPC_STATUS } from '../../http/grpc-message.ts';
import { Problem, sayProblem } from '../../http/problem.ts';
import { KeyValueError } from '../../key-value/key-value.ts';
import type { Trouble } from '../../key-value/key-value.ts';
import type { Clock } from '../../kernel/clock.ts';
import { bearerOf, mayDo } from '../../secure/tokens.ts';
import type { Grant, Role, Tokens } from '../../secure/tokens.ts';
import type { Attempt, Audit } from './audit.ts';
import type { Condition, Who } from './conditions.ts';
import { isGrpc, isGrpcWatch } from './grpc-door.ts';
import type { GrpcDoor } from './grpc-door.ts';
import { faultOf } from './schema.ts';
import type { Schema } from './schema.ts';

/** What an operation is asked. */
export interface Asked {
  /** What stands in the places of its path. */
  readonly at: { readonly [place: string]: string };
  readonly query: URLSearchParams;
  /** As its schema has it. */
  readonly body: unknown;
  readonly condition: Condition;
  /** The value of `If-None-Match`. */
  readonly known: string | undefined;
  readonly who: Who;
  /** Throws Problem where whoever asks may not do that with a name. */
  readonly may: (role: Role, name: string) => void;
  /** Aborts when nobody wants the answer any more. */
  readonly gone: AbortSignal;
  /** Whether whoever asks may do that still, by what is known of tokens then. */
  readonly mayStill: (role: Role, name: string) => boolean;
  readonly by: Connected;
}
/** What it says. */
export interface Said {
  readonly status: number;
  readonly body?: unknown;
  readonly etag?: string;
  readonly media?: string | undefined;
  /** What there was before, where that was changed: for the audit. */
  readonly before?: unknown;
  /** In place of all that: answers the request itself. */
  readonly goesOn?: (exchange: Exchange) => void;
}
/** One operation. */
export interface Operation {
  readonly method: 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE';
  /** `/v1/zones/{zone}`. */
  readonly path: string;
  readonly id: string;
  readonly summary: string;
  readonly request?: Schema;
  /** What is answered, by its status. */
  readonly replies: { readonly [status: number]: Schema | undefined };
  readonly query?: { readonly [name: string]: string };
  /** Whether it takes If-Match and If-None-Match. */
  readonly conditional?: true;
  /** Whether nobody needs a token for it. */
  readonly open?: true;
  /** What its messages are, where that is a kind of JSON with a name of its own. */
  readonly media?: string;
  /** Whether its body is zone text, as text/dns (RFC 4027). */
  readonly text?: true;
  /** Whether its reply is a stream of events. */
  readonly events?: true;
  run(asked: Asked): Said | Promise<Said>;
}

/** What the API stands on. */
export interface ApiParts {
  readonly operations: readonly Operation[];
  /** undefined: who reaches the address may do all. */
  readonly tokens: () => Tokens | undefined;
  /** What holders of certificates may do, by the subject or its common name. */
  readonly named: readonly Grant[];
  readonly clock: Clock;
  /** undefined: nobody keeps who tried what. */
  readonly audit: Audit | undefined;
  readonly report: (error: unknown) => void;
  /** Where questions can be asked by gRPC. */
  readonly grpc?: GrpcDoor;
}

/** Requests a second of one token, and at once after a rest; holders that are remembered. */
const RATE = 5000, BURST = 10_000, HOLDERS = 10_000;
const STATUS: { readonly [trouble in Trouble]: readonly [status: number, title: string, cure: string] } = {
  unavailable: [503, 'The store does not answer', 'look whether it was done, and try again'],
  full: [507, 'No room', 'make room where the keys are kept, and try again'],
  broken: [503, 'Read only', 'see the server\'s log; what was acknowledged is still answered'],
  lease: [409, 'No such lease', 'grant another one'],
  copy: [403, 'Read only', 'write it there'],
};
/** Hosts by which a server is asked that lets everybody in who is on the same machine: a page of the web has another one in its name. */
const NEAR = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$|^$/;
const LOCAL: readonly Grant[] = [{ holder: 'local', role: 'admin', subtree: [] }];

/** Answers requests. */
export class Api implements HttpService {
  readonly #parts: ApiParts;
  readonly #routes: readonly { readonly operation: Operation; readonly segments: readonly string[] }[];
  readonly #buckets = new Map<string, { left: number; at: number }>();

  constructor(parts: ApiParts) {
    this.#parts = parts;
    this.#routes = parts.operations.map((operation) => ({ operation, segments: operation.path.split('/') }));
  }

  talks(exchange: Exchange): boolean {
    return this.#parts.grpc !== undefined && isGrpcWatch(exchange);
  }
  /** By gRPC there are questions alone: who may not ask at all is told so in its words. */
  #grpc(door: GrpcDoor, exchange: Exchange, by: Connected): void {
    const may = (name: Name): boolean => {
      try {
        return mayDo(this.#grants(exchange, by), 'read', name.text);
      } catch {
        return false;
      }
    };
    try {
      this.#rate(this.#grants(exchange, by)[0].holder);
    } catch (error) {
      return exchange.reply(refusal(GRPC_STATUS.UNAUTHENTICATED, this.#problem(error).message), new Uint8Array(0), 0, 0);
    }
    door.request(exchange, by, may);
  }
  request(exchange: Exchange, by: Connected = {}): void {
    if (this.#parts.grpc !== undefined && isGrpc(exchange)) return this.#grpc(this.#parts.grpc, exchange, by);
    const gone = new AbortController();
    exchange.gone = () => gone.abort();
    const trail = { who: '' };
    // The body is there for this turn alone.
    this.#answer(exchange, exchange.tooLarge ? undefined : Buffer.from(exchange.body), gone.signal, trail, by).then(async (said) => {
      await this.#note(exchange, { who: trail.who, status: said.status, before: said.before, after: said.body });
      if (said.goesOn === undefined) say(exchange, said);
      else said.goesOn(exchange);
    }, async (error: unknown) => {
      const problem = this.#problem(error);
      await this.#note(exchange, { who: trail.who, status: problem.status, problem: problem.message });
      sayProblem(exchange, problem);
    }).catch((error: unknown) => this.#parts.report(error));
  }
  /** Whatever might change something is noted, and what nobody was allowed. */
  async #note({ method, target }: Exchange, attempt: Omit<Attempt, 'method' | 'path'>): Promise<void> {
    if (method === 'GET' || method === 'HEAD') return;
    await this.#parts.audit?.note({ ...attempt, method, path: target.slice(0, 1000) });
  }
  #problem(error: unknown): Problem {
    if (error instanceof Problem) return error;
    if (error instanceof KeyValueError) {
      const [status, title, cure] = STATUS[error.trouble];
      return new Problem(status, title, { detail: error.message, cure });
    }
    this.#parts.report(error);
    return new Problem(500, 'A fault of this server');
  }

  async #answer(
    exchange: Exchange, body: Buffer | undefined, gone: AbortSignal, trail: { who: string }, by: Connected,
  ): Promise<Said> {
    const [, path = '', search = ''] = /^(?:https?:\/\/[^/?]*)?([^?]*)(?:\?(.*))?$/.exec(exchange.target)!;
    const { operation, at } = this.#route(exchange.method, path);
    const grants = operation.open === true ? LOCAL : this.#grants(exchange, by);
    trail.who = grants[0]!.holder;
    this.#rate(trail.who);
    if (body === undefined) throw new Problem(413, 'Body too large', { cure: 'a body has at most 64 KiB' });
    const may = (role: Role, name: string): void => {
      if (!mayDo(grants, role, name)) {
        throw new Problem(403, 'Not allowed', { detail: `${grants[0]!.holder} may not ${role} ${name}`, cure: 'ask for a token that may' });
      }
    };
    const operates = grants.some(({ role }) => role !== 'read');
    const who = { holder: grants[0]!.holder, operates, isAdmin: grants.some(({ role }) => role === 'admin') };
    const said = await operation.run({
      at, query: new URLSearchParams(search), body: bodyOf(operation, exchange, body), condition: conditionOf(exchange, operation),
      known: exchange.field('if-none-match'), who, may, gone, by,
      mayStill: (role, name) => {
        try {
          return mayDo(this.#grants(exchange, by), role, name);
        } catch {
          return false;
        }
      },
    });
    return operation.media === undefined ? said : { ...said, media: operation.media };
  }
  #route(method: string, path: string): { readonly operation: Operation; readonly at: Asked['at'] } {
    const parts = path.split('/');
    const found = this.#routes.filter(({ segments }) => segments.length === parts.length
      && segments.every((segment, i) => segment.startsWith('{') ? parts[i] !== '' : segment === parts[i]));
    const route = found.find(({ operation }) => operation.method === (method === 'HEAD' ? 'GET' : method));
    if (route === undefined) {
      if (found.length === 0) throw new Problem(404, 'No such resource', { cure: 'GET /v1/openapi.json says what there is' });
      const allow = [...new Set(found.map(({ operation }) => operation.method))].join(', ');
      throw new Problem(405, 'Not a method of this resource', { cure: `it has ${allow}`, fields: [['Allow', allow]] });
    }
    const at: Record<string, string> = {};
    for (const [i, segment] of route.segments.entries()) if (segment.startsWith('{')) at[segment.slice(1, -1)] = decoded(parts[i]!);
    return { operation: route.operation, at };
  }
  /** What whoever asks may do. Throws Problem where he may not even ask. */
  #grants(exchange: Exchange, { subject }: Connected): readonly [Grant, ...Grant[]] {
    const tokens = this.#parts.tokens();
    const { named } = this.#parts;
    if (tokens === undefined && named.length === 0) {
      if (!NEAR.test(exchange.authority)) throw new Problem(421, 'Another host', { cure: 'ask this machine by its loopback address' });
      return LOCAL as [Grant];
    }
    const token = bearerOf(exchange.field('authorization'));
    // Who shows both is whom the token says.
    const [first, ...more] = token !== undefined && tokens !== undefined ? tokens.of(token) : grantsOf(named, subject);
    if (first === undefined) {
      const cure = tokens === undefined ? 'show a certificate that may do something' : 'send Authorization: Bearer TOKEN';
      throw new Problem(401, 'No token', { cure, fields: [['WWW-Authenticate', 'Bearer']] });
    }
    return [first, ...more];
  }
  #rate(holder: string): void {
    const now = this.#parts.clock.monotonic();
    let bucket = this.#buckets.get(holder);
    if (bucket === undefined) {
      if (this.#buckets.size >= HOLDERS) this.#buckets.clear();
      this.#buckets.set(holder, (bucket = { left: BURST, at: now }));
    }
    bucket.left = Math.min(BURST, bucket.left + (now - bucket.at) * RATE / 1000);
    bucket.at = now;
    if (bucket.left < 1) {
      throw new Problem(429, 'Too many requests', { cure: `a token has ${RATE} a second`, fields: [['Retry-After', '1']] });
    }
    bucket.left--;
  }
}

/** What the holder of a certificate may do. */
const grantsOf = (named: readonly Grant[], subject: string | undefined): readonly Grant[] =>
  (subject === undefined ? [] : named.filter(({ holder }) => holder === subject || holder === commonName(subject)));

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new Problem(400, 'Malformed path', { detail: `${segment} is no UTF-8 in percent signs` });
  }
}
/** Reads the body by the operation's schema. Throws Problem. */
function bodyOf({ request, media, text }: Operation, exchange: Exchange, bytes: Buffer): unknown {
  if (request === undefined) return undefined;
  // A page of the web can send other types to this machine without being asked for leave.
  const type = exchange.field('content-type') ?? '';
  if (text === true) return textIn(type, bytes);
  if (!/^application\/(?:merge-patch\+)?json\s*(?:;|$)/i.test(type) && type.replace(/\s/g, '') !== media) {
    throw new Problem(415, 'Not JSON', { field: 'Content-Type', cure: 'send Content-Type: application/json' });
  }
  let body: unknown;
  try {
    body = JSON.parse(utf8.decode(bytes));
  } catch (error) {
    throw new Problem(400, 'Malformed JSON', { detail: (error as Error).message.slice(0, 200) });
  }
  const fault = faultOf(body, request);
  if (fault !== undefined) throw new Problem(400, 'Malformed request', { field: fault.field, detail: fault.wrong, cure: fault.cure });
  return body;
}
function textIn(type: string, bytes: Buffer): string {
  if (!/^text\/dns\s*(?:;|$)/i.test(type)) {
    throw new Problem(415, 'Not zone text', { field: 'Content-Type', cure: 'send Content-Type: text/dns' });
  }
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Problem(400, 'Malformed zone', { detail: 'it is no UTF-8' });
  }
}
const utf8 = new TextDecoder('utf-8', { fatal: true });
/** What the request says must be there (RFC 9110 section 13.1). Throws Problem. */
function conditionOf(exchange: Exchange, { conditional, method }: Operation): Condition {
  if (conditional !== true) return undefined;
  const match = exchange.field('if-match'), none = exchange.field('if-none-match');
  if (match !== undefined) {
    const [, revision] = /^\s*"(\d{1,18})"\s*$/.exec(match) ?? [];
    if (revision === undefined) throw new Problem(400, 'Malformed condition', { field: 'If-Match', cure: 'it has the ETag that was told' });
    return { revision: BigInt(revision) };
  }
  if (none === undefined || method === 'GET') return undefined;
  if (none.trim() !== '*') throw new Problem(400, 'Malformed condition', { field: 'If-None-Match', cure: 'it is *' });
  return 'absent';
}
function say(exchange: Exchange, { status, body, etag, media = 'application/json' }: Said): void {
  const content = Buffer.from(body === undefined ? '' : JSON.stringify(body));
  const type = body === undefined ? [] : [['Content-Type', media] as const];
  const fields = [...type, ['Cache-Control', 'no-store'] as const, ...etag === undefined ? [] : [['ETag', etag] as const]];
  exchange.reply(new Heading(status, fields), content, 0, content.length);
}
