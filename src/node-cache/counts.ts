// What a node cache counts of itself: errors under the names that NodeLocal DNSCache has, and what it put right (ecosystem 2). Knows names;
// shows nothing.
import { counter } from '../kernel/seen/metrics.ts';
import type { Family, Metrics } from '../kernel/seen/metrics.ts';

/** Where something failed: `iptables_lock` is a lock of xtables that somebody else held. */
export type ErrorType = 'iptables' | 'iptables_lock' | 'nft' | 'interface_add' | 'interface_check' | 'configmap';
const ERRORS = counter('coredns_nodecache_setup_errors_total', 'The number of errors during periodic network setup for node-cache',
  ['errortype']);
const MENDED = counter('coredns_nodecache_mended_total', 'The number of times that what was set up had gone and was put back.', ['what']);

/** The counters, each there from the start on. */
export class NodeCacheCounts {
  readonly #metrics: Metrics;
  readonly #errors: Family;
  readonly #mended: Family;

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
    this.#errors = metrics.family(ERRORS);
    this.#mended = metrics.family(MENDED);
    for (const type of ['iptables', 'iptables_lock', 'nft', 'interface_add', 'interface_check', 'configmap']) this.#errors.cell([type]);
    for (const what of ['interface', 'rules']) this.#mended.cell([what]);
  }
  failed(type: ErrorType): void {
    this.#metrics.values[this.#errors.cell([type])]!++;
  }
  mended(what: 'interface' | 'rules'): void {
    this.#metrics.values[this.#mended.cell([what])]!++;
  }
}
