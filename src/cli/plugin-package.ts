// What a plugin's package says of itself: which versions of this program it fits, and where it wants to stand. Knows manifests; loads no
// code.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import satisfies from 'semver/functions/satisfies.js';
import validRange from 'semver/ranges/valid.js';
import { VERSION } from '../kernel/version.ts';

/** The manifest of a package, as far as it matters here; nothing of it is to be believed. */
export interface Manifest {
  readonly folder: string;
  readonly name: string | undefined;
  readonly version: string | undefined;
  /** The versions of this program that it wants; undefined where it says none. */
  readonly range: string | undefined;
  /** The word that it wants to stand before (`"coredns-ts": { "before": "cache" }`). */
  readonly before: string | undefined;
}

/** The manifest of the package that a file belongs to; undefined where it belongs to none that says something of this program. */
export function manifestAbove(file: string): Manifest | undefined {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const read = manifestIn(folder);
    if (read !== undefined) return read.range === undefined && read.before === undefined ? undefined : read;
    if (folder === dirname(folder)) return undefined;
  }
}
/** The manifest that lies in a folder; undefined where there is none that can be read. */
export function manifestIn(folder: string): Manifest | undefined {
  let read: unknown;
  try {
    read = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  } catch {
    return undefined;
  }
  const of = (value: unknown, ...names: readonly string[]): string | undefined => {
    for (const name of names) value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
    return typeof value === 'string' ? value : undefined;
  };
  return {
    folder, name: of(read, 'name'), version: of(read, 'version'), range: of(read, 'peerDependencies', 'coredns-ts'),
    before: of(read, 'coredns-ts', 'before'),
  };
}

const isObject = (value: unknown): value is { readonly [name: string]: unknown } => typeof value === 'object' && value !== null;

/** Why this program is none that the package fits, and what to do; undefined where it fits, or says nothing of it. */
export function misfit({ name, range }: Manifest, version: string = VERSION): string | undefined {
  if (range === undefined) return undefined;
  if (validRange(range) === null) return `its package.json wants coredns-ts "${range}", which is no range of versions`;
  if (satisfies(version, range, { includePrerelease: true })) return undefined;
  return `wants coredns-ts ${range}, this is ${version} (try another version of it: npm view ${name ?? 'PACKAGE'} versions)`;
}
