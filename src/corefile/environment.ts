/** Puts environment variables into one word, `{$NAME}` and `{%NAME%}`; knows nothing of where the values come from (PARSE-9). */

/** Gives the value of an environment variable, or undefined when it is not set. */
export type Environment = (name: string) => string | undefined;

// A value may hold another reference, which is replaced too; one that holds itself must not keep us here for ever.
const MOST_REPLACEMENTS = 1000;

/**
 * The word with every `{%NAME%}` and then every `{$NAME}` replaced; an unset variable is empty text.
 * @throws Error when values refer to each other without end
 */
export function replaceEnvironment(text: string, environment: Environment): string {
  if (!text.includes('{')) return text;
  return replace(replace(text, '{%', '%}', environment), '{$', '}', environment);
}

function replace(text: string, open: string, close: string, environment: Environment): string {
  let result = text;
  let start = result.indexOf(open);
  for (let count = 0; start !== -1; count++) {
    const end = result.indexOf(close, start);
    // As CoreDNS: a reference without a name or without an end leaves the rest as it is.
    if (end <= start + open.length) return result;
    const name = result.slice(start + open.length, end);
    if (count >= MOST_REPLACEMENTS || result.length > 1_000_000) {
      throw new Error(`environment variable '${name}' refers to itself`);
    }
    result = result.replaceAll(open + name + close, () => environment(name) ?? '');
    start = result.indexOf(open);
  }
  return result;
}
