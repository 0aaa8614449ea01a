// How a plugin that knows the search path of a client tells it to the one that completes names. Knows neither of them.
import type { Name } from '../../dns/name.ts';
import type { Query } from '../query/query.ts';
import { Slot } from '../slot.ts';

/** Knows search paths, under the name by which a Corefile asks for it (`autopath @kubernetes`). */
export interface SearchPathSource {
  readonly name: string;
  /**
   * The search path of the client that asks, in lower case, most likely suffix first; the root among them stands for the name as it is.
   * Undefined where it has none for this client or this name (K8S-17).
   */
  searchPath(query: Query): readonly Name[] | undefined;
}
/** Put there by plugins that know search paths; read by `autopath`. */
export const SearchPaths = new Slot<SearchPathSource>('search paths');
