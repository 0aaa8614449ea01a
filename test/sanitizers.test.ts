// The addon built with the address and undefined-behaviour sanitizers, in a process of its own that gives it 100,000 packets: any length,
// answered at once, late or never, from sockets that come and go, with entries that point nowhere. Knows the build and the sockets.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TestService, question } from '../src/testing/conformance/transport-service.ts';
import { BOARD_WORDS, BOX_ENTRIES, BOX_WORDS, COUNT, ENTRY } from '../src/transport/addon.ts';
import type { Addon } from '../src/transport/addon.ts';
import { BatchDatagrams } from '../src/transport/connected-batch.ts';
import { BatchUdp } from '../src/transport/udp-batch.ts';

const PACKETS = 100_000;
const self = fileURLToPath(import.meta.url);
const FLAGS = ['-g', '-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=undefined', '-fno-omit-frame-pointer'];
const WORDS = ['now', 'later', 'early', 'hold', 'never', 'size600', 'size9000', 'size65000'];
interface Build { buildAddon(to: string, flags: readonly string[]): string | undefined }
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Where the compiler keeps a library of its own; undefined where it has none. */
function library(name: string): string | undefined {
  const { stdout, status } = spawnSync('cc', [`-print-file-name=${name}`], { encoding: 'utf8' });
  return status === 0 && path.isAbsolute(stdout.trim()) ? stdout.trim() : undefined;
}

/** Packets that are questions, cut ones, long ones and rubbish; the same in each run. */
function packet(random: () => number, i: number): Uint8Array {
  const kind = random() % 8;
  if (kind === 0) return Uint8Array.from({ length: random() % 700 }, () => random());
  const asked = question(i & 0xffff, `${WORDS[random() % WORDS.length]}.test`, kind === 1 ? random() % 9000 : 0);
  return kind === 2 ? asked.subarray(0, random() % asked.length) : asked;
}
function numbers(): () => number {
  let state = 0x2545f491;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 1;
  };
}

async function traffic(addon: Addon): Promise<void> {
  const random = numbers();
  const services = [new TestService()];
  const service = services[0]!;
  const more = (): TestService => services[services.push(new TestService(service.arena)) - 1]!;
  const asked = (): number => services.reduce((sum, each) => sum + each.asked, 0);
  const transport = new BatchUdp(addon);
  const first = await transport.listen({ scheme: 'dns', address: '', port: 0 }, service, 2);
  let guest = await transport.listen(first.at, more());
  const out = new BatchDatagrams(addon);
  const connect = () => out.open({ address: '127.0.0.1', port: first.at.port }, () => {}, () => {});
  const clients = [createSocket('udp4'), createSocket('udp6')];
  for (const client of clients) client.on('error', () => {});
  let upstream = connect();
  for (let sent = 0; asked() < PACKETS;) {
    assert.ok(sent < 10 * PACKETS, `${asked()} of ${sent} were received`);
    for (let i = 0; i < 100; i++, sent++) {
      const bytes = packet(random, sent);
      if (i % 3 === 0) upstream.bytes.set(bytes, upstream.write(bytes.length));
      else if (i % 7 === 0) single(out, bytes, i % 2 === 0 ? first.at.port : 9, random);
      else clients[i % 2]!.send(bytes, first.at.port, i % 2 === 0 ? '127.0.0.1' : '::1', () => {});
    }
    await turn();
    if (sent % 500 === 0) for (const each of services) each.release(true);
    if (sent % 5000 === 0) {
      upstream.close();
      upstream = connect();
      await guest.close(sent % 10_000 === 0 ? 0 : 50);
      guest = await transport.listen(first.at, more());
      nonsense(addon, random);
    }
  }
  for (const each of services) each.release(true);
  // Sockets that are still open are the environment's to end.
  await guest.close(100);
  for (const client of clients) client.close();
}
/** A question with a socket of its own, which nobody may answer, and which ends soon or late. */
function single(out: BatchDatagrams, bytes: Uint8Array, port: number, random: () => number): void {
  let left = 1 + random() % 3;
  const end = (): void => void (--left === 0 && out.end(socket));
  const socket = out.ask({ address: '127.0.0.1', port }, bytes, { received: end, failed: end });
  if (socket >= 0 && random() % 2 === 0) setTimeout(() => out.end(socket), random() % 20);
}
/** An outbox full of entries that point anywhere. */
function nonsense(addon: Addon, random: () => number): void {
  const bytes = new Uint8Array(4096);
  const box = new Int32Array(BOX_WORDS);
  const socket = addon.open(addon.board(new Int32Array(BOARD_WORDS), bytes, 512, 800), box, bytes, '127.0.0.1', 0, 0, '', () => {});
  for (let i = ENTRY; i < BOX_WORDS; i++) box[i] = random() % 5000 - 200;
  for (let i = 0; i < 4096; i++) bytes[i] = random();
  box[COUNT] = BOX_ENTRIES + 5;
  addon.flush(socket);
  addon.close(socket);
}

if (process.env['COREDNS_TS_SANITIZED'] !== undefined) {
  await traffic(createRequire(import.meta.url)(process.env['COREDNS_TS_SANITIZED']) as Addon);
  assert.match(readFileSync('/proc/self/maps', 'latin1'), /libasan/);
  process.stdout.write('all packets were given\n');
  process.exit(0);
} else {
  const asan = process.platform === 'linux' ? library('libasan.so') : undefined;
  const without = asan === undefined ? 'the compiler has no address sanitizer' : false;
  test('the addon with sanitizers, given 100,000 packets: no report', { skip: without }, async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'coredns-ts-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = path.join(folder, 'udp-batch.node');
    const build = await import('../scripts/addon.mjs' as string) as Build;
    assert.equal(build.buildAddon(file, FLAGS), undefined);
    const environment = {
      ...process.env, COREDNS_TS_SANITIZED: file, LD_PRELOAD: asan, NODE_TEST_CONTEXT: undefined,
      ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=0:exitcode=99', UBSAN_OPTIONS: 'print_stacktrace=1',
    };
    const child = spawn(process.execPath, [self], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), 450_000);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { said += text; });
    const status = await new Promise((resolve) => child.on('close', resolve));
    clearTimeout(timer);
    assert.equal(status, 0, said.slice(0, 6000));
    assert.match(said, /^all packets were given$/m);
    assert.doesNotMatch(said, /runtime error|AddressSanitizer/);
  });
}
