// Composes the parts of a site into one handler, once. Knows what a part is; knows no plugin.
import { failure } from '../query/outcome.ts';
import type { Handler } from './plugin.ts';
import type { NamedPart } from './site.ts';

const SERVFAIL = 2;

/** A handler that forgot to return something. */
function nothing(name: string): never {
  throw new Error(`plugin/${name}: handle returned undefined: return next(query), query.reply(...), failure(...) or drop`);
}

/**
 * Closures made once: each part holds the handler of what follows it. `author` in the query is the number of the part that was
 * entered last. The end of the chain is SERVFAIL, and says who asked for more (SRV-15).
 */
export function chain(parts: readonly NamedPart[]): Handler | undefined {
  const handling = parts.filter(({ part }) => part.handle !== undefined);
  if (handling.length === 0) return undefined;
  const exhausted = failure(SERVFAIL, new Error(`plugin/${handling.at(-1)!.name}: no next plugin found`));
  let next: Handler = () => exhausted;
  for (let i = handling.length - 1; i >= 0; i--) {
    const { name, part } = handling[i]!;
    const after = next;
    const number = i + 1;
    next = (query) => {
      query.author = number;
      return part.handle!(query, after) ?? nothing(name);
    };
  }
  return next;
}
