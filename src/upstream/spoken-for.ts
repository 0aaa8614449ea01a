// What upstreams hear of whom a question is asked for: the header of the PROXY protocol, version 2. Knows its octets; knows no sockets.

/** Both ends of the client's way to us. */
export interface SpokenFor {
  readonly address: Uint8Array;
  readonly port: number;
  readonly localAddress: Uint8Array;
  readonly localPort: number;
  /** Whether the client came over a connection. */
  readonly stream: boolean;
}

const SIGNATURE = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10];
/** Octets before the addresses; version 2 with the commands LOCAL and PROXY; families and protocols. */
const HEAD = 16, LOCAL = 0x20, PROXY = 0x21, INET = 0x10, INET6 = 0x20, STREAM = 1, DATAGRAM = 2;
const MAPPED = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255);

/** A header whose length is a multiple of 4. Where the families differ both addresses are written as IPv6. */
export function proxyHeader({ address, port, localAddress, localPort, stream }: SpokenFor): Uint8Array {
  const four = address.length === 4 && localAddress.length === 4;
  const octets = four ? 4 : 16;
  const header = begun(PROXY, (four ? INET : INET6) | (stream ? STREAM : DATAGRAM), octets);
  header.set(four ? address : wide(address), HEAD);
  header.set(four ? localAddress : wide(localAddress), HEAD + octets);
  const ports = HEAD + 2 * octets;
  header.set([port >> 8, port & 255, localPort >> 8, localPort & 255], ports);
  return header;
}
/** That of a question of our own. */
export const ownHeader = (): Uint8Array => begun(LOCAL, INET | DATAGRAM, 4);

function begun(command: number, family: number, octets: number): Uint8Array {
  const header = new Uint8Array(HEAD + 2 * octets + 4);
  header.set(SIGNATURE);
  header.set([command, family, 0, 2 * octets + 4], SIGNATURE.length);
  return header;
}
const wide = (address: Uint8Array): Uint8Array => (address.length === 16 ? address : Uint8Array.from([...MAPPED, ...address]));
