// Asks a server one question and follows it: what came, and the walk that led there. Knows a server by what transports know of it, and
// the blocks of its address; listens nowhere.
import type { Block } from '../corefile/block.ts';
import type { Position } from '../corefile/error.ts';
import { parseAddress } from '../dns/address.ts';
import { decodeMessage } from '../dns/message.ts';
import type { Parts } from '../dns/parts.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Message } from '../kernel/query/message.ts';
import { Query } from '../kernel/query/query.ts';
import { LATER } from '../kernel/query/transport.ts';
import type { Channel, Service, TransportName } from '../kernel/query/transport.ts';
import type { Served } from '../kernel/site/plugin.ts';
import { candidates } from './block.ts';
import type { Candidate } from './block.ts';
import { authorOf, partsOf, Walk } from './walk.ts';
import type { Step } from './walk.ts';

/** An address as it is served. */
type Address = Served['configuration']['addresses'][number];
/** The port that questions come from. */
const PORT = 40212;
/** Milliseconds after which an answer is waited for no longer. */
const PATIENCE = 30_000;

/** An address of a server, and what is served there. */
export interface ServedAddress {
  readonly address: Address;
  readonly service: Service;
  readonly blocks: readonly Block[];
}
/** A question, and who asks it how. */
export interface Asking {
  readonly packet: Uint8Array;
  readonly client: string;
  readonly transport: TransportName;
  /** The view whose block is taken, whoever asks. */
  readonly view?: string | undefined;
  /** Nothing is to be left of it: not counted by who looks on, not kept. */
  readonly isDry?: boolean;
}
/** Why an answer is as it is. */
export interface Explanation {
  readonly asking: Asking;
  /** The server that was asked, as metrics name it. */
  readonly server: string;
  /** The message of the reply; undefined where there was none. A transfer's first one. */
  readonly reply: Parts | undefined;
  /** Its octets. */
  readonly octets: Uint8Array | undefined;
  /** More messages that came. */
  readonly further: number;
  readonly walk: Walk;
  readonly candidates: readonly Candidate[];
  /** Who answered; undefined where no part was asked. */
  readonly by: Step | undefined;
  /** Parts of the block that the question did not reach, in their order. */
  readonly skipped: readonly { readonly name: string; readonly at?: Pick<Position, 'file' | 'line'> | undefined }[];
  /** Whether it hangs on what is known on a server alone: what that is. */
  readonly unknown: string | undefined;
  /** Milliseconds. */
  readonly took: number;
}

/** Where replies go that come late, or in several messages. */
class Receiver implements Channel {
  readonly transport: TransportName;
  readonly stream: boolean;
  service: Service;
  readonly localAddress: string;
  readonly localPort: number;
  readonly replies: Promise<readonly Uint8Array[]>;
  declare readonly sendAll?: NonNullable<Channel['sendAll']>;
  #resolve: (messages: readonly Uint8Array[] | Promise<readonly Uint8Array[]>) => void = () => {};

  constructor(transport: TransportName, { address: { endpoint }, service }: ServedAddress) {
    this.transport = transport;
    this.stream = transport !== 'udp';
    this.service = service;
    this.localAddress = endpoint.address === '' ? '127.0.0.1' : endpoint.address;
    this.localPort = endpoint.port;
    if (this.stream) this.sendAll = (_query, messages) => this.#resolve(collect(messages));
    this.replies = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }
  send(_query: Query, message: Message | undefined): void {
    this.#resolve(message === undefined ? [] : [bytesOf(message)]);
  }
}
/** Messages of a transfer that are kept. */
const KEPT = 64;
async function collect(messages: AsyncIterable<Uint8Array>): Promise<readonly Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const bytes of messages) if (all.push(bytes.slice()) === KEPT) break;
  return all;
}
const bytesOf = ({ bytes, at, length }: Message): Uint8Array => bytes.slice(at, at + length);

/** Writes who asks as a socket would (`sockaddr`). Throws RangeError for what is no address. */
function setPeer({ bytes, peerAt }: Query, client: string): void {
  const octets = parseAddress(client);
  if (octets === undefined) throw new RangeError(`"${client}" is no address`);
  bytes[peerAt] = octets.length === 4 ? 2 : 10;
  bytes[peerAt + 2] = PORT >> 8;
  bytes[peerAt + 3] = PORT & 255;
  bytes.set(octets, peerAt + (octets.length === 4 ? 4 : 8));
}

/** Asks. Throws RangeError where the client's address is none; rejects where no answer comes for half a minute. */
export async function explain(place: ServedAddress, asking: Asking, clock: Clock): Promise<Explanation> {
  const { service } = place;
  const { packet, client, transport, view, isDry } = asking;
  const query = Query.alone(Math.max(packet.length, 12));
  query.bytes.set(packet);
  setPeer(query, client);
  const receiver = new Receiver(transport, place);
  query.arrive(packet.length, receiver);
  const walk = new Walk(view, isDry);
  follow(query, walk);
  const begun = clock.monotonic();
  service.begin();
  let replies: readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
  try {
    const answer = service.serve(query);
    replies = answer === LATER ? receiver.replies : answer === undefined ? [] : [bytesOf(answer)];
  } finally {
    service.end();
  }
  if (replies instanceof Promise) replies = await within(replies, clock);
  const took = clock.monotonic() - begun;
  const [first, ...further] = replies;
  return {
    asking, walk, took, server: place.address.label, reply: first && decodeMessage(first), octets: first, further: further.length,
    ...service.reading.within(() => seenOf(place, query, walk)),
  };
}
/** From now on this walk is told of what becomes of the question. */
export function follow({ journey }: Query, walk: Walk): void {
  journey.followed = walk;
  journey.notes = walk.notes;
}

function seenOf(place: ServedAddress, query: Query, walk: Walk): Pick<Explanation, 'candidates' | 'by' | 'skipped' | 'unknown'> {
  const [asked] = walk.asked;
  const site = place.address.zones.find(([, { index }]) => index === asked?.block)?.[1];
  const entered = asked === undefined ? [] : [...partsOf(asked)];
  const unknown = entered.find(({ outcome }) => outcome?.isUnknown);
  return {
    candidates: candidates(place.address, place.blocks, query, asked?.block ?? -1, walk.view),
    by: asked && authorOf(asked), unknown: unknown?.outcome?.cause,
    skipped: (site?.handlers ?? []).filter((part) => !entered.some(({ name, at }) => name === part.name && at === part.at)),
  };
}

function within<T>(reply: Promise<T>, clock: Clock): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = clock.after(PATIENCE, () => reject(new Error(`no answer came for ${PATIENCE / 1000} seconds`)));
    reply.then(resolve, reject).finally(giveUp);
  });
}
