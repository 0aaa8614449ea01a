// What a word of a fingerprint says: which rules there are of the name, and which lists have it. Knows bits; knows no name.

/** A rule of the name itself. What is for the names below it is the same bit one further. */
export const BLOCK = 1, ALLOW = 4, MUST = 16, KEEP = 64;
/** The same for the name and all below it, or for those below alone. */
export const SUBTREE = 3, BELOW = 2;
/** There are rules of this name under conditions, which lie elsewhere (special-rules.ts). */
export const CONDITIONAL = 256;
/** All bits of rules that hold for the name itself, for those below it, and all of both. */
export const OF_ITSELF = BLOCK | ALLOW | MUST | KEEP, OF_BELOW = OF_ITSELF << 1, RULES = OF_ITSELF | OF_BELOW;
/** From this bit on there is one for each list. */
export const FIRST_LIST = 9;
/** Lists that a table can tell apart. */
export const MOST_LISTS = 32 - FIRST_LIST;
/** The bit of a list. */
export const listBit = (list: number): number => 1 << (FIRST_LIST + list);
/** The first of the lists in a word, -1 where there is none. */
export const firstList = (word: number): number => {
  const lists = word >>> FIRST_LIST;
  return lists === 0 ? -1 : 31 - Math.clz32(lists & -lists);
};
