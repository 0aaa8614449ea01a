// Bytes cut into pieces, for tests of what reads streams. Knows nothing of them.

/** Cuts at these places, modulo the length. Some pieces may be empty. */
export function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((from, i) => bytes.subarray(from, at[i] ?? bytes.length));
}
