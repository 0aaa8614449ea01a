// Who decides about questions when a rule alone cannot: policy engines, and what they may ask of a question. Declared for whoever has
// rules; knows no engine.
import { Slot } from '../kernel/slot.ts';
import type { Query } from '../kernel/query/query.ts';

/** What can be done with a question or its answer. */
export type Action = 'allow' | 'refuse' | 'block' | 'drop' | 'redirect';
/** The words of actions. */
export const ACTIONS: readonly Action[] = ['allow', 'refuse', 'block', 'drop', 'redirect'];

/** What was decided. */
export interface Decision {
  readonly action: Action;
  /** The info code of an Extended DNS Error, where it is not the action's own. */
  readonly infoCode?: number | undefined;
  /** Why, for the client, in the text of the Extended DNS Error. */
  readonly reason?: string | undefined;
  /** Addresses, or a name, of a redirection. */
  readonly redirect?: Redirection | undefined;
  /** Seconds that what is said in place of the answer may be kept. */
  readonly ttl?: number | undefined;
}
/** Where a redirection leads: addresses of 4 and 16 octets, or a name in wire form. */
export interface Redirection {
  readonly addresses: readonly Uint8Array[];
  readonly name: string | undefined;
}
/** What is known of a question and, on the way back, of its answer. */
export interface Facts {
  readonly query: Query;
  /** Whether there is an answer. */
  readonly isAnswered: boolean;
  /** The value of a variable or a label as text; '' for what is not known. Within a reading. */
  value(name: string): string;
  /** What engines keep of a question until its answer comes. */
  readonly kept: Map<PolicyEngine, unknown>;
}
/** Decides by rules of its own. */
export interface PolicyEngine {
  /** The word of its plugin, and its name there. */
  readonly plugin: string;
  readonly name: string;
  /** undefined where it has no opinion. A rejection, or what it throws, is an error: nobody is answered by chance. */
  decide(facts: Facts): Decision | undefined | Promise<Decision | undefined>;
}
/** Where engines of a block put themselves. */
export const PolicyEngines = new Slot<PolicyEngine>('policy engines');

/** Names that belong together, as `block` reads them from lists. */
export interface NamedList {
  readonly name: string;
  /** Whether the name that is asked for, or one above it, is on it. Within a reading. */
  holds(query: Query): boolean;
}
/** Where lists of a block put themselves. */
export const NamedLists = new Slot<NamedList>('named lists');
