// The cache of a node in networks of their own, with real rules and real processes (cases.ts). Skipped by name where a kernel or a machine
// lacks what a case needs.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { CASES } from './cases.ts';

const INSIDE = 'ip link set lo up && exec "$0" "$@"';
const inside = (...command: readonly string[]): readonly string[] => ['-rn', 'sh', '-c', INSIDE, ...command];
const can = (script: string): boolean => spawnSync('unshare', inside('sh', '-c', script), { timeout: 60_000 }).status === 0;
const NAT = "printf 'table ip k {\\nchain c {\\ntype nat hook output priority -100\\n"
  + "ip daddr 192.0.2.1 udp dport 53 dnat to 192.0.2.2:53\\n}\\n"
  + "chain r {\\ntype filter hook output priority -300\\nnotrack\\n}\\n}\\n' | nft -f - && ip link add one0 type veth peer name two0";
const lacks = can(NAT) ? undefined : 'needs `unshare`, `ip`, `nft`, and a kernel that lets a user make a network with NAT and veth';
const lacking: Readonly<Record<string, () => string | undefined>> = {
  'twelve rules of iptables an address, each once however often it begins, and foreign ones stay':
    () => (can('iptables -t raw -I OUTPUT -j NOTRACK') ? undefined : 'needs iptables that works in a network of its own'),
  'a dummy interface is made and taken away':
    () => (can('ip link add dev one0 type dummy') ? undefined : 'this kernel has no dummy interfaces'),
  'without rights it serves, and says what it lacks':
    () => (can('setpriv --bounding-set -net_admin --inh-caps -net_admin true') ? undefined : 'needs setpriv'),
};

// Each is a network of its own, and waits for seconds in which nothing happens.
describe('a node', { concurrency: 4 }, () => {
  for (const name of Object.keys(CASES).filter((each) => each !== 'ask once')) {
    test(name, { skip: lacks ?? lacking[name]?.() ?? false }, async () => {
      const words = inside(process.execPath, join(import.meta.dirname, 'cases.ts'), name);
      const child = spawn('unshare', words, { stdio: ['ignore', 'pipe', 'pipe'] });
      let said = '';
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text));
      const status = await new Promise((resolve) => child.on('close', resolve));
      assert.equal(status, 0, said);
    });
  }
});
