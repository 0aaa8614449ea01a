// A zone that clients change while its server is killed again and again, and while its disk is full: what was acknowledged is there, no
// serial goes back, and a secondary has the same in the end. Knows processes and clients; says how often something was missing.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { compareSerials } from '../../src/dns/order.ts';
import { RCODE } from '../../src/dns/rcode.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { MAIN, Spawned } from '../../src/testing/spawned.ts';
import { UpdateClient } from '../../src/testing/update-client.ts';

/** Clients that change a name each; updates between two kills, about. */
const CLIENTS = 12, BETWEEN = 100;
const KEY = 'k:MTIzNDU2Nzg5MDEyMzQ1Ng==';
const SEED = '@ 60 SOA ns h 7 1 1 1209600 60\n@ 60 NS ns\nns 60 A 192.0.2.53\n';

/** What came of a run: updates that were acknowledged, kills, values that were missing afterwards, and serials that went back. */
export interface Found {
  readonly updates: number;
  readonly kills: number;
  readonly missing: number;
  readonly back: number;
}
const blockOf = (port: number, more: string): string =>
  `d.test:${port} {\nbind 127.0.0.1\ntsig {\nsecret ${KEY.replace(':', ' ')}\n}\n${more}\n}\n`;
const primary = (port: number, secondary: number): string => blockOf(port, `multisocket 2\ntransfer {\nto 127.0.0.1:${secondary}\nto *\n}\n`
  + 'dynupdate {\nfile seed\ndatabase data/d.db\nallow k * *\n}');
const nameOf = (i: number): string => `c${i}.d.test`;

/** The values of names that clients count up, each its own. */
class Counts {
  /** What was acknowledged last, and what was sent last, of each name. */
  readonly acknowledged = Array.from({ length: CLIENTS }, () => 0);
  readonly sent = Array.from({ length: CLIENTS }, () => 0);
  serial = 7;
  updates = 0;
  missing = 0;
  back = 0;

  /** Counts the name of a client up until it is over. */
  async run(client: UpdateClient, i: number, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const value = ++this.sent[i]!;
      const rcode = await client.update(`delete ${nameOf(i)} TXT`, `add ${nameOf(i)} 60 TXT ${value}`);
      if (rcode === RCODE.NOERROR) {
        this.acknowledged[i] = value;
        this.updates++;
      }
      if (value % 8 === 0) await this.look(client);
    }
  }
  /** The serial may not be behind one that was seen before it was asked for. */
  async look(client: UpdateClient): Promise<void> {
    const seen = this.serial;
    const now = await serialAt(client);
    if (now === undefined) return;
    if (compareSerials(now, seen) < 0) this.back++;
    if (compareSerials(now, this.serial) > 0) this.serial = now;
  }
  /** Looks at all values while nobody changes them. */
  async check(client: UpdateClient): Promise<void> {
    for (let i = 0; i < CLIENTS; i++) {
      const value = await valueAt(client, i);
      if (value < this.acknowledged[i]! || value > this.sent[i]!) this.missing++;
    }
    await this.look(client);
  }
}
async function serialAt(client: UpdateClient): Promise<number | undefined> {
  const [soa] = await client.ask('d.test', 'SOA') ?? [];
  return soa === undefined ? undefined : Number(soa.split(' ')[6]);
}
const valueAt = async (client: UpdateClient, i: number): Promise<number> =>
  Number(/"(\d+)"/.exec((await client.ask(nameOf(i), 'TXT'))?.[0] ?? '')?.[1] ?? 0);
const up = (server: Spawned): Promise<void> => server.says(/^CoreDNS-/m);

/** Changes the zone so often, killing its server meanwhile. */
export async function soak(amount: number): Promise<Found> {
  const [port, other] = [await freePort(), await freePort()];
  const first = new Spawned(primary(port, other));
  writeFileSync(path.join(first.folder, 'seed'), SEED);
  mkdirSync(path.join(first.folder, 'data'));
  const secondary = new Spawned(blockOf(other, `secondary {\ntransfer from 127.0.0.1:${port}\n}`));
  const counts = new Counts();
  let kills = 0;
  let server = first;
  try {
    await Promise.all([up(server), up(secondary)]);
    for (;;) {
      await round(port, counts, server, amount);
      if (counts.updates >= amount) break;
      kills++;
      server = new Spawned(undefined, { folder: first.folder });
      await up(server);
      await withClient(port, (client) => counts.check(client));
    }
    counts.missing += await differing(port, other, secondary);
    return { updates: counts.updates, kills, missing: counts.missing, back: counts.back };
  } finally {
    await server.crash();
    await secondary.kill();
    rmSync(first.folder, { recursive: true, force: true });
  }
}
/** All clients at once, until it is enough, or the server is killed in the midst of it. */
async function round(port: number, counts: Counts, server: Spawned, amount: number): Promise<void> {
  const clients = Array.from({ length: CLIENTS }, () => new UpdateClient(port, 'd.test', KEY));
  const until = Math.min(amount, counts.updates + BETWEEN);
  let isOver = false;
  const running = Promise.all(clients.map((client, i) => counts.run(client, i, () => isOver)));
  await server.until(() => counts.updates >= until, `${until} updates`);
  isOver = true;
  if (counts.updates < amount) {
    await server.crash();
    for (const client of clients) client.close();
  }
  await running;
  if (counts.updates >= amount) for (const client of clients) client.close();
}
async function withClient<T>(port: number, act: (client: UpdateClient) => Promise<T>): Promise<T> {
  const client = new UpdateClient(port, 'd.test', KEY);
  try {
    return await act(client);
  } finally {
    client.close();
  }
}
/** How many values a secondary has otherwise, once it has the serial of its primary. */
async function differing(port: number, other: number, secondary: Spawned): Promise<number> {
  return await withClient(port, (one) => withClient(other, async (two) => {
    await secondary.until(async () => (await serialAt(two)) === await serialAt(one), 'the serial of the primary');
    let count = 0;
    for (let i = 0; i < CLIENTS; i++) if (await valueAt(one, i) !== await valueAt(two, i)) count++;
    return count;
  }));
}

/** Whether this machine lets a disk be made that is full soon: else why not. */
export function noSmallDisk(): string | false {
  try {
    execFileSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs -o size=64k tmpfs /mnt'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'no file system can be mounted here';
  }
}
/** Octets of the disk, and of a file that is in the way on it. */
const DISK = 400_000, BALLAST = 200_000;

/** Fills the disk with updates, makes room while the server runs, and looks what a copy of its database has. */
export async function fullDisk(): Promise<Found & { readonly refused: number }> {
  const port = await freePort();
  const disk = `mkdir -p data && mount -t tmpfs -o size=${DISK} tmpfs data`;
  const make = `${disk} && head -c ${BALLAST} /dev/zero > data/ballast && exec "$0" "$@"`;
  const server = new Spawned(primary(port, await freePort()), { command: ['unshare', '-rm', 'sh', '-c', make, process.execPath, MAIN] });
  writeFileSync(path.join(server.folder, 'seed'), SEED);
  const inside = `/proc/${server.child.pid}/root${server.folder}/data`;
  const counts = new Counts();
  let refused = 0;
  const add = async (client: UpdateClient): Promise<number | undefined> => {
    const value = ++counts.sent[0]!;
    const large = `add x${value}.d.test 60 TXT ${'x'.repeat(200)}`;
    const rcode = await client.update(`delete ${nameOf(0)} TXT`, `add ${nameOf(0)} 60 TXT ${value}`, large);
    if (rcode === RCODE.NOERROR) counts.acknowledged[0] = ++counts.updates && value;
    else refused++;
    return rcode;
  };
  let copy: Spawned | undefined;
  try {
    await up(server);
    return await withClient(port, async (client) => {
      await server.until(async () => (await add(client)) === RCODE.SERVFAIL, 'the disk to be full');
      for (let i = 0; i < 5; i++) await add(client);
      await counts.check(client);
      rmSync(path.join(inside, 'ballast'));
      await server.until(async () => (await add(client)) === RCODE.NOERROR, 'an update that is taken again');
      for (let i = 0; i < 20; i++) await add(client);
      await counts.check(client);
      const serial = await serialAt(client);
      const other = await freePort();
      copy = new Spawned(primary(other, await freePort()));
      mkdirSync(path.join(copy.folder, 'data'));
      writeFileSync(path.join(copy.folder, 'seed'), SEED);
      copyFileSync(path.join(inside, 'd.db'), path.join(copy.folder, 'data', 'd.db'));
      await up(copy);
      await withClient(other, (its) => counts.check(its));
      if (serial !== counts.serial) counts.back++;
      return { updates: counts.updates, kills: 0, missing: counts.missing, back: counts.back, refused };
    });
  } finally {
    await copy?.kill();
    await server.kill();
  }
}
