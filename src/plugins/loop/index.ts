// *loop* detects simple forwarding loops and halts the server. Knows the one name that it asks its own server for.
import { randomBytes } from 'node:crypto';
import { once } from '../../corefile/directive.ts';
import { Name } from '../../dns/name.ts';
import { TYPE } from '../../dns/type-name.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Part, Run } from '../../kernel/site/plugin.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Site } from '../../kernel/site/site.ts';
import type { Flags } from '../../store/cells.ts';
import { ask, makeQuestion } from '../../upstream/ask.ts';
import { DEFAULT_POOL, UNCOUNTED } from '../../upstream/pool-settings.ts';
import { RandomIds } from '../../upstream/random-ids.ts';
import { Timers } from '../../upstream/timers.ts';
import { Upstream } from '../../upstream/upstream.ts';

/** LOOP-1: sightings above this are a loop. Milliseconds between tries, of all tries, and of watching after one succeeded. */
const MOST_SEEN = 2, PAUSE = 1000, PATIENCE = 30000, WATCH = 2000;

/** Cells that threads share: two labels of two words each, how often the name was seen, and whether anybody looks. */
const SEEN = 4, LOOKING = 5, CELLS = 6;
/** 62 random bits in decimal, for which nobody else asks. */
const label = (high: number, low: number) => (((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)) >> 2n).toString();

/** The watch of one block. */
class Watch {
  readonly #zone: Name;
  readonly #site: Site;
  #name = Name.root;
  #cells!: Flags;
  #run!: Run;

  constructor(site: Site) {
    this.#site = site;
    this.#zone = site.zones[0] ?? Name.root;
  }

  part(): Part {
    return {
      handle: (query, next) => {
        if (query.type === TYPE.HINFO && this.#cells.get(LOOKING) === 1) this.#look(query);
        return next(query);
      },
      rehearsal: 'looks on',
      control: (run) => {
        const cells = cellsOf(run, this.#site);
        const random = randomBytes(16);
        for (let i = 0; i < 4; i++) cells.set(i, random.readInt32BE(4 * i));
      },
      start: (run) => {
        this.#run = run;
        this.#cells = cellsOf(run, this.#site);
        const word = (i: number) => this.#cells.get(i);
        this.#name = this.#zone.under(label(word(0), word(1))).under(label(word(2), word(3)));
      },
      // Not waited for: the answer may come from this very server.
      started: (run) => {
        this.#ask(run).catch((error: unknown) => run.report(error));
      },
    };
  }
  #look(query: Query): void {
    if (query.name.key !== this.#name.key || this.#cells.add(SEEN, 1) < MOST_SEEN) return;
    const client = query.clientAddress.includes(':') ? `[${query.clientAddress}]` : query.clientAddress;
    this.#run.whole.fatal(`plugin/loop: Loop (${client}:${query.clientPort} -> ${this.#at}) detected for zone "${this.#zone.text}", see ` +
      `https://coredns.io/plugins/loop#troubleshooting. Query: "HINFO ${this.#name.text}"`);
  }

  /** `:53`, `127.0.0.1:53`: whom we ask, as the error tells it. */
  get #at(): string {
    const { address, port } = this.#site.endpoints[0]!;
    return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  }

  async #ask(run: Run): Promise<void> {
    const endpoint = this.#site.endpoints[0];
    if (endpoint === undefined || endpoint.scheme !== 'dns' || endpoint.port === 0) return;
    const { address, port } = endpoint;
    const upstream = new Upstream({
      to: { address: address === '' ? '127.0.0.1' : address, port }, datagrams: run.datagrams, timers: new Timers(run.clock),
      ids: new RandomIds(), settings: { ...DEFAULT_POOL, expire: 0 }, counter: UNCOUNTED,
    });
    const question = makeQuestion(this.#name, TYPE.HINFO, true);
    const until = run.clock.monotonic() + PATIENCE;
    this.#cells.set(LOOKING, 1);
    try {
      while (!run.signal.aborted && run.clock.monotonic() < until) {
        if (await ask(upstream, question, 'udp').then(() => true, () => false)) {
          await pause(run, WATCH);
          return;
        }
        this.#cells.set(SEEN, 0);
        await pause(run, PAUSE);
      }
    } finally {
      this.#cells.set(LOOKING, 0);
      upstream.close();
    }
  }
}

const cellsOf = (run: Run, site: Site) => run.space(site).flags('loop', CELLS);
const pause = (run: Run, milliseconds: number) => new Promise<void>((resolve) => {
  run.clock.after(milliseconds, resolve);
});

export default definePlugin({
  name: 'loop',
  parse: (lines) => once(lines).end(),
  create: (_config, site) => new Watch(site).part(),
});
