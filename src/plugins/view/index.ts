// *view* lets a block take only the queries for which its expressions are true. Knows expressions and their names; which block is asked
// first is the router's.
import { once } from '../../corefile/directive.ts';
import type { Directive } from '../../corefile/directive.ts';
import { compile } from '../../expression/index.ts';
import type { Expression } from '../../expression/index.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Lines } from '../../kernel/site/plugin.ts';
import type { Query } from '../../kernel/query/query.ts';
import { queryFunctions } from '../../kernel/query/query-functions.ts';
import type { Asked } from '../../kernel/query/query-functions.ts';
import { ShownRules } from '../../kernel/site/shown.ts';
import type { ShownRule } from '../../kernel/site/shown.ts';
import { ViewFilter } from '../../kernel/site/site.ts';
import type { View } from '../../kernel/site/site.ts';

interface Settings {
  readonly name: string;
  readonly conditions: readonly Expression<Asked>[];
  /** As they are written. */
  readonly written: readonly ShownRule[];
}

function readSettings(lines: Lines): Settings {
  const line = once(lines);
  const name = line.arg();
  line.end();
  const functions = queryFunctions();
  const conditions: Expression<Asked>[] = [], written: ShownRule[] = [];
  line.properties({
    expr(property) {
      written.push({ what: property.args.join(' '), at: property.at });
      conditions.push(readCondition(property, functions));
    },
  });
  return { name, conditions, written };
}
function readCondition(property: Directive, functions: ReturnType<typeof queryFunctions>): Expression<Asked> {
  const source = property.rest().join(' ');
  return property.attempt(() => compile<Asked>(source, { functions }));
}

/** VIEW-1: a query passes where every expression is true; one that fails, or gives anything else, is not. */
class Filter implements View, Asked {
  readonly name: string;
  readonly #conditions: readonly Expression<Asked>[];
  /** The query that is being looked at: expressions run at once, so that one place serves all queries. */
  query!: Query;

  constructor({ name, conditions }: Settings) {
    this.name = name;
    this.#conditions = conditions;
  }
  accepts(query: Query): boolean {
    this.query = query;
    try {
      for (const condition of this.#conditions) if (condition.evaluate(this) !== true) return false;
      return true;
    } catch {
      return false;
    }
  }
}

export default definePlugin({
  name: 'view',
  parse: readSettings,
  create(settings, site) {
    site.put(ViewFilter, new Filter(settings));
    site.put(ShownRules, { by: 'view', rules: () => settings.written });
    return { handle: (query, next) => next(query), metadata: { 'view/name': () => settings.name } };
  },
});
