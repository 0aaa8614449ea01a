// A text that is in everything that a pattern fits, so that most names need no regular expression. Knows the syntax of patterns; runs none.

/** What ends a run of letters: it may stand for none, for several, or for anything. */
const SPECIAL = /[.^$()[\]{}*+?|\\]/;

/** The longest text, in lower case, that each name which the pattern fits has; '' where none is sure. */
export function requiredLiteral(pattern: string): string {
  let longest = '';
  let run = '';
  let depth = 0;
  const end = (): void => {
    if (run.length > longest.length) longest = run;
    run = '';
  };
  for (let i = 0; i < pattern.length; i++) {
    const letter = pattern[i]!;
    let literal: string | undefined;
    if (letter === '\\') {
      const next = pattern[++i];
      if (next === undefined || /[a-zA-Z0-9]/.test(next)) {
        // A class, or something with more letters behind it, of which nothing is sure.
        if (next === undefined || !/[dDwWsSbB]/.test(next)) return '';
      } else literal = next;
    } else if (letter === '|') {
      if (depth === 0) return '';
    } else if (letter === '(') depth++;
    else if (letter === ')') depth--;
    else if (letter === '[') i = classEnd(pattern, i);
    else if (letter === '{') {
      const close = pattern.indexOf('}', i);
      if (close < 0) return '';
      i = close;
    } else if (!SPECIAL.test(letter)) literal = letter;
    // What may be repeated, or left out, is sure for itself only with a plus.
    const isOptional = /[*?{]/.test(pattern[i + 1] ?? '');
    if (literal === undefined || depth > 0 || isOptional) end();
    else {
      run += literal;
      if (pattern[i + 1] === '+') end();
    }
  }
  end();
  return longest.toLowerCase();
}
function classEnd(pattern: string, at: number): number {
  let i = at + 1;
  if (pattern[i] === '^') i++;
  if (pattern[i] === ']') i++;
  while (i < pattern.length && pattern[i] !== ']') {
    if (pattern.startsWith('[:', i)) i = Math.max(i, pattern.indexOf(':]', i) + 1);
    if (pattern[i] === '\\') i++;
    i++;
  }
  return i;
}
