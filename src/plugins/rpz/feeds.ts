// Response policy zones that primaries have: taken by transfer, kept in the file that their rules are read from. Knows lines and primaries;
// what rules mean is in policy/.
import { Keys } from '../../authority/keys.ts';
import { LOOK, Notices, mayNotify } from '../../authority/pulling/notices.ts';
import { openTransferred } from '../../authority/pulling/open-transferred.ts';
import type { Wanted } from '../../authority/pulling/open-transferred.ts';
import type { Primary, TransferSettings } from '../../authority/pulling/settings.ts';
import type { TransferredZone } from '../../authority/pulling/transferred-zone.ts';
import { MOST_ITERATIONS } from '../../authority/zone/version.ts';
import type { Name } from '../../dns/name.ts';
import { RCODE } from '../../dns/rcode.ts';
import { every } from '../../kernel/clock.ts';
import { AA } from '../../kernel/query/message.ts';
import { failure } from '../../kernel/query/outcome.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import type { Site } from '../../kernel/site/site.ts';
import type { Flags } from '../../store/cells.ts';
import type { Key } from '../../tsig/key.ts';
import { quoted } from '../../wording/quote.ts';

/** Where a zone comes from. */
export interface Feed {
  readonly zone: Name;
  readonly path: string;
  readonly primaries: readonly Primary[];
  /** What questions are signed with, with its last dot. */
  readonly key: string | undefined;
}

const lineOf = ({ primaries, key, path }: Feed): TransferSettings => ({
  primaries, key, mostRecords: Infinity, mostBytes: 0, mostIterations: MOST_ITERATIONS, snapshot: undefined, zonefile: path,
  isNewest: false, asksExpiry: false, digest: 'check', allMetrics: false,
});
const wantedOf = (feed: Feed): Wanted => ({ zone: feed.zone, line: lineOf(feed), id: 'rpz', signing: undefined });

/** The zones of a block that come from elsewhere. */
export class Feeds {
  readonly #feeds: readonly Feed[];
  readonly #site: Site;
  #keys: ReadonlyMap<string, Key> = new Map();
  #notices!: Notices;
  /** Main's. */
  #open: readonly TransferredZone[] | undefined = undefined;

  constructor(feeds: readonly Feed[], site: Site) {
    this.#feeds = feeds;
    this.#site = site;
  }
  /** Throws Error where a key is not there. */
  whole(sites: readonly Site[]): void {
    this.#keys = new Map(sites.flatMap((site) => site.all(Keys)).flat().map((key) => [key.name.text, key]));
    for (const { key } of this.#feeds) {
      if (key !== undefined && !this.#keys.has(key)) throw new Error(`there is no key ${quoted(key)}: a tsig line has to say its secret`);
    }
  }
  async control(run: Run): Promise<void> {
    const open: TransferredZone[] = [];
    for (const feed of this.#feeds) {
      const key = feed.key === undefined ? undefined : this.#keys.get(feed.key);
      open.push(await openTransferred(run, 'rpz', run.signal, wantedOf(feed), key));
    }
    this.#open = open;
  }
  start({ store }: Run): void {
    this.#notices = new Notices(store, `rpz ${this.#site.index}`);
  }
  /** No question is asked before the server listens. */
  started(run: Run): void {
    const open = this.#open ?? [];
    if (open.length === 0) return;
    for (const zone of open) zone.begin();
    const flags = open.map(({ name }) => this.#flags(name));
    every(run.clock, LOOK, run.signal, run.report, () => {
      for (const i of this.#notices.taken(() => flags)) open[i]!.notified();
    });
  }
  #flags(zone: Name): Flags {
    return this.#notices.flags(`rpz ${this.#site.index} ${zone.text}`);
  }
  /** Somebody says that a zone has changed (RFC 1996); undefined where it is none of these. */
  notify(query: Query): Answer | undefined {
    const feed = this.#feeds.find(({ zone }) => zone.equals(query.name));
    if (feed === undefined) return undefined;
    const keys = feed.key === undefined ? [] : [feed.key];
    if (!mayNotify(feed.primaries, { networks: [], keys }, query)) return failure(RCODE.REFUSED);
    if (this.#open === undefined) this.#notices.count(this.#flags(feed.zone));
    else this.#open.find(({ name }) => name.equals(feed.zone))?.notified();
    return query.begin(AA, RCODE.NOERROR);
  }
}
