// *cookies* gives clients a cookie that proves their address when they send it again (RFC 7873, RFC 9018). Knows the option and secrets;
// how a cookie is made is dns/cookie.ts's.
import { readFile } from 'node:fs/promises';
import { SERVER_COOKIE, makeServerCookie, worthOf } from '../../dns/cookie.ts';
import type { CookieBearer } from '../../dns/cookie.ts';
import { OPTION } from '../../dns/edns-options.ts';
import { setU16, u16 } from '../../dns/packet.ts';
import { OPCODE, RCODE } from '../../dns/rcode.ts';
import { every } from '../../kernel/clock.ts';
import type { Clock } from '../../kernel/clock.ts';
import { TC } from '../../kernel/query/message.ts';
import type { Message } from '../../kernel/query/message.ts';
import { upon } from '../../kernel/query/outcome.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Seal } from '../../kernel/query/seal.ts';
import { counter } from '../../kernel/seen/metrics.ts';
import type { Metrics } from '../../kernel/seen/metrics.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import type { Note } from '../../store/notes.ts';
import { cryptography } from '../../secure/node.ts';
import { fileError } from '../../wording/errno.ts';
import { readLine, readSecrets } from './config.ts';
import type { CookieLine } from './config.ts';

/** Milliseconds between looks at the file. */
const LOOK = 10_000;
/** Octets of an OPT before its options, and of an option before its data. */
const BARE = 11, HEAD = 4;
const CLIENT = 8, LEAST = 16, MOST = 40;
/** Octets that the option of a reply has. */
const ROOM = HEAD + CLIENT + SERVER_COOKIE;
const QUESTIONS = counter('coredns_cookies_questions_total', 'Counter of questions by what their cookies were worth.', ['worth']);
type Worth = 'none' | 'client' | 'good' | 'old' | 'bad' | 'malformed';

/** Where a question's option lies from its packet's start; 0 where there is none. */
function cookieAt({ bytes, at, optAt }: Query): number {
  if (optAt === 0) return 0;
  const from = at + optAt + BARE;
  for (let option = from, end = from + u16(bytes, from - 2); option + HEAD <= end; option += HEAD + u16(bytes, option + 2)) {
    if (u16(bytes, option) === OPTION.COOKIE) return option - at;
  }
  return 0;
}
/** Takes it out: it is between the client and this server (RFC 7873 section 5). */
function strip(query: Query, option: number): void {
  const { bytes, at, optAt } = query;
  const size = HEAD + u16(bytes, at + option + 2);
  bytes.copyWithin(at + option, at + option + size, at + query.length);
  setU16(bytes, at + optAt + BARE - 2, u16(bytes, at + optAt + BARE - 2) - size);
  query.length -= size;
  if (query.signedAt > optAt) query.signedAt -= size;
}
/** Puts the option into the OPT of a finished reply, in place of one that somebody else put there. */
function put(message: Message, client: Uint8Array, server: Uint8Array): void {
  const { edns } = message;
  if (message.optAt === 0 || edns === undefined) return;
  const data = new Uint8Array(CLIENT + SERVER_COOKIE);
  data.set(client);
  data.set(server, CLIENT);
  const others = edns.options.filter(({ code }) => code !== OPTION.COOKIE);
  message.setEdns({ ...edns, options: [...others, { code: OPTION.COOKIE, data }] });
}

/** The line of a block. */
class Cookies implements Part {
  readonly rehearsal = 'as served';
  readonly #line: CookieLine;
  #clock!: Clock;
  #metrics!: Metrics;
  #note!: Note;
  #round = 0;
  #secrets: readonly Uint8Array[] = [];

  constructor(line: CookieLine) {
    this.#line = line;
  }
  /** Where the secrets are: of a file for all blocks that name it, else of the process, so that they outlive a reload. */
  #noteOf({ store }: Run): Note {
    return store.note(`cookies ${this.#line.file?.path ?? 'secret'}`);
  }

  control(run: Run): void {
    const { file } = this.#line;
    const note = this.#noteOf(run);
    if (file === undefined) {
      if (note.round === 0) note.write(cryptography().randomBytes(16).toString('hex'));
      return;
    }
    if (note.read() !== file.secrets) note.write(file.secrets);
    const log = run.log.prefix('cookies');
    let said = '';
    every(run.clock, LOOK, run.signal, (error) => run.report(error), async () => {
      try {
        const secrets = readSecrets(await readFile(file.path, 'utf8'));
        said = '';
        if (secrets === note.read()) return;
        note.write(secrets);
        log.info(`the secrets of ${file.path} are taken over`);
      } catch (error) {
        const why = fileError(error, file.path);
        if (why !== said) log.warning(`${file.path} is not taken over, and the secrets before it stay: ${why}`);
        said = why;
      }
    });
  }
  start(run: Run): void {
    this.#clock = run.clock;
    this.#metrics = run.metrics;
    this.#note = this.#noteOf(run);
  }

  handle(query: Query, next: Handler): Answer {
    const option = cookieAt(query);
    const length = option === 0 ? 0 : u16(query.bytes, query.at + option + 2);
    if (option === 0) {
      this.#counts('none');
      return this.#line.require === 'all' && isUnproven(query) ? query.begin(TC, RCODE.NOERROR) : next(query);
    }
    // RFC 7873 section 5.2.2.
    if (length !== CLIENT && (length < LEAST || length > MOST)) {
      this.#counts('malformed');
      return query.begin(0, RCODE.FORMERR);
    }
    const from = query.at + option + HEAD;
    const client = query.bytes.slice(from, from + CLIENT), server = query.bytes.slice(from + CLIENT, from + length);
    const { clientAt, clientLength } = query;
    const who = { client, address: query.bytes.slice(clientAt, clientAt + clientLength) };
    const now = Math.floor(this.#clock.wall() / 1000);
    const worth: Worth = length === CLIENT ? 'client' : worthOf(server, this.#known(), who, now);
    this.#counts(worth);
    strip(query, option);
    const isGood = worth === 'good' || worth === 'old';
    query.journey.proven = isGood;
    const answer = isGood || this.#line.require === 'nothing' || !isUnproven(query) ? next(query) : refused(query);
    const given = worth === 'good' ? server : undefined;
    return upon(answer, (outcome, asked: Query) => {
      asked.seal = this.#seal(who, given, now, asked.seal);
      return outcome;
    }, query);
  }
  /** What others seal with comes behind it. */
  #seal(who: CookieBearer, given: Uint8Array | undefined, now: number, behind: Seal | undefined): Seal {
    return {
      room: ROOM + (behind?.room ?? 0),
      seal: (message) => {
        put(message, who.client, given ?? makeServerCookie(this.#known()[0]!, who, now));
        behind?.seal(message);
      },
    };
  }
  #known(): readonly Uint8Array[] {
    const { round } = this.#note;
    if (round !== this.#round) {
      this.#round = round;
      this.#secrets = this.#note.read().split(' ').map((text) => Uint8Array.from(Buffer.from(text, 'hex')));
    }
    return this.#secrets;
  }
  #counts(worth: Worth): void {
    this.#metrics.values[this.#metrics.family(QUESTIONS).cell([worth])]!++;
  }
}

/**
 * A question over UDP without a true signature may be somebody else's. What servers tell each other (NOTIFY, UPDATE) needs no cookie.
 */
const isUnproven = ({ stream, opcode, journey }: Query): boolean => !stream && opcode === OPCODE.QUERY && journey.signature?.error !== 0;

/** Asked again with the cookie that this reply has (RFC 7873 section 5.2.3). */
function refused(query: Query): Message {
  const message = query.begin(0, RCODE.BADCOOKIE & 15);
  message.extended = RCODE.BADCOOKIE >> 4;
  return message;
}

export default definePlugin({
  name: 'cookies',
  metrics: { questions: QUESTIONS },
  parse: readLine,
  create: (line) => new Cookies(line),
});
