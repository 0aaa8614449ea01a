// A port for a server that a test starts: one that nobody has over UDP or TCP, and that the machine gives to no client meanwhile. Knows
// sockets; knows no server.
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { randomInt } from 'node:crypto';

/**
 * Ports to choose from. A port that the system hands out itself (`listen(0)`) may be that of some client a moment later: those lie above
 * 32767 on Linux, and above 49151 elsewhere. Those from 12000 on are the replayer's of recorded conversations.
 */
const LOWEST = 3000, BEHIND = 12_000;
/** What plugins listen on where the Corefile says nothing (spec 9.25, 9.41, 9.42, 9.45). */
const DEFAULTS = [6053, 8080, 8181, 9153];
/** What `fetch` asks nobody on ("bad port" of the Fetch standard), of those to choose from: a test that reads a page would fail there. */
export const UNFETCHED: readonly number[] = [3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10_080];
const ATTEMPTS = 200;
/** Those that this process has given away: each once, since a server may not have taken it yet. */
const given = new Set<number>([...DEFAULTS, ...UNFETCHED]);

/** A port of 127.0.0.1, free over both protocols at the moment, never the same one twice. Rejects where there is none. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(LOWEST, BEHIND);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port between ${LOWEST} and ${BEHIND} in ${ATTEMPTS} attempts`);
}

/** Every address is tried: a server may listen on all of them. */
async function isFree(port: number): Promise<boolean> {
  const tcp = createServer();
  const udp = createSocket('udp4');
  const bound = await Promise.allSettled([
    new Promise<void>((resolve, reject) => tcp.once('error', reject).listen(port, '0.0.0.0', resolve)),
    new Promise<void>((resolve, reject) => udp.once('error', reject).bind({ port, address: '0.0.0.0', exclusive: true }, resolve)),
  ]);
  await Promise.all([
    new Promise<void>((resolve) => (tcp.listening ? tcp.close(() => resolve()) : resolve())),
    new Promise<void>((resolve) => udp.close(resolve)),
  ]);
  return bound.every(({ status }) => status === 'fulfilled');
}
