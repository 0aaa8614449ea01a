// What is counted of answers that upstreams push. Knows names.
import { counter, gauge } from '../kernel/seen/metrics.ts';

/** Shown where a line says `subscribe`. */
export const FAMILIES = {
  streams: gauge('coredns_subscribe_streams', 'Streams on which upstreams push, those that are held ready among them.', ['from']),
  answers: gauge('coredns_subscribe_answers', 'Answers that are watched.', ['from']),
  pushed: counter('coredns_subscribe_pushed_total', 'Counter of answers that upstreams pushed.', ['from']),
  hits: counter('coredns_subscribe_hits_total', 'Counter of questions that were answered without asking.', ['from']),
  stale: counter('coredns_subscribe_stale_total', 'Counter of questions that were answered past the TTL of what was pushed.', ['from']),
  lost: counter('coredns_subscribe_lost_total', 'Counter of streams that ended.', ['from']),
};
