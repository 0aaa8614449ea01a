// What becomes of versions of a zone: served as they are, or signed before. Knows both ways; knows nothing of where versions come from.
import type { Name } from '../../dns/name.ts';
import type { End } from '../../kernel/signal.ts';
import type { Store } from '../../store/store.ts';
import type { Built } from '../zone/build.ts';
import type { Changed } from '../zone/change.ts';
import { ZoneKeeper } from '../zone/keeper.ts';
import type { StepFile } from '../zone/step-file.ts';
import { ZoneCell } from '../zone/zone-cell.ts';
import { signingName } from './settings.ts';
import type { SigningSettings } from './settings.ts';
import type { KeepingRun } from './signed-keeper.ts';

/** A version, what the one before had alone, and where it is known what differs. */
export type Publishable = Pick<Built, 'version' | 'gone'> & Partial<Pick<Changed, 'pairs'>>;
/** Whoever makes versions of a zone hands them to this. */
export interface Keeper {
  readonly zone: Name;
  /** Where the version that was published last stands, as it was made: the next one is made from that. */
  readonly cell: ZoneCell;
  /** Where stands what is served: the same, unless it is signed on the way. */
  readonly served: ZoneCell;
  /** Why what is served is not what it should be; undefined where it is. */
  readonly trouble?: string | undefined;
  /** Calls whenever a version is served, until the signal aborts. */
  listen(call: () => void, signal: End): void;
  /** From now on this version is the zone. What is resolved is served; it is another turn where it is signed before. */
  publish(built: Publishable): void | Promise<void>;
  close(): void;
}

/** Where what is served of a zone stands, in every thread: under a name that all who have the same zone say. */
export const servedCell = (store: Store, name: string, signing: SigningSettings | undefined): ZoneCell =>
  new ZoneCell(store, signing === undefined ? name : `${name} signed ${signingName(signing)}`);

/**
 * The keeper of a zone; `changed` is called whenever another version is served. `steps` is where what becomes of it is kept over restarts;
 * what is signed here is signed anew at each start, and no steps lead there. Rejects with a text for people where there are no keys.
 */
export async function keeperOf(
  run: KeepingRun, zone: Name, name: string, signing: SigningSettings | undefined, changed: () => void = () => {},
  steps?: StepFile,
): Promise<Keeper> {
  const served = servedCell(run.store, name, signing);
  if (signing === undefined) return new ZoneKeeper(run, zone, served, steps);
  // Who signs nothing loads nothing of it.
  const { SignedKeeper } = await import('./signed-keeper.ts');
  const own = new ZoneCell(run.store, `${name} before it is signed ${signingName(signing)}`);
  return new SignedKeeper(run, zone, { own, served }, signing, changed).begin();
}
