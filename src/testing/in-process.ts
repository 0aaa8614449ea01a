// A server in this process without sockets: the kernel, the plugins, a clock that stands still, and a transport that is a map. Knows
// how an App is made; knows nothing of scenarios.
import { files, machine } from '../cli/machine.ts';
import { ORDER } from '../cli/plugin-names.ts';
import { parseAddress } from '../dns/address.ts';
import { App } from '../kernel/serving/app.ts';
import { label } from '../kernel/site/endpoint.ts';
import { LogLines } from '../kernel/seen/log-lines.ts';
import { createLog } from '../kernel/seen/log.ts';
import type { Message } from '../kernel/query/message.ts';
import { Metrics } from '../kernel/seen/metrics.ts';
import type { Family } from '../kernel/seen/metrics.ts';
import type { Plugin } from '../kernel/site/plugin.ts';
import { Query } from '../kernel/query/query.ts';
import { LATER } from '../kernel/query/transport.ts';
import type { Scheme } from '../dns/port.ts';
import type { Channel, Endpoint, Listener, Service, Transport, TransportName } from '../kernel/query/transport.ts';
import { Store } from '../store/store.ts';
import { DgramDatagrams } from '../transport/connected-dgram.ts';
import type { Datagrams } from '../upstream/datagrams.ts';
import { FakeClock } from './fake-clock.ts';
import type { Asked } from './question.ts';
import { sent } from './signed.ts';
import type { Reply } from './signed.ts';
import type { Subject } from './subject.ts';
import { STORE_KEY } from './store-key.ts';

/** Where every client asks from; CoreDNS's own tests use it too. */
export const CLIENT_PORT = 40212;
/** Milliseconds of real time after which a reply that is under way is given up. */
const PATIENCE = 30_000;
/** Milliseconds of the fake clock that pass when a server has ended. */
const AFTERWARDS = 60_000;
const SCHEMES: readonly Scheme[] = ['dns', 'tls', 'https', 'https3', 'grpc', 'quic'];

/** Is shown each question before it is served; what it returns is told the replies. */
export type Watch = (query: Query) => (replies: readonly Uint8Array[]) => void;

interface Opened {
  readonly endpoint: Endpoint;
  service: Service;
}

/** Endpoints that are opened are entries of a map. */
class StubTransport implements Transport {
  readonly scheme: Scheme;
  readonly #places: Map<string, Opened>;
  constructor(scheme: Scheme, places: Map<string, Opened>) {
    this.scheme = scheme;
    this.#places = places;
  }
  async listen(at: Endpoint, service: Service): Promise<Listener> {
    const place = { endpoint: at, service };
    const key = label(at.scheme, at.address, at.port);
    this.#places.set(key, place);
    return {
      at,
      handTo: (other) => {
        place.service = other;
      },
      close: async () => void (this.#places.get(key) === place && this.#places.delete(key)),
    };
  }
}

/** Reads `SCHEME://ADDRESS:PORT` as people shorten it: `:5301`, `127.0.0.2`, `[::1]:53`. */
export function parseServer(text: string): Endpoint {
  const [, scheme = 'dns', rest = ''] = /^(?:(\w+):\/\/)?(.*)$/.exec(text) ?? [];
  if (parseAddress(rest) !== undefined) return { scheme: scheme as Scheme, address: rest, port: 53 };
  const [, address = '', port = '53'] = /^(.*?)(?::(\d+))?$/.exec(rest) ?? [];
  return { scheme: scheme as Scheme, address: address.replace(/^\[|\]$/g, ''), port: Number(port) };
}

/** A running server, asked by calling it. */
export class InProcess implements Subject {
  readonly clock = new FakeClock();
  readonly #metrics = new Metrics();
  readonly #places = new Map<string, Opened>();
  readonly #lines: LogLines;
  readonly #app: App;
  #log = '';
  #corefile = '';
  readonly #watch: Watch | undefined;

  /**
   * `datagrams` is how upstreams are asked over UDP: over real sockets, if a test does not play them. The store is one of its own, if it is
   * not given one that other threads have too. `watch` is shown every question.
   */
  constructor(
    plugins: readonly Plugin[], datagrams: Datagrams = new DgramDatagrams(), store = Store.create(undefined, STORE_KEY), watch?: Watch,
  ) {
    this.#watch = watch;
    const lines = new LogLines((bytes, from, length) => {
      this.#log += Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString();
      return length;
    }, () => {});
    this.#lines = lines;
    const debugging = { on: false };
    const log = createLog(lines, debugging);
    const words = new Set([...ORDER, ...plugins.flatMap(({ name, aliases = [] }) => [name, ...aliases])]);
    this.#app = new App({
      readOptions: {
        file: 'Corefile', plugins, words, machine, files,
        environment: (name) => process.env[name], port: 53, warn: (text) => log.warning(text),
      },
      transports: Object.fromEntries(SCHEMES.map((scheme) => [scheme, new StubTransport(scheme, this.#places)])),
      clock: this.clock, log, debugging, metrics: this.#metrics, store, datagrams,
      readAgain: () => this.#corefile,
      fatal: (text) => {
        log.error(`fatal: ${text}`);
        throw new Error(text);
      },
    });
  }

  async start(corefile: string): Promise<string | undefined> {
    this.#corefile = corefile;
    return refusal(this.#app.load(corefile));
  }
  rewrite(corefile: string): void {
    this.#corefile = corefile;
  }
  reload(): Promise<string | undefined> {
    return refusal(this.#app.reload());
  }
  async elapse(milliseconds: number): Promise<boolean> {
    await this.clock.elapse(milliseconds);
    return true;
  }
  log(): readonly string[] {
    this.#lines.flush();
    return this.#log.split('\n').slice(0, -1);
  }
  /** What was written of the log without anybody asking for it. */
  get written(): string {
    return this.#log;
  }
  /** Forgets the log so far, for runs that are long. */
  forget(): void {
    this.#lines.flush();
    this.#log = '';
  }
  async metric(name: string, labels: ReadonlyMap<string, string>): Promise<number | undefined> {
    let sum: number | undefined;
    for (const family of this.#metrics.families()) {
      if (!name.startsWith(family.name)) continue;
      for (const series of family.series()) {
        const fits = [...labels].every(([key, value]) => series.values[family.labels.indexOf(key)] === value);
        const value = fits ? this.#value(family, series.cell, name.slice(family.name.length)) : undefined;
        if (value !== undefined) sum = (sum ?? 0) + value;
      }
    }
    return sum;
  }
  #value({ kind, buckets }: Family, cell: number, suffix: string): number | undefined {
    const { values } = this.#metrics;
    if (kind !== 'histogram') return suffix === '' ? values[cell] : undefined;
    if (suffix === '_sum') return values[cell + buckets.length + 1];
    return suffix === '_count' ? values.subarray(cell, cell + buckets.length + 1).reduce((sum, count) => sum + count, 0) : undefined;
  }
  async close(): Promise<void> {
    await this.#app.drain();
    await this.#app.close();
    // What waits for time to pass before it closes its sockets gets it.
    await this.clock.elapse(AFTERWARDS);
  }

  async ask(asked: Asked): Promise<readonly Reply[]> {
    const { packet, read } = sent(asked.packet, asked.key, this.clock.wall());
    return (await this.exchange({ ...asked, packet })).map(read);
  }
  /** The bytes of the replies. */
  async exchange(asked: Pick<Asked, 'packet' | 'tcp' | 'from' | 'at' | 'waiting'>): Promise<readonly Uint8Array[]> {
    const place = this.#place(asked.at);
    const transport: TransportName = place.endpoint.scheme === 'dns' ? (asked.tcp ? 'tcp' : 'udp') : place.endpoint.scheme;
    const size = transport === 'udp' ? Math.min(512, asked.packet.length) : asked.packet.length;
    const query = Query.alone(Math.max(size, 12));
    query.bytes.set(asked.packet.subarray(0, size));
    setPeer(query, asked.from ?? (place.endpoint.address.includes(':') ? '::1' : '127.0.0.1'));
    const collected = new Collected(transport, place);
    query.arrive(size, collected);
    const watched = this.#watch?.(query);
    place.service.begin();
    const answer = place.service.serve(query);
    place.service.end();
    const now = answer === LATER || answer === undefined ? [] : [bytesOf(answer)];
    if (asked.waiting > 0) await this.clock.elapse(asked.waiting);
    const replies = answer === LATER ? await within(collected.replies) : now;
    watched?.(replies);
    return replies;
  }
  #place(at: string | undefined): Opened {
    const { scheme, address, port } = parseServer(at ?? ':53');
    const wanted = label(scheme, address, port);
    const only = at === undefined && this.#places.size === 1 ? [...this.#places.values()][0] : undefined;
    const found = this.#places.get(wanted) ?? only;
    if (found === undefined) throw new Error(`nothing listens on ${wanted}; there are ${[...this.#places.keys()].join(', ')}`);
    return found;
  }
}

/** Where the replies of one question go that come late. */
class Collected implements Channel {
  readonly transport: TransportName;
  readonly stream: boolean;
  readonly #place: Opened;
  readonly localAddress: string;
  readonly localPort: number;
  readonly replies: Promise<readonly Uint8Array[]>;
  declare readonly sendAll?: NonNullable<Channel['sendAll']>;
  #resolve: (messages: readonly Uint8Array[] | Promise<readonly Uint8Array[]>) => void = () => {};

  constructor(transport: TransportName, place: Opened) {
    this.transport = transport;
    this.stream = transport !== 'udp';
    this.#place = place;
    this.localAddress = place.endpoint.address === '' ? (transport === 'udp' ? '::' : '127.0.0.1') : place.endpoint.address;
    this.localPort = place.endpoint.port;
    if (this.stream) this.sendAll = (_query, messages) => this.#resolve(collect(messages));
    this.replies = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }
  get service(): Service {
    return this.#place.service;
  }
  send(_query: Query, message: Message | undefined): void {
    this.#resolve(message === undefined ? [] : [bytesOf(message)]);
  }
}
async function collect(messages: AsyncIterable<Uint8Array>): Promise<readonly Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const bytes of messages) all.push(bytes.slice());
  return all;
}
const bytesOf = ({ bytes, at, length }: Message): Uint8Array => bytes.slice(at, at + length);

/** Writes who asks as a socket would (`sockaddr`). */
function setPeer(query: Query, address: string): void {
  const octets = parseAddress(address)!;
  const { bytes, peerAt } = query;
  bytes[peerAt] = octets.length === 4 ? 2 : 10;
  bytes[peerAt + 2] = CLIENT_PORT >> 8;
  bytes[peerAt + 3] = CLIENT_PORT & 255;
  bytes.set(octets, peerAt + (octets.length === 4 ? 4 : 8));
}
const refusal = (loaded: Promise<void>): Promise<string | undefined> =>
  loaded.then(() => undefined, (error: unknown) => (error instanceof Error ? error.message : String(error)));

/** Gives up with a clear text where a reply never comes. */
async function within<T>(reply: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the reply is still under way; `waiting DURATION` moves the clock while it is')), PATIENCE);
  });
  try {
    return await Promise.race([reply, late]);
  } finally {
    clearTimeout(timer);
  }
}
