// A `forward` line with upstreams that a test plays, for the tests of this folder. No network and no real time.
import assert from 'node:assert/strict';
import { encodeMessage } from '../../dns/message.ts';
import { message } from '../../dns/parts.ts';
import type { Parts } from '../../dns/parts.ts';
import { Name } from '../../dns/name.ts';
import { parseRR } from '../../dns/rr.ts';
import { Metrics } from '../../kernel/seen/metrics.ts';
import type { Outcome } from '../../kernel/query/outcome.ts';
import { Query } from '../../kernel/query/query.ts';
import { receive } from '../../kernel/query/receive.ts';
import type { Channel } from '../../kernel/query/transport.ts';
import { Store } from '../../store/store.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { FakeDatagrams } from '../../testing/fake-datagrams.ts';
import type { FakeSocket } from '../../testing/fake-datagrams.ts';
import { CELLS, Health } from '../../upstream/health.ts';
import { DEFAULT_POOL } from '../../upstream/pool-settings.ts';
import { Pace } from '../../upstream/pace.ts';
import { RandomIds } from '../../upstream/random-ids.ts';
import { RoundTrips } from '../../upstream/round-trips.ts';
import { Timers } from '../../upstream/timers.ts';
import { Upstream } from '../../upstream/upstream.ts';
import type { Options } from './properties.ts';
import { Forwarder } from './forwarder.ts';
import { ForwardMetrics, UpstreamMetrics } from './proxy-metrics.ts';
import { STORE_KEY } from '../../testing/store-key.ts';

const QR = 0x8000, RD = 0x0100;
const udp = { transport: 'udp', stream: false, service: { arena: { mayWait: true } } } as Channel;

/** A line and what surrounds it. */
export function setUp(change: Partial<Options> = {}, { upstreams = 2, alternate = false, patience = Infinity, port = 53 } = {}) {
  const clock = new FakeClock();
  const timers = new Timers(clock);
  const datagrams = new FakeDatagrams();
  const ids = new RandomIds();
  const metrics = new ForwardMetrics(new Metrics());
  const options: Options = {
    except: [], maxFails: 2, maxConnectAttempts: undefined, checkInterval: 500, checkRecursion: true, checkName: Name.root,
    forceTcp: false, preferUdp: false, ...DEFAULT_POOL, policy: 'sequential', maxConcurrent: 0,
    maxConcurrentText: String(change.maxConcurrent ?? 0), next: [], nextOnNodata: false,
    failfast: false, failover: [], resolvers: [], resolveSelf: false, resolveLater: false, source: undefined, race: 1,
    tls: {}, serverName: undefined, dohMethod: 'POST', dohPath: '/dns-query', padding: false, cookies: false, proxyProtocol: false,
    earlyData: false, subscribe: [], isTlsSaid: false, kube: {},
    ...change,
  };
  const targets = Array.from({ length: upstreams }, (_, index) => {
    const to = { address: `127.0.0.${index + 1}`, port };
    const name = `127.0.0.${index + 1}:53`;
    const counter = new UpstreamMetrics(metrics, name);
    const upstream = new Upstream({ to, datagrams, timers, ids, settings: options, counter });
    const at = { scheme: 'dns' as const, address: to.address, port: '53', zone: undefined, seat: index };
    return { at, index, name, metrics: counter, pace: new Pace(), upstream };
  });
  const { cells, memory } = Store.create(1 << 22, STORE_KEY);
  const fails = cells.flags('health', CELLS * upstreams);
  const health = new Health({
    count: upstreams, numbers: fails, after: () => () => {}, wall: () => clock.wall(), interval: 500, signal: new AbortController().signal,
    probe: () => new Promise(() => {}), failed() {},
  });
  const concurrent = cells.gauges('under way', 1);
  const forwarder = new Forwarder({
    options, targets, health, trips: new RoundTrips(cells.flags('trips', upstreams)), timers, ids, metrics, concurrent,
    hash: memory.hash, patience, alternate, taps: [],
  });
  const ask = (name = 'www.example.org', edns?: Parts['edns'], type = 1) => {
    const query = queryFor(name, clock.monotonic(), edns, type);
    const answer = forwarder.forward(query, () => query.begin(0, 9));
    return { query, answer, outcome: Promise.resolve(answer).then((outcome) => shown(outcome, query)) };
  };
  return { clock, datagrams, fails, forwarder, metrics, ask };
}
function queryFor(name: string, now: number, edns: Parts['edns'], type: number): Query {
  const question = { name: Name.parse(name), type, class: 1 };
  const packet = encodeMessage(message({ id: 0x1234, flags: RD, question, edns }), { compress: false });
  const query = Query.alone(512);
  query.bytes.set(packet);
  query.arrive(packet.length, udp);
  assert.equal(receive(query), 0);
  query.journey.received = now;
  return query;
}
/** What the client would see, in a line. */
function shown(outcome: Outcome, query: Query): string {
  const error = query.extendedError === undefined ? '' : ` EDE ${query.extendedError.code}`;
  if (outcome.kind === 'failure') return `failure ${outcome.rcode}: ${(outcome.cause as Error).message}${error}`;
  if (outcome.kind !== 'reply') return outcome.kind;
  assert.equal(outcome.id, 0x1234);
  return `reply ${outcome.rcode} answers ${outcome.answers}${outcome.truncated ? ' tc' : ''}${error}`;
}
/** A reply to what was asked. */
export function respond({ socket, packet }: { socket: FakeSocket; packet: Uint8Array }, change: Partial<Parts> = {}): void {
  const name = Name.read(packet, 12);
  const parts = message({ id: (packet[0]! << 8) | packet[1]!, flags: QR | RD, question: { name, type: 1, class: 1 }, ...change });
  socket.deliver(encodeMessage(parts, { compress: false }));
}
/** So many addresses. */
export const a = (count: number) => Array.from({ length: count }, (_, i) => parseRR(`www.example.org. 60 IN A 192.0.2.${i}`)!);

