/** Server blocks as JSON: keys, and words by directive with their places, which is what CoreDNS takes the digest of (RLD-1). */

import type { Block } from './block.ts';
import type { Word } from './lex.ts';

/** The text whose SHA-512 CoreDNS logs. `file` is the Corefile's own name: its words have none there, those of imported files do. */
export function parsedForm(blocks: readonly Block[], file: string): string {
  const token = (word: Word) => ({ File: word.file === file ? '' : word.file, Line: word.line, Text: word.text });
  const form = blocks.map(({ keys, written }) => {
    const words = new Map<string, ReturnType<typeof token>[]>();
    for (const [first, ...rest] of written) words.set(first!.text, [...words.get(first!.text) ?? [], ...[first!, ...rest].map(token)]);
    return { Keys: keys.map(({ text }) => text), Tokens: Object.fromEntries([...words].sort(([a], [b]) => (a < b ? -1 : 1))) };
  });
  // Go's encoder writes these as escapes.
  return JSON.stringify(form).replace(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
