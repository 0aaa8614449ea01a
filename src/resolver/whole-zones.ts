// Zones that the resolver has whole: asked by it as if they were servers of the world, and by clients where the settings say so. Knows
// zones and questions; what is in a zone is authority's.
import { mayNotify } from '../authority/pulling/notices.ts';
import { StoredLookup } from '../authority/stored-lookup.ts';
import { Place, ServedZones } from '../authority/served-zones.ts';
import { ZoneSource } from '../authority/zone/source.ts';
import type { ZoneCell } from '../authority/zone/zone-cell.ts';
import { printAddress } from '../dns/address.ts';
import type { Name } from '../dns/name.ts';
import { RCODE } from '../dns/rcode.ts';
import { Arena } from '../kernel/query/arena.ts';
import { finish } from '../kernel/query/finish.ts';
import { ListenerSettings } from '../kernel/query/listener-setting.ts';
import { AA, RA } from '../kernel/query/message.ts';
import { failure } from '../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../kernel/query/outcome.ts';
import { Query } from '../kernel/query/query.ts';
import { WELCOME, receive } from '../kernel/query/receive.ts';
import { DEFAULT_TIMEOUTS } from '../kernel/query/transport.ts';
import type { Channel } from '../kernel/query/transport.ts';
import { NEVER } from '../kernel/site/fallthrough.ts';
import type { Run } from '../kernel/site/plugin.ts';
import type { Site } from '../kernel/site/site.ts';
import type { ServerNetwork } from './exchange.ts';
import { addressesOf, primaryAt, wholeZoneCellOf } from './open-whole-zones.ts';
import type { Resolver } from './resolver.ts';
import type { WholeZone } from './whole-zone.ts';

/** Octets of a question of ours, with its OPT. */
const ROOM = 512;
const NO_ONE = Uint8Array.of(2, 0, 0, 0, 127, 0, 0, 1);
/** An alias that leads out of a zone is told as it is, as any server of the zone would. */
const ELSEWHERE = failure(RCODE.REFUSED);

/** The zones of one part and thread. */
export class WholeZones {
  readonly #zones: readonly WholeZone[];
  readonly #served: ServedZones;
  readonly #place = new Place();
  readonly #run: Run;
  readonly #cells: readonly ZoneCell[];
  readonly #lookup: StoredLookup;
  readonly #channel: Channel;

  constructor(zones: readonly WholeZone[], site: Site, run: Run) {
    this.#zones = zones;
    this.#run = run;
    this.#served = new ServedZones(zones.map(({ zone }) => zone));
    this.#cells = zones.map((zone) => wholeZoneCellOf(run.store, zone, site));
    this.#lookup = new StoredLookup(new ZoneSource(run.store, this.#served, this.#cells, NEVER));
    const service = {
      index: 0, label: 'resolver', arena: new Arena(0), reading: run.store.reading, timeouts: DEFAULT_TIMEOUTS,
      settings: new ListenerSettings(), begin() {}, end() {}, serve: () => undefined, echoes: () => false, resolve: () => ELSEWHERE,
    };
    this.#channel = { transport: 'tcp', stream: true, service, localAddress: '127.0.0.1', localPort: 0, send() {} };
  }

  /** The network with these zones in it. */
  within(world: ServerNetwork): ServerNetwork {
    if (this.#zones.length === 0) return world;
    return {
      exchange: (to, query, tcp, patience, isIt) => {
        if (to.port !== 0) return world.exchange(to, query, tcp, patience, isIt);
        const reply = this.#ask(query);
        return Promise.resolve(reply !== undefined && isIt(reply) ? reply : undefined);
      },
    };
  }
  #ask(packet: Uint8Array): Uint8Array | undefined {
    const { store: { reading }, clock } = this.#run;
    const query = Query.alone(ROOM);
    query.bytes.set(packet, query.at);
    query.bytes.set(NO_ONE, query.peerAt);
    query.arrive(packet.length, this.#channel);
    query.journey.received = clock.monotonic();
    if (receive(query) !== WELCOME) return undefined;
    return reading.within(() => {
      // Nothing is asked elsewhere, so the answer is there.
      const reply = finish(query, this.#lookup.handle(query, () => ELSEWHERE) as Outcome);
      return reply?.bytes.slice(reply.at, reply.at + reply.length);
    });
  }

  /** A primary says that a zone has changed (RFC 1996); undefined where the name is none of a zone that has primaries. */
  notify(query: Query, resolver: Resolver, changed: (zone: Name) => void): Answer | undefined {
    const served = this.#served.exactly(query.name.folded);
    const primaries = served === undefined ? undefined : this.#zones[served.index]!.primaries;
    if (served === undefined || primaries === undefined) return undefined;
    const { addresses, names, notify } = primaries;
    const heard = (isAllowed: boolean): Answer => {
      if (!isAllowed) return failure(RCODE.REFUSED);
      changed(served.name);
      return query.begin(RA, RCODE.NOERROR);
    };
    const known = addresses.map(primaryAt);
    const named = [...names.map(({ name }) => name), ...notify.names];
    if (mayNotify(known, notify, query)) return heard(true);
    if (named.length === 0) return heard(false);
    const client = query.clientAddress;
    return Promise.all(named.map((name) => addressesOf(resolver, name))).then((found) => query.reading.within(() =>
      heard(found.flat().some((octets) => printAddress(octets) === client)) as Outcome));
  }
  /** Whether clients are answered from a zone that the name is in. */
  has(name: Name): boolean {
    return this.#zones.some(({ zone, downstream }) => downstream && name.isUnder(zone));
  }
  /** What a client is answered from a zone; undefined where the resolver has to say it. */
  answer(query: Query): Answer | undefined {
    if (this.#zones.length === 0 || !this.#served.find(query, this.#place)) return undefined;
    const { index } = this.#place.zone;
    const { downstream, fallback } = this.#zones[index]!;
    const { version, isExpired } = this.#cells[index]!;
    if (!downstream || (fallback && (version === 0 || isExpired))) return undefined;
    const answer = this.#lookup.handle(query, () => ELSEWHERE);
    return answer instanceof Promise ? answer.then((outcome) => query.reading.within(() => told(outcome))) : told(answer);
  }
}

/** This server resolves, so it says so; of its zones it is the authority even where it cannot say anything. */
function told(outcome: Outcome): Outcome {
  if (outcome.kind === 'failure') return failure(outcome.rcode, outcome.cause, outcome.rcode === RCODE.SERVFAIL ? AA | RA : 0);
  if (outcome.kind === 'reply') outcome.setFlags(RA);
  return outcome;
}
