// What one question of a client may cost, whatever it leads to (RFC 9156 section 2.3, CVE-2020-12662 and others). Knows numbers.
import type { Watch } from './server-watch.ts';
import type { ResolverSettings } from './settings.ts';

/** Why a resolution ended without an answer: text for people, and the Extended DNS Error. */
export class ResolutionError extends Error {
  override readonly name = 'ResolutionError';
  /** The info code of RFC 8914. */
  readonly code: number;
  /** It says nothing of what was asked for: the network is gone. */
  readonly isPassing: boolean;
  constructor(message: string, code = 22, isPassing = false) {
    super(message);
    this.code = code;
    this.isPassing = isPassing;
  }
}

/** What is left; shared by all that one question leads to. */
export class Budget {
  questions: number;
  serverNames: number;
  readonly aliases: number;
  /** Milliseconds of the clock until when there is time. */
  readonly until: number;

  constructor({ mostQuestions, mostServerNames, mostAliases }: ResolverSettings, until: number) {
    this.questions = mostQuestions;
    this.serverNames = mostServerNames;
    this.aliases = mostAliases;
    this.until = until;
  }
  /** Takes one question out. Throws ResolutionError where none is left. */
  ask(now: number): void {
    if (this.questions-- <= 0) throw new ResolutionError('asked too many questions for one', 22);
    if (now >= this.until) throw new ResolutionError('there is no more time', 22);
  }
}

/** What a question is asked for, and on whose account. */
export interface Errand {
  readonly budget: Budget;
  readonly depth: number;
  /** Questions that wait for this one: who comes back to one of them would wait for itself. */
  readonly pending: ReadonlySet<string>;
  /** Servers whose answers were bogus: others are asked. */
  readonly avoided: Set<object>;
  /** Looks on. */
  readonly watch?: Watch | undefined;
  /** Delegations that end before that moment of the clock are as good as over: who asks early asks as if it was late. */
  readonly beyond: number;
}
