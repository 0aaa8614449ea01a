// Starts the bundled server and ends it, without a cluster and with one, so that what Node compiled meanwhile lies in dist/compiled and the
// first start of a user is like every later one. Knows how the server is started; whether it works is for the tests to say.
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { inRoot, recentNode } from './root.mjs';
import { someCluster } from './some-cluster.mjs';

/** Plugins that most Corefiles name. */
const COREFILE = `.:0 {
  bind 127.0.0.1
  errors
  log
  health 127.0.0.1:0
  hosts {
    192.0.2.1 a.test
    fallthrough
  }
  cache
  forward . 127.0.0.1:53
}
`;
/** A cluster with its API on this port. */
const block = (api) => `cluster.local:0 {
  bind 127.0.0.1
  kubernetes cluster.local in-addr.arpa {
    endpoint http://127.0.0.1:${api}
    pods verified
  }
}
`;
/** Milliseconds until it is given up. */
const PATIENCE = 20_000;

/** Fills dist/compiled; without it a server is slower to start, and nothing else. */
export async function compile() {
  const compiled = inRoot('dist', 'compiled');
  rmSync(compiled, { recursive: true, force: true });
  mkdirSync(compiled, { recursive: true });
  await start(COREFILE);
  // Apart, so that who has no cluster reads no code that only a cluster runs. Where the API cannot listen, that is compiled later.
  const cluster = await someCluster().catch(() => undefined);
  if (cluster !== undefined) await start(block(cluster.port));
  await cluster?.down();
  // Whoever may read the program may read these.
  for (const file of readdirSync(compiled, { recursive: true, withFileTypes: true })) {
    if (file.isFile()) chmodSync(path.join(file.parentPath, file.name), 0o644);
  }
}
async function start(corefile) {
  // The launcher's flags: what was compiled with other ones is refused.
  const flags = ['--max-semi-space-size=4', '--no-concurrent-sparkplug'];
  // A folder that the environment names would get it in place of ours.
  const env = { ...process.env, NODE_COMPILE_CACHE: '' };
  const server = spawn(recentNode(), [...flags, inRoot('dist', 'main.js'), '-conf', '-'], { stdio: ['pipe', 'ignore', 'ignore'], env });
  server.stdin.end(corefile);
  const timer = setTimeout(() => server.kill('SIGKILL'), PATIENCE);
  // The last that a start does is to write down its Node for the launcher.
  const note = inRoot('dist', '.node');
  const done = setInterval(() => existsSync(note) && server.kill('SIGTERM'), 20);
  await new Promise((resolve) => server.on('close', resolve));
  clearTimeout(timer);
  clearInterval(done);
  rmSync(note, { force: true });
}
