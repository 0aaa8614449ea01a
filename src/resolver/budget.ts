// What one question of a client may cost, whatever it leads to (RFC 9156 section 2.3, CVE-2020-12662 and others). Knows numbers.
import { INFO_CODE } from '../dns/extended-error.ts';
import type { Name } from '../dns/name.ts';
import type { Question } from '../dns/parts.ts';
import { typeName } from '../dns/type-name.ts';
import type { KeptSet } from './kept-set.ts';
import type { Watch } from './server-watch.ts';
import type { ResolverSettings } from './settings.ts';

/** Why a resolution ended without an answer: text for people, and the Extended DNS Error. */
export class ResolutionError extends Error {
  override readonly name = 'ResolutionError';
  /** The info code of RFC 8914. */
  readonly code: number;
  /** It says little of what was asked for: the network is gone, or the next question may find more. It is not kept. */
  readonly isPassing: boolean;
  constructor(message: string, code = 22, isPassing = false) {
    super(message);
    this.code = code;
    this.isPassing = isPassing;
  }
}

/** What can be spent. */
export type Limit = 'questions' | 'aliases' | 'names' | 'depth' | 'time';
/** What is left; shared by all that one question leads to. */
export class Budget {
  readonly aliases: number;
  /** Milliseconds of the clock until when there is time. */
  readonly until: number;
  readonly #questions: number;
  readonly #names: number;
  readonly #depth: number;
  #asked = 0;
  #named = 0;
  /** What was spent first. */
  spent: Limit | undefined;

  constructor({ mostQuestions, mostServerNames, mostAliases, mostDepth }: ResolverSettings, until: number) {
    this.#questions = mostQuestions;
    this.#names = mostServerNames;
    this.#depth = mostDepth;
    this.aliases = mostAliases;
    this.until = until;
  }
  /** Takes one question out. Throws ResolutionError that says what it would have been where none is left. */
  ask(now: number, { name, type }: Question, zone: Name): void {
    if (this.#asked < this.#questions && now < this.until) return void this.#asked++;
    const step = `${name.text} ${typeName(type)} of ${zone.text}`;
    if (this.#asked >= this.#questions) throw this.#over('questions', `${this.#questions} questions were asked for one, and not ${step}`);
    throw this.#over('time', `there was no more time to ask for ${step}`);
  }
  /** Takes the name of a server out that is not known yet, behind so many others; false where it is not to be looked up. */
  name(depth: number): boolean {
    const limit: Limit | undefined = depth >= this.#depth ? 'depth' : this.#named >= this.#names ? 'names' : undefined;
    this.spent ??= limit;
    if (limit === undefined) this.#named++;
    return limit === undefined;
  }
  /** There are more aliases. */
  alias(name: Name): ResolutionError {
    return this.#over('aliases', `${this.aliases} aliases were followed, and not ${name.text}`);
  }
  #over(limit: Limit, text: string): ResolutionError {
    this.spent ??= limit;
    return new ResolutionError(text, INFO_CODE.NO_REACHABLE_AUTHORITY);
  }
}

/** No question waits. */
export const NOBODY: ReadonlySet<string> = new Set();

/** What a question is asked for, and on whose account. */
export interface Errand {
  readonly budget: Budget;
  readonly depth: number;
  /** Questions that wait for this one: who comes back to one of them would wait for itself. */
  readonly pending: ReadonlySet<string>;
  /** Servers whose answers were bogus: others are asked. */
  readonly avoided: object[];
  /** Looks on. */
  readonly watch?: Watch | undefined;
  /** What stood beside an answer that nobody signed: it may prove that nobody has to. */
  readonly beside?: readonly KeptSet[];
  /** A set that need not be asked for: somebody brought it, and it is to be judged. */
  readonly brought?: KeptSet;
  /** Delegations that end before that moment of the clock are as good as over: who asks early asks as if it was late. */
  readonly beyond: number;
}
