// IPv4 addresses in IPv6 ones (RFC 6052 section 2.2). Knows octets.

/**
 * The 16 octets of an IPv4 address behind a prefix of `octets` octets (4 to 12): the ninth octet is always zero, and so is what follows
 * the address.
 */
export function embed(prefix: Uint8Array, octets: number, address: Uint8Array): Uint8Array {
  const made = new Uint8Array(16);
  made.set(prefix.subarray(0, octets));
  let at = octets;
  for (let i = 0; i < 4; i++) {
    if (at === 8) at++;
    made[at++] = address[i]!;
  }
  return made;
}
