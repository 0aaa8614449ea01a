// What is counted of reloads, whoever asked for them. Knows one family.
import { counter } from '../seen/metrics.ts';

/** Reloads that were refused. */
export const RELOADS_FAILED = counter('coredns_reload_failed_total', 'Counter of the number of failed reload attempts.');
