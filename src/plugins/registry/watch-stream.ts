// One stream of `GET /v1/watch`: the events that its client is told, and what it is spared since it has that already. Knows push/ and the
// form of events; knows no path.
import { decodeMessage } from '../../dns/message.ts';
import { rcodeName } from '../../dns/rcode.ts';
import { printRdata } from '../../dns/rr.ts';
import { typeName } from '../../dns/type-name.ts';
import { EventStream } from '../../http/event-stream.ts';
import { Heading } from '../../http/exchange.ts';
import type { Connected, Exchange } from '../../http/exchange.ts';
import { PEER_ROOM } from '../../kernel/query/arena.ts';
import { writePeer } from '../../kernel/query/peer.ts';
import type { Service, TransportName, Watched } from '../../kernel/query/transport.ts';
import { engineOf } from '../../push/engine.ts';
import type { PushClient } from '../../push/evaluation.ts';
import type { WatchedQuestion } from '../../push/question.ts';
import { PushStream } from '../../push/stream.ts';
import type { Told } from '../../push/stream.ts';
import type { PushedAnswer } from '../../push/topic.ts';

/** Milliseconds between two signs of life. */
const BEAT = 5000;

/** What a stream stands on. */
export interface WatchedBy {
  /** The server whose blocks are asked: another one after a reload. */
  readonly service: () => Service;
  readonly watched: Watched;
  readonly question: WatchedQuestion;
  /** The store, as ids of events name it; and as of when its names are here. */
  readonly source: string;
  readonly revision: () => bigint;
  /** Resolves when this server answers with what is there at a revision. */
  readonly served: (revision: bigint) => Promise<void>;
  /** The id of the last event that the client has. */
  readonly last: string;
  readonly by: Connected;
  /** Whether the client may hear it still. */
  readonly may: () => boolean;
  readonly over: (stream: WatchStream) => void;
}

/** What an event says of an answer, in the same bytes for all who are told it. */
const texts = new WeakMap<Uint8Array, string>();

/** One stream. */
export class WatchStream implements Told, PushClient {
  readonly #by: WatchedBy;
  readonly #events: EventStream;
  readonly transport: TransportName = 'https';
  readonly peer = new Int32Array(PEER_ROOM >> 2);
  readonly localAddress: string;
  readonly localPort: number;
  readonly #exchange: Pick<Exchange, 'target' | 'field'>;
  #push: PushStream | undefined = undefined;
  #isOver = false;

  private constructor(by: WatchedBy, exchange: Exchange, events: EventStream) {
    const { by: { remoteAddress = '127.0.0.1', remotePort = 0, localAddress = '127.0.0.1', localPort = 0 } } = by;
    this.#by = by;
    this.#exchange = exchange;
    this.#events = events;
    this.localAddress = localAddress;
    this.localPort = localPort;
    writePeer(new Uint8Array(this.peer.buffer), 0, remoteAddress, remotePort);
  }
  /** Begins the reply; undefined where none can go on there, or nobody is there any more. */
  static begin(by: WatchedBy, exchange: Exchange): WatchStream | undefined {
    let stream: WatchStream | undefined;
    const events = EventStream.open(exchange, () => stream?.gone(), () => stream?.drained());
    if (events === undefined) exchange.reply(new Heading(204, []), new Uint8Array(), 0, 0);
    if (events === undefined || events.isOver) return undefined;
    stream = new WatchStream(by, exchange, events);
    void stream.#follow();
    return stream;
  }
  get service(): Service {
    return this.#by.service();
  }
  get request() {
    return { path: this.#exchange.target, field: (name: string) => this.#exchange.field(name) };
  }

  /** What the client has is of no use where it names another store, or a state that does not come here: then it is told so, and all. */
  async #follow(): Promise<void> {
    const { last, source, revision, served, question, watched } = this.#by;
    const [, of, at, digest] = /^([0-9a-f]{1,16})-(\d{1,18})-([0-9a-f]{32})$/.exec(last) ?? [];
    let token = of === source && at !== undefined ? Buffer.from(digest!, 'hex') : undefined;
    // Another server has told it of what this one does not know yet.
    if (token !== undefined && BigInt(at!) > revision()) await served(BigInt(at!)).catch(() => (token = undefined));
    if (this.#isOver || this.#events.isOver) return this.gone();
    if (last !== '' && token === undefined) this.#events.send({ event: 'reset', data: '{}' });
    const push = this.#push = PushStream.open(engineOf(watched), this, this);
    push.beats(BEAT);
    if (push.subscribe(question, { answers: true, token }) === undefined) this.refused(0, 'the server has as many as it can have');
  }
  gone(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#push?.close();
    this.#by.over(this);
  }
  drained(): void {
    this.#push?.drained();
  }
  /** Ends it: its client comes again. */
  end(): void {
    this.#events.end();
    this.gone();
  }
  #send(event: string | undefined, data: string, digest?: Uint8Array): boolean {
    const id = digest === undefined ? {} : { id: `${this.#by.source}-${this.#by.revision()}-${Buffer.from(digest).toString('hex')}` };
    this.#events.send({ ...event === undefined ? {} : { event }, ...id, data });
    return this.#events.takes;
  }

  // --- what it is told

  push(_id: number, { message, digest }: PushedAnswer, isFirst: boolean): boolean {
    let text = texts.get(message);
    if (text === undefined) texts.set(message, (text = textOf(message)));
    return this.#send(undefined, `${text},"initial":${isFirst}}`, digest);
  }
  same(): boolean {
    return this.#alive();
  }
  beat(): boolean {
    if (this.#by.may()) return this.#alive();
    this.end();
    return false;
  }
  #alive(): boolean {
    this.#events.beat();
    return this.#events.takes;
  }
  refused(_id: number, why: string): boolean {
    this.#send('refused', JSON.stringify({ why }));
    this.end();
    return false;
  }
  cut(): void {
    this.end();
  }
}

function textOf(bytes: Uint8Array): string {
  const { question, rcode, answer } = decodeMessage(bytes);
  const records = answer.map((each) => (
    { name: each.name.text, type: typeName(each.type), ttl: each.ttl, data: printRdata(each.type, each.rdata) }));
  const { name, type } = question!;
  return JSON.stringify({ name: name.text, type: typeName(type), rcode: rcodeName(rcode), records }).slice(0, -1);
}
