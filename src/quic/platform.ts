// Addons that npm brings as a package of this platform, made when the server is released. Knows names of packages; loads nothing.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * The file of an addon in the package of this platform, asked from a file of ours (its URL): undefined where there is none. Only a package
 * that our own names is looked for: a name that nobody has published is anybody's.
 */
export function packagedFile(file: string, from: string): string | undefined {
  const manifest = ['../package.json', '../../package.json'].map((place) => fileURLToPath(new URL(place, from))).find(existsSync);
  if (manifest === undefined) return undefined;
  const { optionalDependencies = {} } = JSON.parse(readFileSync(manifest, 'utf8')) as { optionalDependencies?: Record<string, string> };
  const require = createRequire(from);
  for (const libc of ['gnu', 'musl']) {
    const name = `coredns-ts-${process.platform}-${process.arch}-${libc}`;
    if (!(name in optionalDependencies)) continue;
    try {
      return require.resolve(`${name}/${file}`);
    } catch {
      // npm installs the one that fits alone
    }
  }
  return undefined;
}
