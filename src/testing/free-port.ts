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
/**
 * So many ports belong to one process at a time: the first of them is listened on for as long as it lives, which says so to others. A port
 * that is free at the moment would else be given to two processes, whose servers have not taken it yet or start on it again.
 */
const BLOCK = 60, BLOCKS = (BEHIND - LOWEST) / BLOCK;
const kept = new Set<number>([...DEFAULTS, ...UNFETCHED]);
/** Those of this process's blocks that are not given away: each is once, since a server may not have taken it yet. */
const left: number[] = [];
/** A block that is being taken, for all calls that wait for one. */
let taking: Promise<void> | undefined;

/** A port of 127.0.0.1, free over both protocols at the moment, never the same one twice. Rejects where there is none. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = left.pop();
    if (port === undefined) await (taking ??= ownBlock().finally(() => (taking = undefined)));
    else if (!kept.has(port) && await isFree(port)) return port;
  }
}
/** The ports of a block that no process has. The first look is anywhere: whatever still asks a server that ended asks nobody new. */
async function ownBlock(): Promise<void> {
  const begin = randomInt(BLOCKS);
  for (let n = 0; n < BLOCKS; n++) {
    const first = LOWEST + ((begin + n) % BLOCKS) * BLOCK;
    const guard = createServer((socket) => socket.destroy());
    const owned = await new Promise<boolean>((resolve) => {
      guard.once('error', () => resolve(false)).listen({ port: first, host: '127.0.0.1', exclusive: true }, () => resolve(true));
    });
    if (!owned) continue;
    guard.unref();
    left.push(...Array.from({ length: BLOCK - 1 }, (_, i) => first + 1 + i));
    return;
  }
  throw new Error(`no free ports between ${LOWEST} and ${BEHIND}: other processes have them all`);
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
