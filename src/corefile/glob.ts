/** Paths and globs of imports as text; knows slashes and wildcards, and asks others what is on the disk. */

/** The folder part of a path. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  if (slash === -1) return '.';
  return slash === 0 ? '/' : path.slice(0, slash);
}

/** `path` as seen from `folder`, without `.`, `..` and double slashes. An absolute path stays where it is. */
export function joinPath(folder: string, path: string): string {
  const whole = path.startsWith('/') ? path : `${folder}/${path}`;
  const absolute = whole.startsWith('/');
  const parts: string[] = [];
  for (const part of whole.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (!absolute) parts.push('..');
  }
  const joined = parts.join('/');
  if (absolute) return `/${joined}`;
  return joined === '' ? '.' : joined;
}

const SPECIAL = /[*?[\\]/;

/** What a glob has to ask of a file system. Neither may throw. */
export interface Tree {
  /** The names in a folder, or nothing when it is no folder or cannot be read. */
  list(folder: string): readonly string[];
  exists(path: string): boolean;
}

/**
 * Paths that match a pattern, sorted within each folder; `*` and `?` stop at slashes and match hidden files too (PARSE-11).
 * A pattern without wildcards gives itself when it exists.
 * @throws Error `syntax error in pattern` for an open `[` or a `\` at the end
 */
export function expandGlob(pattern: string, tree: Tree): string[] {
  for (const part of pattern.split('/')) globExpression(part);
  return expand(pattern, tree);
}

function expand(pattern: string, tree: Tree): string[] {
  if (!SPECIAL.test(pattern)) return tree.exists(pattern) ? [pattern] : [];
  const slash = pattern.lastIndexOf('/');
  const folder = slash === -1 ? '.' : folderOf(pattern);
  const expression = globExpression(pattern.slice(slash + 1));
  const found: string[] = [];
  for (const parent of SPECIAL.test(folder) ? expand(folder, tree) : [folder]) {
    for (const name of [...tree.list(parent)].sort()) {
      if (expression.test(name)) found.push(slash === -1 ? name : parent === '/' ? `/${name}` : `${parent}/${name}`);
    }
  }
  return found;
}

/** One part of a pattern as an expression. `[...]` never gets here: an import may not hold it. */
function globExpression(part: string): RegExp {
  let source = '';
  for (let at = 0; at < part.length; at++) {
    let character = part[at] as string;
    if (character === '*') source += '[^/]*';
    else if (character === '?') source += '[^/]';
    else if (character === '[') throw new Error('syntax error in pattern');
    else {
      if (character === '\\') character = part[++at] ?? '';
      if (character === '') throw new Error('syntax error in pattern');
      source += character.replace(/[.*+?^${}()|[\]\\/]/, '\\$&');
    }
  }
  return new RegExp(`^${source}$`, 'su');
}
