// *log* enables query logging to standard output. Knows rules and what became of a query; knows no plugin that answers.
import { RCODE } from '../../dns/rcode.ts';
import { classOf, classify } from '../../kernel/query/classify.ts';
import type { ReplyType } from '../../kernel/query/classify.ts';
import type { Clock } from '../../kernel/clock.ts';
import { apart } from '../../kernel/query/derive.ts';
import { elapsed } from '../../kernel/query/elapsed.ts';
import type { LogLines } from '../../kernel/seen/log-lines.ts';
import { upon } from '../../kernel/query/outcome.ts';
import type { Outcome, Stream } from '../../kernel/query/outcome.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import type { Query } from '../../kernel/query/query.ts';
import { readRules } from './config.ts';
import type { Rule } from './config.ts';
import { compile } from '../../kernel/query/line-format.ts';
import type { Writer } from '../../kernel/query/line-format.ts';
import { JsonLine } from './json-line.ts';
import { Seen } from '../../kernel/query/seen-outcome.ts';
import { bytesOf } from '../../kernel/query/line-words.ts';

const INFO = bytesOf('[INFO] ');

/** What is done after the chain for one rule. Made once; the run is known when the parts start. */
class Logger {
  readonly rule: Rule;
  readonly #write: Writer;
  readonly #seen = new Seen();
  #lines!: LogLines;
  #clock!: Clock;
  #json: JsonLine | undefined;

  constructor(rule: Rule) {
    this.rule = rule;
    this.#write = compile(rule.format);
  }
  use({ log, clock }: Run): void {
    this.#lines = log.lines;
    const { record } = log.prefix('log');
    this.#json = record && new JsonLine(this.#write, record);
    this.#clock = clock;
  }
  /** Looks at an outcome: made once, so that no query makes a closure. */
  readonly after = (outcome: Outcome, query: Query): Outcome => {
    if (outcome.kind === 'stream') return { ...outcome, messages: this.#follow(outcome, apart(query)) };
    const seen = this.#seen;
    seen.milliseconds = elapsed(query, this.#clock);
    seen.look(outcome, query);
    if (this.rule.classes === undefined && query.metadata === undefined) this.#line(query, seen);
    else this.#perhaps(typeOf(outcome, this.#clock), query, seen);
    return outcome;
  };
  /** LOG-6, and the classes of the rule. */
  #perhaps(type: ReplyType, query: Query, seen: Seen): void {
    const kind = classOf(type);
    query.metadata?.set('log/type', type);
    query.metadata?.set('log/class', kind);
    if (this.rule.classes === undefined || this.rule.classes.has(kind)) this.#line(query, seen);
  }
  #line(query: Query, seen: Seen): void {
    if (this.#json !== undefined) return this.#json.write(query, seen);
    const lines = this.#lines;
    lines.room(INFO.length);
    lines.put(INFO);
    this.#write(lines, query, seen);
    lines.end();
  }
  /** A transfer is logged when its last message left, with the bytes of all. */
  async *#follow({ messages }: Stream, query: Query): AsyncGenerator<Uint8Array> {
    let size = 0;
    let last: Uint8Array | undefined;
    try {
      for await (const message of messages) {
        size += message.length;
        last = message;
        yield message;
      }
    } finally {
      const seen = this.#seen;
      seen.milliseconds = elapsed(query, this.#clock);
      seen.lookAtStream(query, last, size);
      this.#perhaps('META', query, seen);
    }
  }
}

/** LIB-5, also for what has no message: a failure is what the server will write, silence is an error. */
function typeOf(outcome: Outcome, clock: Clock): ReplyType {
  if (outcome.kind === 'reply') return classify(outcome, clock);
  if (outcome.kind !== 'failure') return 'OTHERERROR';
  const { rcode } = outcome;
  if (rcode === RCODE.SERVFAIL || rcode === RCODE.NOTIMP) return 'SERVERERROR';
  return rcode === RCODE.NXDOMAIN ? 'NXDOMAIN' : 'OTHERERROR';
}

export default definePlugin({
  name: 'log',
  parse: readRules,
  create(rules) {
    const loggers = rules.map((rule) => new Logger(rule));
    const first = loggers[0]!;
    const everything = first.rule.scope?.raw.length === 1;
    return {
      rehearsal: 'looks on',
      start(run) {
        for (const logger of loggers) logger.use(run);
      },
      handle(query, next) {
        if (everything) return upon(next(query), first.after, query);
        const logger = loggers.find(({ rule }) => rule.scope !== undefined && query.name.isUnder(rule.scope));
        return logger === undefined ? next(query) : upon(next(query), logger.after, query);
      },
    };
  },
});
