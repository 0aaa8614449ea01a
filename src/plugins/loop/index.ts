// *loop* detects simple forwarding loops and halts the server. Knows the one name that it asks its own server for.
import { randomBytes } from 'node:crypto';
import { Name } from '../../dns/name.ts';
import { definePlugin } from '../../kernel/plugin.ts';
import type { Part, Run } from '../../kernel/plugin.ts';
import type { Query } from '../../kernel/query.ts';
import type { Site } from '../../kernel/site.ts';
import { ask, makeQuestion } from '../../upstream/ask.ts';
import { DEFAULT_POOL } from '../../upstream/pool-settings.ts';
import { RandomIds } from '../../upstream/random-ids.ts';
import { Timers } from '../../upstream/timers.ts';
import { Upstream } from '../../upstream/upstream.ts';

const HINFO = 13;
/** LOOP-1: sightings above this are a loop. Milliseconds between tries, of all tries, and of watching after one succeeded. */
const MOST_SEEN = 2, PAUSE = 1000, PATIENCE = 30000, WATCH = 2000;

/** 62 random bits in decimal, for which nobody else asks. */
const label = () => (randomBytes(8).readBigUInt64BE() >> 2n).toString();

/** The watch of one block. */
class Watch {
  readonly #zone: Name;
  readonly #site: Site;
  readonly #name: Name;
  readonly #key: string;
  #run: Run | undefined = undefined;
  #at = '';
  #seen = 0;

  constructor(site: Site) {
    this.#site = site;
    this.#zone = site.zones[0] ?? Name.root;
    this.#name = this.#zone.under(label()).under(label());
    this.#key = this.#name.key;
  }

  part(): Part {
    return {
      handle: (query, next) => {
        if (query.type === HINFO && this.#run !== undefined) this.#look(query, this.#run);
        return next(query);
      },
      // Not waited for: the answer may come from this very server.
      started: (run) => {
        this.#ask(run).catch((error: unknown) => run.report(error));
      },
    };
  }
  #look(query: Query, run: Run): void {
    if (query.name.key !== this.#key || ++this.#seen <= MOST_SEEN) return;
    const client = query.clientAddress.includes(':') ? `[${query.clientAddress}]` : query.clientAddress;
    run.fatal(`plugin/loop: Loop (${client}:${query.clientPort} -> ${this.#at}) detected for zone "${this.#zone.text}", see ` +
      `https://coredns.io/plugins/loop#troubleshooting. Query: "HINFO ${this.#name.text}"`);
  }

  async #ask(run: Run): Promise<void> {
    const endpoint = this.#site.endpoints[0];
    if (endpoint === undefined || endpoint.scheme !== 'dns' || endpoint.port === 0) return;
    this.#run = run;
    const { address, port } = endpoint;
    this.#at = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
    const upstream = new Upstream({
      to: { address: address === '' ? '127.0.0.1' : address, port }, datagrams: run.datagrams, timers: new Timers(run.clock),
      ids: new RandomIds(), settings: { ...DEFAULT_POOL, expire: 0 }, counter: { hit() {}, miss() {} },
    });
    const question = makeQuestion(this.#name, HINFO, true);
    const until = run.clock.monotonic() + PATIENCE;
    try {
      while (!run.signal.aborted && run.clock.monotonic() < until) {
        if (await ask(upstream, question, false).then(() => true, () => false)) {
          await pause(run, WATCH);
          return;
        }
        this.#seen = 0;
        await pause(run, PAUSE);
      }
    } finally {
      this.#run = undefined;
      upstream.close();
    }
  }
}

const pause = (run: Run, milliseconds: number) => new Promise<void>((resolve) => {
  run.clock.after(milliseconds, resolve);
});

export default definePlugin({
  name: 'loop',
  parse([line, again]) {
    if (again !== undefined) throw new Error('this plugin can only be used once per Server Block');
    line.end();
  },
  create: (_config, site) => new Watch(site).part(),
});
