// How many different things were seen, in a few kilobytes: HyperLogLog (Flajolet, Fusy, Gandouet, Meunier, 2007). Knows hashes and
// registers; knows nothing of what is counted.

/** Registers as powers of two: of one whole estimate (1.6 % off), and of a small one (6.5 %). */
export const WHOLE_BITS = 12, SMALL_BITS = 8;

/** One more, by its hash, in registers that are bytes from `at`. */
export function note(bytes: Uint8Array, at: number, bits: number, hash: number): void {
  const register = at + (hash >>> (32 - bits));
  // What stands behind ends the search.
  const rank = Math.clz32((hash << bits) | (1 << (bits - 1))) + 1;
  if (bytes[register]! < rank) bytes[register] = rank;
}
/** The larger of both in each register: how many different ones either has seen. */
export function unite(into: Uint8Array, from: Uint8Array): void {
  for (let i = 0; i < into.length; i++) if (from[i]! > into[i]!) into[i] = from[i]!;
}
/** How many were different. */
export function estimate(registers: Uint8Array): number {
  const { length: m } = registers;
  let sum = 0, empty = 0;
  for (const rank of registers) {
    sum += 2 ** -rank;
    if (rank === 0) empty++;
  }
  const raw = ((0.7213 / (1 + 1.079 / m)) * m * m) / sum;
  // Few are counted by what is still empty. Hashes of 32 bits meet one another where there are very many.
  if (raw <= 2.5 * m && empty > 0) return Math.round(m * Math.log(m / empty));
  return Math.round(raw > 2 ** 32 / 30 ? -(2 ** 32) * Math.log(1 - raw / 2 ** 32) : raw);
}
