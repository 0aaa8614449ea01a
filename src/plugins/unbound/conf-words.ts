// The text of an unbound.conf: names that end in a colon, and what stands behind them, several on a line or on none. Knows words and
// quotes; which names there are it does not.

/** One word and where it stands. */
export interface ConfWord {
  readonly text: string;
  /** It was quoted: never a name. */
  readonly quoted: boolean;
  readonly file: string;
  readonly line: number;
}

/** A fault of an unbound.conf, with its place. */
export class ConfError extends Error {
  override readonly name = 'ConfError';
  constructor({ file, line }: Pick<ConfWord, 'file' | 'line'>, message: string) {
    super(`${file}:${line}: ${message}`);
  }
}

/**
 * The words of a text; `isName` knows the names. Comments begin with `#` at a word's beginning. Throws ConfError for a quote that does not
 * end on its line.
 */
export function confWords(text: string, file: string, isName: (name: string) => boolean): ConfWord[] {
  const words: ConfWord[] = [];
  text.split('\n').forEach((content, i) => {
    const line = i + 1;
    let at = 0;
    while (at < content.length) {
      const letter = content[at]!;
      if (/\s/.test(letter)) at++;
      else if (letter === '#') break;
      else if (letter === '"' || letter === "'") {
        const end = content.indexOf(letter, at + 1);
        if (end < 0) throw new ConfError({ file, line }, 'a quote does not end on its line');
        words.push({ text: content.slice(at + 1, end), quoted: true, file, line });
        at = end + 1;
      } else {
        // A name may stand right before its value; an IPv6 address is none.
        const [, name] = /^([a-z][a-z0-9-]*):/.exec(content.slice(at)) ?? [];
        const [text] = name !== undefined && isName(name) ? [`${name}:`] : /^[^\s"']+/.exec(content.slice(at))!;
        words.push({ text, quoted: false, file, line });
        at += text.length;
      }
    }
  });
  return words;
}
