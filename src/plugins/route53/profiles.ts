// Files of AWS profiles: sections in brackets, and lines `name = value`. Knows their form; opens nothing.

/** What a section of such a text says; undefined where it has no such section. */
export function profileOf(text: string, section: string): Readonly<Record<string, string>> | undefined {
  let found: Map<string, string> | undefined;
  let isHere = false;
  for (const line of text.split(/\r?\n/)) {
    const [, name] = /^\s*\[\s*([^\]]*?)\s*\]/.exec(line) ?? [];
    if (name !== undefined) {
      isHere = name.replace(/\s+/g, ' ') === section;
      if (isHere) found ??= new Map();
      continue;
    }
    const [, key, value] = /^\s*([\w.-]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (isHere && key !== undefined && value !== undefined) found!.set(key.toLowerCase(), value);
  }
  return found === undefined ? undefined : Object.fromEntries(found);
}
