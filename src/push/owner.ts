// What the engine and its streams are to each other. Knows interfaces alone.
import type { PushCounters } from './counters.ts';
import type { PushClient } from './evaluation.ts';
import type { Subscriptions } from './subscriptions.ts';
import type { Topic } from './topic.ts';
import type { Topics } from './topics.ts';

/** A stream as the engine sees it. */
export interface Streaming {
  readonly number: number;
  readonly client: PushClient;
  /** It waits for its turn to tell. */
  queued: boolean;
  /** Since when its client takes nothing; -1 where it does. */
  readonly blockedSince: number;
  /** Tells so much at most; how much it was. */
  tell(most: number): number;
  /** Whether a client that was told nothing yet of a subscription knows enough: then it is told when the next answer differs. */
  knows(at: number, topic: Topic, isFresh: boolean): boolean;
  /** A subscription is to be told. */
  mark(at: number): void;
  /** The chain looks at who asks: from now on it is asked for this stream alone. */
  move(at: number): void;
  /** The server says nothing to a subscription. */
  refuse(at: number, why: string): void;
  /** Now and then: whether it takes nothing, has another server now, or is to hear that it is alive. */
  look(now: number): void;
}

/** The engine as a stream sees it. */
export interface PushOwner {
  readonly subscriptions: Subscriptions;
  readonly topics: Topics;
  readonly counters: PushCounters;
  readonly now: number;
  /** Whether everything that changed was looked at. */
  readonly isCurrent: boolean;
  /** Another stream. Its number is its own for as long as the engine lives. */
  enter<S extends Streaming>(make: (number: number) => S): S;
  /** A stream has ended. */
  leave(stream: Streaming): void;
  /** A stream has something to tell. */
  willTell(stream: Streaming): void;
  /** A topic is to be asked; since when. */
  ask(topic: Topic, since?: number): void;
  /** As whom a stream asks. */
  clientOf(stream: number): PushClient | undefined;
}
