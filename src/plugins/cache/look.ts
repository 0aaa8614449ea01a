// Shows what is kept, in slices, for whoever looks at it (`admin`). On main. Knows entries; knows nothing of who looks.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { HEADER } from '../../dns/packet.ts';
import { Name } from '../../dns/name.ts';
import type { KeptAnswer, KeptPlace, KeptSlice } from '../../kernel/site/site.ts';
import type { Entry } from '../../store/key.ts';
import type { Entries } from './entry.ts';

/** Places of the index that are looked at in one turn: well below a millisecond. */
const PLACES = 128;

/** All entries that a hit could be of, some in each turn, from a place on; what comes or goes meanwhile may be shown twice, or not. */
export async function* keptAnswers(caches: readonly Entries[], now: () => number, [first, ...from]: KeptPlace = [0, 0, 0]):
AsyncGenerator<KeptSlice> {
  for (let [cache, shard, place] = [first, ...from]; cache < caches.length; cache++, shard = 0) {
    const entries = caches[cache]!;
    for (; shard < entries.map.shards; shard++, place = 0) {
      for (; place >= 0; await nextTurn()) {
        const answers: KeptAnswer[] = [];
        const moment = now();
        place = entries.map.walk(shard, place, PLACES, (entry) => {
          if (entries.isTrue(entry)) answers.push(shown(entries, entry, moment));
        });
        yield { answers, next: place < 0 ? [cache, shard + 1, 0] : [cache, shard, place] };
      }
    }
    place = 0;
  }
}
function shown(entries: Entries, entry: Entry, now: number): KeptAnswer {
  const { map } = entries;
  const at = map.bytesAt(entry);
  const { bytes } = map;
  const name = Name.read(bytes, at + HEADER, at + map.valueSize(entry), at);
  const end = at + HEADER + name.raw.length;
  return {
    name: name.folded, type: (bytes[end]! << 8) | bytes[end + 1]!, rcode: entries.rcode(entry), ttl: entries.ttl(entry),
    left: entries.left(entry, now), hits: entries.hits(entry),
  };
}
