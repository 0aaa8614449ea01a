// The names of an expression while it is made runnable: the host's, those of `let`, and `#` with its companions.

import { Fault } from './error.ts';
import type { Type } from './type.ts';
import { intType, unknownType } from './type.ts';

/** A function of the host, its types resolved. */
export interface HostFunction {
  readonly kind: 'function';
  readonly type: Type;
  readonly fallible: boolean;
  readonly call: (context: unknown, ...parameters: never[]) => unknown;
}

/** A variable of the host, its type resolved. */
export interface HostVariable {
  readonly kind: 'variable';
  readonly type: Type;
  readonly value: (context: unknown) => unknown;
}

/** What a name of the host means. */
export type HostName = HostFunction | HostVariable;

/** A `let` name, or `#index` and its like: where its value is kept, and of what type it is. */
export interface Local {
  readonly name: string;
  readonly type: Type;
  readonly slot: number;
}

/** The slots of one predicate. */
export interface PredicateScope {
  readonly element: Local;
  readonly named: readonly Local[];
}

/** The scopes around the node that is being worked on. */
export class Scopes {
  /** Names of the host. */
  readonly host: ReadonlyMap<string, HostName>;
  /** Time since 1970 in milliseconds, for `now()`. */
  readonly clock: () => number;
  private readonly locals: Local[] = [];
  private readonly predicates: PredicateScope[] = [];
  private slots = 0;

  constructor(host: ReadonlyMap<string, HostName>, clock: () => number) {
    this.host = host;
    this.clock = clock;
  }

  /** The `let` name, the innermost first. */
  local(name: string): Local | undefined {
    return this.locals.findLast((local) => local.name === name);
  }

  /** Declares a `let` name for as long as `work` takes. */
  withLocal<T>(name: string, type: Type, work: (local: Local) => T): T {
    const local = this.slot(name, type);
    this.locals.push(local);
    const result = work(local);
    this.locals.pop();
    return result;
  }

  /** Enters a predicate over elements of this type for as long as `work` takes. */
  withPredicate<T>(element: Type, names: readonly ('index' | 'acc')[], work: (scope: PredicateScope) => T): T {
    const named = names.map((name) => this.slot(name, name === 'index' ? intType : unknownType));
    const scope = { element: this.slot('', element), named };
    this.predicates.push(scope);
    const result = work(scope);
    this.predicates.pop();
    return result;
  }

  /** What `#name` means here. Throws a `Fault` when it means nothing. */
  pointer(name: string, offset: number): Local {
    const scope = this.predicates.at(-1);
    if (scope === undefined) throw new Fault('cannot use pointer accessor outside predicate', offset);
    const local = name === '' ? scope.element : scope.named.find((one) => one.name === name);
    if (local === undefined) throw new Fault(`unknown pointer #${name}`, offset);
    return local;
  }

  private slot(name: string, type: Type): Local {
    const slot = this.slots;
    this.slots += 1;
    return { name, type, slot };
  }
}
