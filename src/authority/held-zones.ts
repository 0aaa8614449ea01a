// Which zones a part of a block has, for whoever makes a list of them. Knows names; knows nothing of what is in a zone.
import type { Name } from '../dns/name.ts';
import { Slot } from '../kernel/slot.ts';

/** A part's zones. All of it is called on the main thread. */
export interface ZoneHolder {
  /** The word of its plugin, under which it gives its zones away too. */
  readonly by: string;
  /**
   * The lower-case names of the zones that it has now, whether they are loaded or not; undefined while it is not known which they are:
   * whoever makes a list of them makes none then. Not called before the server listens.
   */
  zones(): readonly Name[] | undefined;
  /** Called at most once, before any `control`: `changed` is to be called whenever they may have become others. */
  watch(changed: () => void): void;
  /** Looks now whether there is a newer version of one of its zones; not there where nobody else has them. */
  refresh?(zone: Name): void | Promise<void>;
}

/** Put there by parts that have zones. Read by `catalog`, and by whoever shows zones. */
export const HeldZones: Slot<ZoneHolder> = new Slot('held zones');
