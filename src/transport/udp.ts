// Which sockets carry UDP: the addon's batches, or Node's own where it is missing. Knows both; opens nothing itself.
import type { Transport } from '../kernel/query/transport.ts';
import type { Datagrams } from '../upstream/datagrams.ts';
import { loadAddon } from './addon.ts';
import type { KeptSockets } from './kept-sockets.ts';
import { BatchDatagrams } from './connected-batch.ts';
import { DgramDatagrams } from './connected-dgram.ts';
import { BatchUdp } from './udp-batch.ts';
import { DgramUdp } from './udp-dgram.ts';

/** UDP for a thread: listeners, and connected sockets for asking upstreams. */
export interface Udp extends Transport {
  readonly datagrams: Datagrams;
  /** True where datagrams come and go in batches. */
  readonly batched: boolean;
}

/** What `udp` takes: who hears that the addon is missing, and 'dgram' as the choice to do without it. */
export interface UdpOptions {
  readonly warn: (text: string) => void;
  readonly choice?: string | undefined;
  /** Sockets that a service manager hands over and keeps; those of batches alone. */
  readonly kept?: KeptSockets | undefined;
}

/**
 * UDP for this thread: one for all of its listeners and upstreams. The environment variable COREDNS_TS_UDP is the choice where none is
 * given, so that a test can have either.
 */
export function udp({ warn, kept, choice = process.env['COREDNS_TS_UDP'] }: UdpOptions): Udp {
  const addon = choice === 'dgram' ? 'COREDNS_TS_UDP says so' : loadAddon();
  const batched = typeof addon !== 'string';
  const transport = batched ? new BatchUdp(addon, kept) : new DgramUdp();
  const datagrams = batched ? new BatchDatagrams(addon) : new DgramDatagrams();
  if (!batched) {
    warn(`UDP without batches (${addon}): about 100,000 queries a second and core at most, at two to three times the cost of each`);
  }
  return { scheme: 'dns', datagrams, batched, listen: (at, service, sockets) => transport.listen(at, service, sockets) };
}
