// A query through one server: receive, refuse, route, answer, finish. Knows sites; knows no plugin and no socket.
import { CLASS, typeName } from '../../dns/type-name.ts';
import { INFO_CODE } from '../../dns/extended-error.ts';
import { OPCODE, RCODE, opcodeName } from '../../dns/rcode.ts';
import type { Reading } from '../../store/reading.ts';
import type { Arena } from '../query/arena.ts';
import type { Clock } from '../clock.ts';
import { derive } from '../query/derive.ts';
import { finish, sealed } from '../query/finish.ts';
import type { Log } from '../seen/log.ts';
import { AD, CD, RA, RD, TC } from '../query/message.ts';
import type { Message } from '../query/message.ts';
import { failure } from '../query/outcome.ts';
import type { Answer, Outcome } from '../query/outcome.ts';
import type { QuestionChange, Query } from '../query/query.ts';
import { SignatureChecks, checked } from '../query/signature.ts';
import type { SignatureCheck } from '../query/signature.ts';
import { EMPTY, SILENCE, UNUSUAL, WELCOME, plainly, receive } from '../query/receive.ts';
import type { Router } from '../site/router.ts';
import type { Site } from '../site/site.ts';
import { AdmittedOpcode, AnyClass, Debug, Stacktrace } from '../site/site.ts';
import { LateAnswers } from './late-answers.ts';
import type { LateEnds } from './late-answers.ts';
import type { Traffic } from './traffic.ts';
import type { CutReason } from '../query/connection-setting.ts';
import type { ListenerSettings } from '../query/listener-setting.ts';
import { LATER } from '../query/transport.ts';
import type { Service, Timeouts, Watched } from '../query/transport.ts';

/** Opcodes beside QUERY and NOTIFY that come over HTTP (SRV-21). */
const NONE: ReadonlySet<number> = new Set();
/** How often a question may lead to another one of this server. */
const DEEPEST = 24;

/** What a server is made of. */
export interface ServerParts {
  readonly index: number;
  readonly label: string;
  readonly arena: Arena;
  readonly clock: Clock;
  readonly reading: Reading;
  readonly log: Log;
  readonly traffic: Traffic;
  readonly router: Router;
  readonly sites: readonly Site[];
  /** Codes of EDNS options that come back in replies: those of every block of the process (EDNS-7). */
  readonly echoed: readonly number[];
  readonly timeouts: Timeouts;
  readonly settings: ListenerSettings;
  readonly alternative?: number | undefined;
  readonly watched?: Watched | undefined;
}

/** One address with all blocks that listen there (KEY-8). */
export class Server implements Service, LateEnds {
  readonly index: number;
  readonly label: string;
  readonly arena: Arena;
  readonly timeouts: Timeouts;
  readonly settings: ListenerSettings;
  readonly alternative: number | undefined;
  readonly watched: Watched | undefined;
  readonly sites: readonly Site[];
  readonly reading: Reading;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #traffic: Traffic;
  /** Cells of statuses of HTTP, by version and status. */
  readonly #statuses = new Map<number, number>();
  readonly #router: Router;
  readonly #anyClass: boolean;
  /** Opcodes beside QUERY and NOTIFY that one block at least takes. */
  readonly #admitted: ReadonlySet<number>;
  readonly #debug: boolean;
  readonly #stacktrace: boolean;
  readonly #echoed: readonly number[];
  readonly #checks: readonly SignatureCheck[];
  readonly #late: LateAnswers = new LateAnswers(this);
  #now = 0;
  /** When somebody was last named whose connection was cut, and when a plugin for what it threw. */
  #cutSaid = -Infinity;
  #blamed = -Infinity;
  /** Queries that wait for an answer. */
  underWay = 0;

  constructor(parts: ServerParts) {
    this.index = parts.index;
    this.label = parts.label;
    this.arena = parts.arena;
    this.timeouts = parts.timeouts;
    this.settings = parts.settings;
    this.alternative = parts.alternative;
    this.watched = parts.watched;
    this.sites = parts.sites;
    this.#clock = parts.clock;
    this.reading = parts.reading;
    this.#log = parts.log;
    this.#traffic = parts.traffic;
    this.#router = parts.router;
    this.#anyClass = parts.sites.some((site) => site.all(AnyClass).length > 0);
    this.#admitted = new Set(parts.sites.flatMap((site) => site.all(AdmittedOpcode)));
    this.#debug = parts.sites.some((site) => site.all(Debug).length > 0);
    this.#stacktrace = parts.sites.map((site) => site.last(Stacktrace) ?? false).at(-1) ?? false;
    this.#echoed = parts.echoed;
    this.#checks = parts.sites.flatMap((site) => site.all(SignatureChecks));
  }

  begin(): void {
    this.#now = this.#clock.monotonic();
    this.reading.enter();
  }
  end(): void {
    this.reading.leave();
    this.#log.lines.settle();
  }

  serve(query: Query): Message | undefined | typeof LATER {
    query.journey.received = this.#now;
    const { length } = query;
    const plain = query.channel.refuse === undefined;
    const refusal = receive(query, plain ? this.#admitted : NONE);
    // Over HTTP a message is its body, and nothing stands behind it.
    if (refusal === WELCOME && (plain || query.length >= length)) return this.#serve(query, query);
    return refusal === UNUSUAL ? this.#serveUnusual(query) : this.#refuse(query, refusal);
  }
  /** A request that was written anew: the reply is made of that, and goes where the one that came would have got it. */
  #serveUnusual(query: Query): Message | undefined | typeof LATER {
    const plain = plainly(query);
    if (typeof plain === 'number') return this.#refuse(query, plain);
    const refusal = receive(plain, this.#admitted);
    return refusal === WELCOME ? this.#serve(plain, query) : this.#refuse(query, refusal === UNUSUAL ? RCODE.FORMERR : refusal);
  }
  /** `came` is what the transport has: the question itself, but for unusual ones. */
  #serve(query: Query, came: Query): Message | undefined | typeof LATER {
    try {
      const served = query.class === CLASS.IN || this.#anyClass;
      if (served && query.optAt !== 0 && query.bytes[query.at + query.optAt + 6] !== 0) return badVersion(query);
      if (query.signedAt !== 0) query.journey.signature = checked(query, this.#checks);
      const answer = this.#route(query);
      if (answer instanceof Promise) {
        this.underWay++;
        this.arena.waiting++;
        this.#late.wait(query, came, answer);
        return LATER;
      }
      if (answer.kind === 'stream') return this.#stream(query, came, answer.messages);
      return finish(query, answer);
    } catch (error) {
      return finish(query, this.#panic(query, error));
    }
  }
  #route(query: Query): Answer {
    if (query.class !== CLASS.IN && !this.#anyClass) return this.#rejected(query, RCODE.REFUSED, 'this server answers class IN only');
    const { followed } = query.journey;
    const site = this.#router.find(query, followed?.view);
    if (site === undefined) return this.#rejected(query, RCODE.REFUSED, 'no zone of this server holds the name');
    if (this.#admitted.size > 0 && !takes(site, query.opcode)) {
      return this.#rejected(query, RCODE.NOTIMP, `nothing in this zone takes ${opcodeName(query.opcode)}`);
    }
    if (site.handler === undefined) return this.#rejected(query, RCODE.REFUSED, 'the zone is served by no plugin');
    return followed?.chosen === undefined ? site.handler(query) : site.walked(query, followed.chosen(site, query));
  }
  #rejected(query: Query, rcode: number, why: string): Outcome {
    query.extendedError = { code: rcode === RCODE.REFUSED ? INFO_CODE.NOT_AUTHORITATIVE : INFO_CODE.OTHER, text: why };
    this.#traffic.rejected(query, this.label, rcode);
    return failure(rcode);
  }
  #refuse(query: Query, refusal: number): Message | undefined {
    if (query.channel.refuse !== undefined) {
      query.channel.refuse();
      return undefined;
    }
    if (refusal === SILENCE) return undefined;
    if (refusal === EMPTY) {
      this.#traffic.rejected(query, this.label, RCODE.SERVFAIL);
      const empty = query.begin(0, RCODE.SERVFAIL);
      empty.bytes[empty.at + 5] = 0;
      return empty;
    }
    // The header comes back but for AA and Z (SRV-1).
    const message = query.begin(query.flags & (RD | TC | RA | AD | CD), refusal);
    message.bytes[message.at + 4] = 0;
    message.bytes[message.at + 5] = query.questionEnd > 12 ? 1 : 0;
    if (refusal === RCODE.FORMERR) message.bytes[message.at + 2] = message.bytes[message.at + 2]! & 0x87;
    return message;
  }
  #stream(query: Query, came: Query, messages: AsyncIterable<Uint8Array>): Message | undefined | typeof LATER {
    if (query.channel.sendAll === undefined) return finish(query, failure(RCODE.REFUSED));
    query.channel.sendAll(came, sealedFor(query, messages));
    return LATER;
  }
  /** Called by what waits for late answers. */
  answerLate(query: Query, came: Query, outcome: Outcome): void {
    this.underWay--;
    this.arena.waiting--;
    if (outcome.kind === 'stream' && query.channel.sendAll !== undefined) {
      query.channel.sendAll(came, sealedFor(query, outcome.messages));
      return;
    }
    let message: Message | undefined;
    this.reading.enter();
    try {
      message = finish(query, outcome);
    } catch (error) {
      message = finish(query, this.#panic(query, error));
    } finally {
      this.reading.linger();
    }
    query.channel.send(came, message);
  }
  failLate(query: Query, came: Query, error: unknown): void {
    this.answerLate(query, came, this.#panic(query, error));
  }
  /** SRV-5. With `debug` the process ends, so that the bug is seen. */
  #panic(query: Query, error: unknown): Outcome {
    if (this.#debug) {
      setImmediate(() => {
        throw error;
      });
    }
    const text = error instanceof Error ? error.message : String(error);
    const stack = this.#stacktrace && error instanceof Error ? `\n${error.stack}` : '';
    this.#log.error(`Recovered from panic in server: "${this.label}" ${text}${stack}`);
    this.#blame(query, error);
    this.#traffic.panicked();
    this.#traffic.rejected(query, this.label, RCODE.SERVFAIL);
    return failure(RCODE.SERVFAIL, error);
  }

  /** Says once a minute which plugin threw, at what question and where in its code; the client hears which one it was. */
  #blame(query: Query, error: unknown): void {
    const name = query.journey.trail.last;
    if (name === '') return;
    query.extendedError ??= { code: INFO_CODE.OTHER, text: `plugin ${name} failed` };
    if (this.#now - this.#blamed < 60_000) return;
    this.#blamed = this.#now;
    const [, place] = error instanceof Error ? /\n\s+at (?:.*\()?(?:.*\/)?([^/\s)]+:\d+:\d+)\)?/.exec(error.stack ?? '') ?? [] : [];
    // Behind a question mark is the version of its code.
    const at = place?.replace(/\?[^:]*/, '');
    this.#log.error(`plugin/${name} threw on ${query.name.text} ${typeName(query.type)}${at === undefined ? '' : ` at ${at}`}`);
  }

  answered(version: number, status: number): void {
    const key = version * 1000 + status;
    let cell = this.#statuses.get(key);
    if (cell === undefined) this.#statuses.set(key, (cell = this.#traffic.statusCell(this.label, version, status)));
    this.#traffic.metrics.values[cell]!++;
  }
  cut(reason: CutReason, client: string): void {
    this.#traffic.cut(this.label, reason);
    const now = this.#clock.monotonic();
    if (now - this.#cutSaid < 10_000) return;
    this.#cutSaid = now;
    this.#log.warning(`${this.label} cuts connections (${reason}), that of ${client === '' ? 'an unknown client' : client} among them`);
  }
  ready(): boolean {
    return this.sites.every(({ parts }) => parts.every(({ part }) => part.ready?.() ?? true));
  }
  echoes(code: number): boolean {
    return this.#echoed.includes(code);
  }
  /** Asks this server again, from the top, as the same client (LIB-7). */
  resolve(query: Query, change: QuestionChange): Answer {
    const journey = query.journey.further();
    if (change.translating === true) journey.translating = true;
    const derived = derive(query, { ...change, journey });
    if (derived.depth > DEEPEST) return failure(RCODE.SERVFAIL, new Error(`the question led to itself more than ${DEEPEST} times`));
    // A late answer may ask, outside of any batch.
    this.reading.enter();
    try {
      return this.#route(derived);
    } catch (error) {
      return this.#panic(derived, error);
    } finally {
      this.reading.leave();
    }
  }
}

/** Whether a block takes this opcode (SRV-21). */
const takes = (site: Site, opcode: number): boolean =>
  opcode === OPCODE.QUERY || opcode === OPCODE.NOTIFY || site.all(AdmittedOpcode).includes(opcode);
/** The messages of a stream as they are sent. */
function sealedFor({ journey: { seal } }: Query, messages: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return seal === undefined ? messages : sealed(messages, seal);
}
/** SRV-7; the OPT of a BADVERS reply has size 0. */
function badVersion(query: Query): Message {
  const message = query.begin(0, 0);
  message.setEdns({ udpSize: 0, version: 0, dnssecOk: false, z: 0, extendedRcode: RCODE.BADVERS >> 4, options: [] });
  message.extended = RCODE.BADVERS >> 4;
  return message;
}
