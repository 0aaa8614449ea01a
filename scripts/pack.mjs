// Takes out of package.json what a checkout needs and a user does not, while the package is packed; `after` puts it back.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { inRoot } from './root.mjs';

const manifest = inRoot('package.json');
const kept = inRoot('node_modules', '.package.json.kept');

/** Names of the packages that bring a Node for a checkout on a machine with an older one. */
const runtimes = /^node-(linux|darwin)-/;
/**
 * A release: the packages of platforms that were published before, such as `x64-gnu,arm64-musl`. They are named in a release alone, since a
 * name that nobody has published is anybody's, and what they bring is not packed a second time.
 */
const platforms = (process.env.COREDNS_TS_PLATFORMS ?? '').split(',').filter(Boolean);

if (process.argv[2] === 'before') {
  if (process.env.npm_command === 'publish' || process.env.npm_command === 'stage') {
    console.error('coredns-ts: publish the tarball that `npm pack` made, so that the registry reads the same package.json as the user');
    process.exit(1);
  }
  await import('./build.mjs');
  if (process.exitCode) process.exit();
  const text = readFileSync(manifest, 'utf8');
  writeFileSync(kept, text);
  const { scripts, devDependencies, ...published } = JSON.parse(text);
  const optional = Object.entries(published.optionalDependencies ?? {}).filter(([name]) => !runtimes.test(name));
  for (const platform of platforms) optional.push([`coredns-ts-linux-${platform}`, published.version]);
  if (platforms.length > 0) published.files = published.files.filter((name) => !/^native\/[^/]+\/build$/.test(name));
  if (optional.length > 0) published.optionalDependencies = Object.fromEntries(optional);
  else delete published.optionalDependencies;
  // npm still runs `prepare` and `postpack` by the text it read before.
  writeFileSync(manifest, `${JSON.stringify(published, undefined, 2)}\n`);
  const publint = inRoot('node_modules', '.bin', 'publint');
  const { status } = spawnSync(publint, ['--strict', '--pack', 'false'], { cwd: inRoot(), stdio: 'inherit' });
  if (status !== 0) {
    renameSync(kept, manifest);
    process.exit(1);
  }
} else if (existsSync(kept)) {
  renameSync(kept, manifest);
}
