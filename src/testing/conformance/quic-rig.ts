// A listener of DNS over QUIC with its clients, for one test. Knows the transport; what is tested is the test's.
import type { TestContext } from 'node:test';
import { doq } from '../../transport/doq.ts';
import { QuicPorts } from '../../transport/quic-listener.ts';
import type { StreamOptions } from '../../transport/stream-listener.ts';
import type { QuicAsking } from '../../quic/addon.ts';
import type { QuicCounts } from '../../quic/endpoint.ts';
import { QuicBlocks, signed } from './quic-blocks.ts';
import type { QuicBlockOptions } from './quic-blocks.ts';
import { quicClient } from './quic-client.ts';
import type { QuicClient } from './quic-client.ts';
import { TestService } from './transport-service.ts';
import { Bench } from './transport.ts';

const ONE = signed({ names: ['a.test'] });

/** A listener, and clients of it that are closed with it. */
export class QuicRig {
  readonly blocks: QuicBlocks;
  readonly bench: Bench;
  readonly ports = new QuicPorts();
  readonly #clients: QuicClient[] = [];

  constructor(blocks: QuicBlocks, service = new TestService()) {
    this.blocks = blocks;
    this.bench = new Bench('quic', service, blocks.settings);
  }
  static async open(
    t: TestContext, options: QuicBlockOptions = {}, read = 3000, pairs = [ONE], stream: StreamOptions = {},
  ): Promise<QuicRig> {
    const rig = new QuicRig(new QuicBlocks(pairs, options));
    rig.bench.service.label = options.label ?? 'quic://:853';
    rig.bench.service.timeouts = { ...rig.bench.service.timeouts, read };
    await rig.bench.listen(doq(rig.ports, { every: 5, ...stream }));
    t.after(() => rig.close());
    return rig;
  }
  get service(): TestService {
    return this.bench.service;
  }
  get port(): number {
    return this.bench.listener.at.port;
  }
  /** What its socket has counted. */
  get counts(): QuicCounts {
    return this.ports.all[0]!.sockets[0]!.counts;
  }
  /** The next packet of the connection that came first panics. */
  fault(): void {
    const [socket] = this.ports.all[0]!.sockets;
    const [first] = socket!.connections;
    socket!.fault(first!);
  }
  async client(options: Partial<QuicAsking> = {}, name?: string, from?: string): Promise<QuicClient> {
    const client = await quicClient('127.0.0.1', this.port, options, name, from);
    this.#clients.push(client);
    return client;
  }
  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.bench.close();
  }
}
/** Waits until a client has heard something. */
export const heard = (client: QuicClient, text: string) =>
  client.until(() => client.heard.includes(text), () => `${text}, not ${client.heard.join(', ')}`);
