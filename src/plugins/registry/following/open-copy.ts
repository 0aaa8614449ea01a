// The copy of a stanza that follows others: where its zones are, and the files that are read again for each connection. Knows settings.
import { readFileSync } from 'node:fs';
import type { Name } from '../../../dns/name.ts';
import type { Run } from '../../../kernel/site/plugin.ts';
import { keyOf } from '../../../skydns/message.ts';
import type { FeedListener } from '../../../skydns/skydns-names.ts';
import { readClientPem } from '../../../upstream/client-tls.ts';
import { readToken } from '../config.ts';
import type { Followed } from '../config.ts';
import { Copy } from './copy.ts';
import { CopyFeed } from './copy-feed.ts';

/** A copy as a store of keys, as what names are read from, and as what keeps their index. One feed is made of it. */
export function openCopy(run: Pick<Run, 'clock' | 'log'>, place: Followed, path: string, zones: readonly Name[], from: string) {
  const { follow: places, copies: folder, token, tls } = place;
  const keys = new Copy(from);
  const { clock } = run;
  let feed: CopyFeed | undefined;
  const make = (listener: FeedListener): CopyFeed => (feed = new CopyFeed({
    places, folder, path, copy: keys, clock, log: run.log.prefix('registry'),
    zones: zones.map((zone) => ({ zone, key: keyOf(path, zone.folded.split()) })),
    token: () => (token === undefined ? undefined : readToken(readFileSync(token, 'utf8'), token)),
    tls: () => readClientPem(tls ?? [], (file) => readFileSync(file)),
  }, listener));
  const source = {
    close() {},
    range: (key: string, deep: boolean, limit: number) => feed!.range(key, deep, limit),
    hasAny: () => Promise.resolve(false), lease: (id: bigint) => keys.lease(id),
  };
  return { keys, source, feed: make };
}
