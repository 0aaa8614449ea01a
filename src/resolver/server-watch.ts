// Who looks on while a question is resolved, and may say that it ends there: policies do. Knows names and addresses; knows no policy.
import { parseAddress } from '../dns/address.ts';
import type { Name } from '../dns/name.ts';
import type { RR } from '../dns/rr.ts';
import type { Delegation } from './delegation.ts';

/** The servers of one zone, as far as they are known. */
export interface AskedServers {
  readonly names: readonly Name[];
  readonly addresses: readonly Uint8Array[];
}
/** Looks on for a client. */
export interface Watch {
  /** Equal for clients for whom it says the same: they share what comes of equal questions. */
  readonly key: string;
  /** Whether the question ends at this name, which an alias leads to. */
  endsAt(name: Name): boolean;
  /** Whether it ends where the servers of a zone are to be asked for this name. */
  endsBefore(servers: AskedServers): boolean;
  /** What addresses of others are made of in place of these (`dns64-prefix`), under that name; undefined: of these. */
  instead(name: Name, addresses: readonly Uint8Array[]): readonly RR[] | undefined;
}
/** Where a question ended. */
export interface Stop {
  readonly name: Name;
  /** The servers that it ended before; undefined where it was the name. */
  readonly servers: AskedServers | undefined;
}

/** The question has ended because of the servers that would have been asked. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
  readonly servers: AskedServers;
  constructor(servers: AskedServers) {
    super('the servers of a zone ended it');
    this.servers = servers;
  }
}

/** Shows the servers of a delegation. Throws StoppedError. */
export function show(watch: Watch, at: Delegation): void {
  const servers: AskedServers = {
    names: at.servers.map((server) => server.name), addresses: at.known().flatMap(({ address }) => parseAddress(address) ?? []),
  };
  if (watch.endsBefore(servers)) throw new StoppedError(servers);
}
