// *trace* follows some questions through the block and tells a collector how long each step took (TRC-1, TRC-2). Knows which questions and
// where the spans go; what a span is stands in trace.ts.
import { typeName } from '../../dns/type-name.ts';
import { rcodeName } from '../../dns/rcode.ts';
import { writeLatin1 } from '../../dns/latin1.ts';
import { upon } from '../../kernel/query/outcome.ts';
import type { Answer, Outcome, Stream } from '../../kernel/query/outcome.ts';
import { toldAddress } from '../../kernel/query/peer.ts';
import type { Query } from '../../kernel/query/query.ts';
import { Taps } from '../../kernel/query/tap.ts';
import type { Tap, TapNetwork } from '../../kernel/query/tap.ts';
import { overUdp } from '../../kernel/query/transport.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { FollowedHandler, Handler, Part, Run } from '../../kernel/site/plugin.ts';
import type { Site } from '../../kernel/site/site.ts';
import type { Flags } from '../../store/cells.ts';
import { RING_PLACES, Rings } from '../../store/rings.ts';
import type { Ring } from '../../store/ring.ts';
import { Collector, FRAME_HEAD } from './collector.ts';
import { readLines } from './config.ts';
import type { TraceLine } from './config.ts';
import { contextOf } from './context.ts';
import { Poster } from './poster.ts';
import { envelope, spanWriter } from './span-form.ts';
import type { SpanWriter } from './span-form.ts';
import { Trace } from './trace.ts';

/** Bytes of a thread's ring. */
const RING = 1 << 19;
/** Milliseconds that queries of a load which has ended may still be under way; the rings are given back a while after that. */
const LINGER = 30_000;
/** Milliseconds that the end of the process waits for a collector at most. */
const GOODBYE = 1000;

/** The line of a block. */
class Tracer implements Tap {
  readonly #line: TraceLine;
  readonly #site: Site;
  #run!: Run;
  #ring: Ring | undefined;
  #count!: Flags;
  #write!: SpanWriter;
  #behind!: FollowedHandler;
  #collector: Collector | undefined;
  readonly #now = (): number => this.#run.clock.monotonic();

  constructor(line: TraceLine, site: Site) {
    this.#line = line;
    this.#site = site;
    site.put(Taps, this);
  }
  part(): Part {
    return {
      metadata: { 'trace/traceid': ({ journey }) => journey.followed?.id },
      follows: (behind) => void (this.#behind = behind),
      handle: (query, next) => this.#handle(query, next),
      rehearsal: 'looks on',
      control: (run) => this.#control(run),
      start: (run) => this.#start(run),
      drain: (run) => this.#drain(run),
    };
  }

  #handle(query: Query, next: Handler): Answer {
    const { followed } = query.journey;
    // A question that one of ours led to.
    if (followed !== undefined) return this.#behind(query, followed.deepest);
    const { every } = this.#line;
    if (every === 0 || this.#ring === undefined || (every > 1 && (this.#count.add(0, 1) >>> 0) % every !== every - 1)) return next(query);
    const { request } = query.channel;
    const caller = request === undefined ? undefined : contextOf((name) => request.field(name));
    if (caller === 'unsampled') return next(query);
    const told = {
      name: query.name.text.toLowerCase(), type: typeName(query.type), proto: overUdp(query.channel.transport) ? 'udp' : 'tcp',
      remote: toldAddress(query), rcode: '', error: undefined,
    };
    const trace = new Trace(told, query.received, this.#now, caller, this.#line.sharesSpans);
    query.journey.followed = trace;
    let answer: Answer;
    try {
      answer = this.#behind(query, 0);
    } catch (error) {
      return this.#threw(trace, error);
    }
    const after = (outcome: Outcome): Outcome => this.#answered(trace, outcome);
    return upon(answer instanceof Promise ? answer.catch((error: unknown) => this.#threw(trace, error)) : answer, after, query);
  }
  #threw(trace: Trace, error: unknown): never {
    trace.told.error = error instanceof Error ? error.message : String(error);
    this.#end(trace, 'SERVFAIL');
    throw error;
  }
  #answered(trace: Trace, outcome: Outcome): Outcome {
    if (outcome.kind === 'stream') return { ...outcome, messages: this.#stream(trace, outcome) };
    if (outcome.kind === 'failure' && outcome.cause !== undefined) {
      trace.told.error = outcome.cause instanceof Error ? outcome.cause.message : String(outcome.cause);
    }
    this.#end(trace, outcome.kind === 'drop' ? '' : rcodeName(outcome.rcode));
    return outcome;
  }
  /** A transfer ends with its last message. */
  async *#stream(trace: Trace, { messages }: Stream): AsyncGenerator<Uint8Array> {
    let rcode = '';
    try {
      for await (const message of messages) {
        rcode = rcodeName(message[3]! & 15);
        yield message;
      }
    } finally {
      this.#end(trace, rcode);
    }
  }
  #end(trace: Trace, rcode: string): void {
    const ring = this.#ring;
    trace.told.rcode = rcode;
    if (!trace.end() || ring === undefined) return;
    const text = this.#write(trace);
    const at = ring.begin(FRAME_HEAD + text.length);
    if (at < 0) return;
    const { bytes } = this.#run.store.memory;
    for (let i = 0; i < 4; i++) bytes[at + i] = text.length >> (8 * i);
    bytes[at + 4] = trace.spans.length;
    bytes[at + 5] = 0;
    writeLatin1(text, bytes, at + FRAME_HEAD);
    ring.end(FRAME_HEAD + text.length);
  }

  forwarded(query: Query, name: string, _network: TapNetwork, askedAt: number, _bytes: Uint8Array, _at: number, length: number): void {
    const { followed } = query.journey;
    if (followed instanceof Trace) followed.asked(name, askedAt, length === 0);
  }

  #places(run: Run): Flags {
    return run.space(this.#site).flags('trace rings', RING_PLACES);
  }
  async #control(run: Run): Promise<void> {
    const { store, clock, signal, shared } = run;
    const { to, endpoint, form, service, datadog } = this.#line;
    const log = run.log.prefix('trace');
    if (to === undefined) return log.error(`No spans can be sent to ${endpoint}`);
    if (datadog && run.first) log.info(`Spans for Datadog go to ${to.href}, where its agent takes them in OpenTelemetry's form`);
    const source = new Rings(store.memory, this.#places(run));
    const ended = new AbortController();
    const collector = await shared.use(keyOf(this.#line), ended.signal, () => new Collector({
      patience: this.#line, envelope: envelope(form, service), poster: new Poster(to, clock), place: to.href, clock, log,
    }));
    this.#collector = collector;
    collector.add(source);
    signal.addEventListener('abort', () => {
      source.whole();
      clock.after(2 * LINGER, () => {
        collector.remove(source);
        ended.abort();
        source.give();
      });
    }, { once: true });
  }
  #start(run: Run): void {
    const { store, clock, signal } = run;
    this.#run = run;
    if (this.#line.to === undefined) return;
    this.#count = run.space(this.#site).flags('trace questions', 1);
    this.#write = spanWriter({ ...this.#line, epoch: () => clock.wall() - clock.monotonic() });
    this.#ring = Rings.tell(store.memory, this.#places(run), run.thread, RING);
    signal.addEventListener('abort', () => void clock.after(LINGER, () => (this.#ring = undefined)), { once: true });
  }
  /** What was followed until now is told before the process ends. */
  #drain({ clock }: Run): Promise<void> | undefined {
    const collector = this.#collector;
    if (collector === undefined) return undefined;
    return new Promise((resolve) => {
      const giveUp = clock.after(GOODBYE, resolve);
      void collector.flush().then(() => {
        giveUp();
        resolve();
      });
    });
  }
}

/** Lines that say the same send over one connection. */
const keyOf = ({ form, to, service, mostWaiting, batch, interval }: TraceLine): string =>
  `trace ${JSON.stringify([form, to?.href, service, mostWaiting, batch, interval])}`;

export default definePlugin({
  name: 'trace',
  parse: readLines,
  create: (line, site) => new Tracer(line, site).part(),
});
