// Sockets that were open before this process and will be after it: who starts it hands them over and keeps them meanwhile, so that what
// clients send while nobody reads waits in them. Knows what a listener asks of whoever has them; opens nothing.

/** What of an address is listened on. */
export type SocketKind = 'udp' | 'tcp';

/** Whoever hands sockets over and keeps them. One for a process, asked by its main thread alone. */
export interface KeptSockets {
  /** Whether the process ends: then what is kept is closed here as it is, and the next process goes on with it. */
  readonly ending: boolean;
  /** The descriptor of a socket that was handed over for an address, once; undefined where there is none. */
  take(kind: SocketKind, address: string, port: number): number | undefined;
  /** Has this socket kept; false where it cannot be, or one of the address is already. */
  keep(kind: SocketKind, address: string, port: number, descriptor: number): boolean;
  /** It is listened on no longer: nobody shall keep it. */
  drop(kind: SocketKind, address: string, port: number): void;
}
