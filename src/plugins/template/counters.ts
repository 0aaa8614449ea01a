// The counters of *template*. Knows labels and cells; knows nothing of how answers are made.
import type { Name } from '../../dns/name.ts';
import type { Family, Metrics } from '../../kernel/seen/metrics.ts';
import { PerServer, counter } from '../../kernel/seen/metrics.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { TemplateData } from './data.ts';

const LABELS = ['server', 'zone', 'view', 'class', 'type'];
/** What is counted of stanzas. */
export const FAMILIES = {
  matches: counter('coredns_template_matches_total', 'Counter of template regex matches.', LABELS),
  failures: counter('coredns_template_template_failures_total', 'Counter of go template failures.', [...LABELS, 'section', 'template']),
  broken: counter('coredns_template_rr_failures_total', 'Counter of mis-templated RRs.', [...LABELS, 'section', 'template']),
};

/** The cell that was added to last, and for which questions it is. */
interface Cell {
  zone: Name | undefined;
  type: number;
  class: number;
  cell: number;
}

/** The counters of one stanza in one block. */
export class Counters {
  readonly #metrics: Metrics;
  readonly #view: string;
  readonly #matches: Family;
  readonly #failures: Family;
  readonly #broken: Family;
  readonly #cells = new PerServer<Cell>(() => ({ zone: undefined, type: 0, class: 0, cell: 0 }));

  constructor(metrics: Metrics, view: string) {
    this.#metrics = metrics;
    this.#view = view;
    this.#matches = metrics.family(FAMILIES.matches);
    this.#failures = metrics.family(FAMILIES.failures);
    this.#broken = metrics.family(FAMILIES.broken);
  }

  /** A query that the stanza answers. */
  matched(query: Query, zone: Name, data: TemplateData): void {
    const last = this.#cells.of(query.channel.service);
    if (last.zone !== zone || last.type !== query.type || last.class !== query.class) {
      last.cell = this.#matches.cell(this.#labels(query, data));
      last.zone = zone;
      last.type = query.type;
      last.class = query.class;
    }
    this.#metrics.values[last.cell]!++;
  }
  /** A record that could not be made: `broken` where the template gave a text that is no record. */
  failed(query: Query, data: TemplateData, section: string, template: string, broken: boolean): void {
    const family = broken ? this.#broken : this.#failures;
    this.#metrics.values[family.cell([...this.#labels(query, data), section, template])]!++;
  }
  #labels(query: Query, data: TemplateData): string[] {
    return [query.channel.service.label, data.Zone, this.#view, data.Class, data.Type];
  }
}
