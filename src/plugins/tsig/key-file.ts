// A file with keys as BIND's `tsig-keygen` writes them: `key NAME { algorithm A; secret "S"; };`. Knows its words; opens nothing.

/** One key as it is written. */
export interface WrittenKey {
  readonly name: string;
  readonly algorithm: string | undefined;
  readonly secret: string;
}

const token = /\s+|\/\/[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\/|"([^"]*)"|([{};])|([^\s{};"]+)/y;

/** The words of the text, without quotes; throws Error for what is none. */
function words(text: string): string[] {
  const found: string[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const match = token.exec(text);
    if (match === null) throw new Error(`line ${text.slice(0, at).split('\n').length}: a quote that does not end`);
    const word = match[1] ?? match[2] ?? match[3];
    if (word !== undefined) found.push(word);
  }
  return found;
}

/** The keys of a file, in order. Throws Error where it is not of this form. */
export function readKeyFile(text: string): WrittenKey[] {
  const left = words(text);
  const keys: WrittenKey[] = [];
  const expect = (word: string): void => {
    const found = left.shift();
    if (found !== word) throw new Error(`expected '${word}', found ${found === undefined ? 'the end' : `'${found}'`}`);
  };
  while (left.length > 0) {
    expect('key');
    const name = left.shift() ?? '';
    expect('{');
    let algorithm: string | undefined;
    let secret: string | undefined;
    while (left.length > 0 && left[0] !== '}') {
      const word = left.shift();
      if (word === 'algorithm') algorithm = left.shift();
      else if (word === 'secret') secret = left.shift();
      else throw new Error(`'${word}' is neither algorithm nor secret`);
      expect(';');
    }
    expect('}');
    if (left[0] === ';') left.shift();
    if (secret === undefined) throw new Error(`the key ${name} has no secret`);
    keys.push({ name, algorithm, secret });
  }
  return keys;
}
