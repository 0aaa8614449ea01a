// What is said of instances of services, as the API of a *registry* has it. Knows its members; does nothing.

/** How an instance is looked at: one of `tcp`, `http`, `grpc` and `dns`. */
export interface Check {
  readonly tcp?: true;
  readonly http?: string;
  readonly grpc?: string;
  readonly dns?: string;
  readonly port?: string;
  readonly every?: string;
  readonly timeout?: string;
  readonly fail?: number;
  readonly pass?: number;
}
/** What an instance says of itself. */
export interface Instance {
  readonly addresses: readonly string[];
  readonly ports?: { readonly [name: string]: number };
  readonly priority?: number;
  readonly weight?: number;
  readonly group?: string;
  readonly text?: readonly string[];
  /** Seconds for which answers may be kept. */
  readonly ttl?: number;
  /** Seconds after which it is gone where it is not renewed. */
  readonly lease?: { readonly ttl: number };
  readonly check?: Check;
  readonly state?: 'up' | 'draining';
}
/** What an instance is. */
export type InstanceState = 'up' | 'starting' | 'draining' | 'failing';
/** An instance that is registered. */
export interface KnownInstance extends Omit<Instance, 'lease' | 'state'> {
  readonly name: string;
  readonly revision: number;
  readonly state: InstanceState;
  readonly owner: string;
  /** The id of its lease. */
  readonly lease?: string;
}
/** The instances of a service. */
export interface Service {
  readonly name: string;
  readonly instances: readonly KnownInstance[];
}
