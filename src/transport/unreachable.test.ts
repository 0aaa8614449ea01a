// A host that cannot be reached: what the network says of it ends a wait at once (FWD-18). In a network of the test's own, where nobody is
// found at an address.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadAddon } from './addon.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
/** Two ends of a cable that answer to one address each, and look for others for some milliseconds. */
const NETWORK = [
  'ip link add near type veth peer name far', 'ip link set near up', 'ip link set far up', 'ip link set lo up',
  'ip addr add 198.51.100.1/24 dev near', 'ip addr add 2001:db8::1/64 dev near nodad',
  'echo 20 > /proc/sys/net/ipv4/neigh/near/retrans_time_ms', 'echo 20 > /proc/sys/net/ipv6/neigh/near/retrans_time_ms',
].join(' && ');
/** Asks somebody who is not there, and says what it hears of him. */
const PROGRAM = `
import { loadAddon } from '${here}addon.ts';
import { BatchDatagrams } from '${here}connected-batch.ts';
const heard = [];
const datagrams = new BatchDatagrams(loadAddon());
for (const address of ['198.51.100.7', '2001:db8::7']) {
  await new Promise((resolve) => {
    const socket = datagrams.open({ address, port: 53 }, () => {}, (code) => {
      heard.push(code);
      resolve();
    });
    socket.bytes.fill(0, socket.write(20));
    setTimeout(resolve, 10_000).unref();
  });
}
console.log(heard.join());
process.exit();
`;
const able = spawnSync('unshare', ['-rn', 'sh', '-c', NETWORK]).status === 0;

test('nobody is found at the address: the error comes, and comes once', {
  skip: typeof loadAddon() === 'string' || !able ? 'needs the addon, and `unshare` and `ip` that may make a network' : false,
}, () => {
  const { stdout, stderr } = spawnSync('unshare', [
    '-rn', 'sh', '-c', `${NETWORK} && exec "$0" --input-type=module -e "$1"`, process.execPath, PROGRAM,
  ], { encoding: 'utf8' });
  assert.equal(stdout.trim(), 'EHOSTUNREACH,EHOSTUNREACH', stderr);
});
