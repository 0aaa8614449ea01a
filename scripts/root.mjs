// Where the checkout is and which Node runs its programs; knows nothing of what they do. Runs on Node 20 too.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout's root folder. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** A path inside the checkout. */
export const inRoot = (...parts) => path.join(root, ...parts);

/** The Node that the sources need: the running one where it is 24 or newer, else the one that `npm ci` brought. Exits without one. */
export function recentNode() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  const own = inRoot('node_modules', '.bin', 'node');
  if (existsSync(own)) return own;
  console.error(`coredns-ts needs Node 24 or newer, and this is ${process.version}: `
    + "run 'npm ci' first, or install it from https://nodejs.org");
  process.exit(1);
}
