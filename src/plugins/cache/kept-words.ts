// Where an entry of a cache has its words in the file in which it is kept over a restart. Knows numbers.

/** Places of an entry's words: its cache and flavour, bytes of the value, milliseconds since it was stored, TTL, shape, plain, scope. */
export const CACHE = 1, SIZE = 2, AGE = 3, TTL = 4, SHAPE = 5, PLAIN = 6, SCOPE = 7;
/** Words of the key, and where it begins. */
export const KEY_WORDS = 8, KEY = 9;
