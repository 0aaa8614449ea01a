// Which upstream was asked last, for whoever tells of it: labels and what is seen of questions. Knows queries.
import type { Query } from '../../kernel/query/query.ts';

/** This upstream is asked now, or has answered. */
export function tellTarget({ journey, metadata }: Query, { name }: { readonly name: string }): void {
  journey.asked = name;
  metadata?.set('forward/upstream', name);
}
