// The SOA of a cluster's zones (K8S-13). Knows its numbers alone.
import type { SoaForm } from '../../../authority/soa.ts';

/** Server `ns.dns.ZONE`, mailbox `hostmaster.ZONE`, in the spelling of the question (K8S-13). */
export const CLUSTER_SOA: SoaForm = {
  primary: '\x02ns\x03dns', mailbox: '\x0ahostmaster', longest: 300, folded: false, refresh: 7200, retry: 1800, expire: 86400,
};
