// A path with names in it: `/dns-query/{client}`. Knows text alone.

/** One template of `https { path }`. */
export class PathTemplate {
  readonly #form: RegExp;
  readonly #names: readonly string[];

  /** The text was found to be one (`PATH_TEMPLATE`). */
  constructor(text: string) {
    const pieces = text.split(/(\{[^}]*\})/);
    this.#names = pieces.filter((piece) => piece.startsWith('{')).map((piece) => piece.slice(1, -1));
    const form = pieces.map((piece) => (piece.startsWith('{') ? '([^/]{1,255})' : piece.replaceAll('.', '\\.'))).join('');
    this.#form = new RegExp(`^${form}$`);
  }
  /** What stands at its names; undefined where the path is another one. */
  match(path: string): ReadonlyMap<string, string> | undefined {
    const found = this.#form.exec(path);
    return found === null ? undefined : new Map(this.#names.map((name, i) => [name, found[i + 1]!]));
  }
}
