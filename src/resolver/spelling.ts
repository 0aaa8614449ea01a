// Questions in mixed letters: who answers has to repeat them as they are, which somebody who has not seen the question can only guess
// ("0x20", draft-vixie-dnsext-dns0x20). Knows the bytes of a question.

/** Where the name of a question begins. */
const NAME = 12;

/** The octets of the name in a question. */
export function nameOf(query: Uint8Array): Uint8Array {
  let end = NAME;
  while (query[end]! !== 0) end += query[end]! + 1;
  return query.slice(NAME, end + 1);
}
/** Draws the case of each letter of the question's name. */
export function mix(query: Uint8Array, random: () => number): void {
  let bits = 0;
  let left = 0;
  for (let at = NAME; query[at]! !== 0;) {
    const end = at + query[at]! + 1;
    for (at++; at < end; at++) {
      if (!isLetter(query[at]!)) continue;
      if (left-- === 0) {
        bits = Math.floor(random() * 2 ** 31);
        left = 30;
      }
      query[at] = (query[at]! & ~0x20) | ((bits & 1) << 5);
      bits >>>= 1;
    }
  }
}
/** Whether the reply repeats the query's name letter by letter; then it has `name` in its place, which its other names may point to. */
export function repeats(reply: Uint8Array, query: Uint8Array, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) if (reply[NAME + i] !== query[NAME + i]) return false;
  reply.set(name, NAME);
  return true;
}
const isLetter = (octet: number): boolean => {
  const upper = octet & ~0x20;
  return upper >= 0x41 && upper <= 0x5a;
};
