// A command line as Go's package flag reads it: `-name value`, `-name=value`, one or two dashes, switches with a value behind `=` alone.
// Knows forms; knows no flag (CLI-1 to 7).

/** The flags that there are. */
export interface KnownFlags {
  /** Those that take a value. */
  readonly text: readonly string[];
  readonly switches: readonly string[];
}
/** What stands on a command line. */
export interface ReadFlags {
  readonly text: { readonly [name: string]: string };
  readonly on: { readonly [name: string]: boolean };
  /** Arguments that are no flags. */
  readonly rest: readonly string[];
}

/** The flags of these arguments, or what is wrong with them in Go's words; '' where help is asked for. */
export function readFlags(args: readonly string[], known: KnownFlags): ReadFlags | string {
  const text: { [name: string]: string } = {};
  const on: { [name: string]: boolean } = {};
  let i = 0;
  for (; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '--') {
      i++;
      break;
    }
    const match = /^--?([^=-][^=]*)(?:=([\s\S]*))?$/.exec(arg);
    if (match === null) {
      if (arg.length < 2 || !arg.startsWith('-')) break;
      return `bad flag syntax: ${arg}`;
    }
    const [, name = '', given] = match;
    if (known.text.includes(name)) {
      const value = given ?? args[++i];
      if (value === undefined) return `flag needs an argument: -${name}`;
      text[name] = value;
    } else if (known.switches.includes(name)) {
      if (given !== undefined && !/^(1|0|t|f|true|false|T|F|TRUE|FALSE|True|False)$/.test(given)) {
        return `invalid boolean value "${given}" for -${name}: parse error`;
      }
      on[name] = given === undefined || /^(1|t)/i.test(given);
    } else return name === 'h' || name === 'help' ? '' : `flag provided but not defined: -${name}`;
  }
  return { text, on, rest: args.slice(i) };
}
