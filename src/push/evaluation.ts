// Asking this server what is watched, as the client who watches, so that every part treats it as that client's question. Knows queries and
// channels; knows nothing of who is told.
import { PACKET_ROOM, PEER_ROOM } from '../kernel/query/arena.ts';
import type { Message } from '../kernel/query/message.ts';
import { Query } from '../kernel/query/query.ts';
import { LATER } from '../kernel/query/transport.ts';
import type { Channel, HttpQuestion, Service, TransportName } from '../kernel/query/transport.ts';
import { Witness } from '../kernel/query/witness.ts';

/** Who watches, as its connection knows it. */
export interface PushClient {
  readonly transport: TransportName;
  /** The server that is asked: another one after a reload. */
  readonly service: Service;
  /** Its address as it stands in a query (`PEER_ROOM` bytes). */
  readonly peer: Int32Array;
  readonly localAddress: string;
  readonly localPort: number;
  readonly secure?: Channel['secure'];
  readonly tlvs?: Uint8Array | undefined;
  readonly request?: HttpQuestion | undefined;
}
/** What came of it: no message where nothing is said. The bytes of all are there until the call returns. */
export type Evaluated = (query: Query, message: Message | undefined, witness: Witness) => void;

const free: Query[] = [];
const KEPT = 256;

/** One question under way. Whoever reads of the channel what is the client's own has looked at the client. */
class Evaluation implements Channel {
  readonly stream = true;
  readonly witness = new Witness();
  readonly #client: PushClient;
  readonly #over: Evaluated;

  constructor(client: PushClient, over: Evaluated) {
    this.#client = client;
    this.#over = over;
  }
  get transport(): TransportName {
    return this.#client.transport;
  }
  get service(): Service {
    return this.#client.service;
  }
  get localAddress(): string {
    return this.#client.localAddress;
  }
  get localPort(): number {
    return this.#client.localPort;
  }
  get secure(): Channel['secure'] {
    this.witness.looked = true;
    return this.#client.secure;
  }
  get tlvs(): Uint8Array | undefined {
    this.witness.looked = true;
    return this.#client.tlvs;
  }
  get request(): HttpQuestion {
    this.witness.looked = true;
    return this.#client.request ?? NO_REQUEST;
  }
  send(query: Query, message: Message | undefined): void {
    query.reading.within(() => this.done(query, message));
  }
  done(query: Query, message: Message | undefined): void {
    this.#over(query, message, this.witness);
    query.journey.witness = undefined;
    if (query.keyAt - query.at >= PACKET_ROOM && free.length < KEPT) free.push(query);
  }
}
const NO_REQUEST: HttpQuestion = { path: '', field: () => undefined };

/** Asks. `over` is called once, now or later, within a reading. */
export function evaluate(client: PushClient, packet: Uint8Array, over: Evaluated): void {
  const { service } = client;
  const { length } = packet;
  const query = (length <= PACKET_ROOM ? free.pop() : undefined) ?? Query.alone(Math.max(length, PACKET_ROOM));
  query.bytes.set(packet, query.at);
  for (let i = 0, to = query.peerAt >> 2; i < PEER_ROOM >> 2; i++) query.words[to + i] = client.peer[i]!;
  const evaluation = new Evaluation(client, over);
  query.arrive(length, evaluation);
  query.journey.witness = evaluation.witness;
  service.begin();
  try {
    const message = service.serve(query);
    if (message !== LATER) evaluation.done(query, message);
  } finally {
    service.end();
  }
}
