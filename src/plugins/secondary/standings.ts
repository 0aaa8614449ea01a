// Where what is served of the zones of a block stands in the shared memory, found once for as long as a zone is there. Knows names and
// cells; knows nothing of versions.
import { transferredCellOf } from '../../authority/pulling/open-transferred.ts';
import type { Wanted } from '../../authority/pulling/open-transferred.ts';
import type { ZoneCell } from '../../authority/zone/zone-cell.ts';
import type { Flags } from '../../store/cells.ts';
import type { Store } from '../../store/store.ts';
import type { Held } from './members.ts';

/** One zone, for as long as it has the same line. */
interface Standing {
  readonly line: Held['line'];
  readonly cell: ZoneCell;
  /** Where threads tell main that a primary has something new. */
  readonly notified: Flags;
}

/** Those of a block, in one thread. Of thousands of members few are others each time, and names of cells are long. */
export class Standings {
  #known: ReadonlyMap<string, Standing> = new Map();

  /** Of these zones; others are forgotten. */
  of(store: Store, held: readonly Held[], wanted: (held: Held) => Wanted): readonly Standing[] {
    const before = this.#known;
    const now = new Map<string, Standing>();
    for (const each of held) {
      const { zone, id, line } = each;
      const key = zone.key + id;
      const known = before.get(key);
      const isSame = known?.line === line;
      now.set(key, isSame ? known! : {
        line, cell: transferredCellOf(store, wanted(each)), notified: store.cells.flags(`notified ${zone.text} ${id}`, 1),
      });
    }
    this.#known = now;
    return [...now.values()];
  }
}
