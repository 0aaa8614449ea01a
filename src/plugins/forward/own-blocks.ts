// Questions of a line to the other blocks of its own server (`resolver self`), and whether that leads back to the line. Knows blocks and
// how a question begins; knows no sockets.
import { Name } from '../../dns/name.ts';
import { Arena } from '../../kernel/query/arena.ts';
import { derive } from '../../kernel/query/derive.ts';
import { finish } from '../../kernel/query/finish.ts';
import { ListenerSettings } from '../../kernel/query/listener-setting.ts';
import { failure } from '../../kernel/query/outcome.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
import { Query } from '../../kernel/query/query.ts';
import { WELCOME, receive } from '../../kernel/query/receive.ts';
import { DEFAULT_TIMEOUTS } from '../../kernel/query/transport.ts';
import type { Channel, Service } from '../../kernel/query/transport.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import { Router } from '../../kernel/site/router.ts';
import type { Site } from '../../kernel/site/site.ts';
import type { AskName } from './targets.ts';

/** Octets of a question of ours, with its OPT; questions that may be under way, and how often one may lead to another. */
const ROOM = 512, SEATS = 256, DEEPEST = 24;
/** An OPT that takes replies of 4096 octets. */
const OPT = Uint8Array.of(0, 0, 41, 16, 0, 0, 0, 0, 0, 0, 0);
const LOOPBACK = Uint8Array.of(2, 0, 0, 0, 127, 0, 0, 1);

/** The blocks that listen where this one does. */
const beside = (site: Site, sites: readonly Site[]): readonly Site[] => {
  const place = ({ endpoints }: Site) => endpoints.map(({ scheme, address, port }) => `${scheme}://${address}:${port}`);
  const mine = new Set(place(site));
  return sites.filter((other) => place(other).some((each) => mine.has(each)));
};

/** What the blocks of a server answer among themselves. */
export class OwnBlocks {
  readonly #run: Run;
  readonly #router: Router;
  readonly #channel: Channel;

  constructor(site: Site, run: Run) {
    this.#run = run;
    this.#router = new Router(beside(site, run.sites).flatMap((each) => each.zones.map((zone) => [zone.key, each] as const)));
    const { address = '', port = 0 } = site.endpoints[0] ?? {};
    const service: Service = {
      index: 0, label: 'resolver self', arena: new Arena(SEATS), reading: run.store.reading, timeouts: DEFAULT_TIMEOUTS,
      settings: new ListenerSettings(), begin() {}, end() {}, serve: () => undefined, echoes: () => false,
      resolve: (query, change) => {
        const derived = derive(query, { ...change, journey: query.journey.further() });
        return derived.depth > DEEPEST ? failure(2, new Error('the question led to itself')) : this.#route(derived);
      },
    };
    this.#channel = { transport: 'udp', stream: false, service, localAddress: address || '127.0.0.1', localPort: port, send() {} };
  }

  /** Answers a question as a client on this machine would get it answered; undefined where nobody says anything. */
  readonly ask: AskName = async ({ bytes, at, length }) => {
    const { reading } = this.#run.store;
    const query = Query.alone(ROOM);
    query.bytes.set(bytes.subarray(at, at + length), query.at);
    query.bytes.set(OPT, query.at + length);
    query.bytes[query.at + 11] = 1;
    query.bytes.set(LOOPBACK, query.peerAt);
    query.arrive(length + OPT.length, this.#channel);
    query.journey.received = this.#run.clock.monotonic();
    if (receive(query) !== WELCOME) return undefined;
    const outcome = await reading.within(() => this.#route(query));
    return reading.within(() => {
      const reply = finish(query, outcome);
      return reply?.bytes.slice(reply.at, reply.at + reply.length);
    });
  };
  #route(query: Query): Answer {
    const handler = this.#router.find(query)?.handler;
    return handler === undefined ? failure(5, new Error('no block has the name')) : handler(query);
  }
}

/** A line that may need host names, as others see it. */
export interface NeedsNames {
  readonly site: Site;
  /** Those that this server's blocks are asked for. */
  readonly hosts: readonly string[];
  /** Whether a question for this name comes to it. */
  takes(name: Name): boolean;
}

/**
 * Why the names of a line can never be found by its own server: no other block has one, or who has it needs a name that comes to the line
 * again. undefined where nothing is wrong. `linesOf` has the lines of a block.
 */
export function leadsBack(line: NeedsNames, sites: readonly Site[], linesOf: (site: Site) => readonly NeedsNames[]): string | undefined {
  const visited = new Set<NeedsNames>();
  const visit = (each: NeedsNames, first?: string): string | undefined => {
    visited.add(each);
    for (const host of each.hosts) {
      const name = Name.parse(host).folded;
      const sought = first ?? host;
      const site = longest(beside(each.site, sites), name);
      if (site === undefined) return each === line ? `resolver self: no block of this server has "${host}"` : undefined;
      for (const other of linesOf(site)) {
        if (!other.takes(name)) continue;
        if (other === line) return `resolver self: "${sought}" would be asked of the line itself`;
        const why = visited.has(other) ? undefined : visit(other, sought);
        if (why !== undefined) return why;
      }
    }
    return undefined;
  };
  return visit(line);
}
function longest(sites: readonly Site[], name: Name): Site | undefined {
  let found: Site | undefined;
  let length = -1;
  for (const site of sites) {
    for (const zone of site.zones) {
      if (site.handler === undefined || !name.isUnder(zone) || zone.key.length <= length) continue;
      found = site;
      length = zone.key.length;
    }
  }
  return found;
}
