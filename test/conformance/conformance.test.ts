// The recorded conversations with CoreDNS, replayed against bin/coredns-ts: those of cases.json that agree must go on
// agreeing. Knows the replayer's command line, nothing of what is asked.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { quicAddon } from '../../src/testing/conformance/quic-client.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = path.join(here, '..', '..');

/**
 * `agreed`: every step agrees, or deviations.json says why it does not. `wanted`: those that this version is to reach. `dgram`: those
 * of the agreed ones that are replayed on Node's own UDP sockets too, since they show what sockets do.
 */
interface Cases { readonly agreed: readonly string[]; readonly wanted: readonly string[]; readonly dgram: readonly string[] }
const cases = JSON.parse(readFileSync(path.join(here, 'cases.json'), 'utf8')) as Cases;
const deviations = JSON.parse(readFileSync(path.join(here, 'deviations.json'), 'utf8')) as Record<string, Record<string, string>>;

/**
 * What is not compared where the addon of QUIC is not built: each step of a Corefile that needs it, and whole cases that do. A file for the
 * replayer, beside the other reasons.
 */
function withoutQuic(folder: string): string {
  const why = `QUIC: ${String(quicAddon)}: npm run native`;
  const needs = (text: string): boolean => /\b(?:quic|https3):\/\//.test(text);
  const all: Record<string, Record<string, string>> = structuredClone(deviations);
  for (const name of cases.agreed) {
    const read = (file: string): string => {
      const at = path.join(here, 'cases', name, file);
      return existsSync(at) ? readFileSync(at, 'utf8') : '';
    };
    const { checks = {} } = JSON.parse(read('case.json')) as { checks?: Record<string, string> };
    if (needs(read('Corefile'))) all[name] = { '*': why };
    for (const [step, text] of Object.entries(checks)) if (needs(text)) all[name] = { ...all[name], [`check ${step}`]: why };
  }
  const file = path.join(folder, 'deviations.json');
  writeFileSync(file, JSON.stringify(all));
  return file;
}
/** Where the replayer reads its deviations. */
const reasons: string[] = [];
if (typeof quicAddon === 'string') {
  const folder = mkdtempSync(path.join(tmpdir(), 'conformance-'));
  after(() => rmSync(folder, { recursive: true }));
  reasons.push('--deviations', withoutQuic(folder));
}

/** Runs the replayer over these cases; resolves to what it printed and its exit status. */
function replay(
  names: readonly string[], { server = path.join(root, 'bin/coredns-ts'), udp = '', jobs = Math.max(4, 4 * availableParallelism()) } = {},
): Promise<{ status: number | null; printed: string }> {
  const args = [path.join(here, 'replay.mjs'), '--server', server, '--jobs', String(jobs), ...reasons, ...names];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, COREDNS_TS_UDP: udp } });
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { printed += text; });
    child.on('close', (status) => resolve({ status, printed }));
  });
}

/** So many cases may differ where all are replayed at once, and so often those are replayed that do. */
const MOST_DIFFERING = 40, ROUNDS = 4;
/**
 * Replays all cases at once, then those that differ one by one, again where they do still: many of them wait for real milliseconds, which a
 * machine that is busy with the others', or with another file's tests, does not always have. What differs each time, differs.
 */
async function agree(names: readonly string[], udp: string, tell: (line: string) => void): Promise<void> {
  let { status, printed } = await replay(names, { udp });
  tell(printed.trim().split('\n').at(-1) ?? '');
  for (let round = 0; status !== 0; round++) {
    const [, listed = ''] = /^cases that differ: (.*)$/m.exec(printed) ?? [];
    const differing = [...listed.matchAll(/(\S+) \(\d+ of \d+\)/g)].map(([, name]) => name!);
    assert.ok(round < ROUNDS && differing.length > 0 && differing.length <= MOST_DIFFERING, printed);
    tell(`again, alone: ${differing.join(' ')}`);
    ({ status, printed } = await replay(differing, { udp, jobs: 1 }));
  }
}

test('the program is compiled', () => {
  assert.ok(existsSync(path.join(root, 'dist/main.js')), "dist/main.js is missing: run 'npm run build'");
});

test('the conversations agree', { skip: cases.agreed.length > 0 ? false : 'no case agrees yet' }, async (t) => {
  await agree(cases.agreed, '', (line) => t.diagnostic(line));
});

test('they agree on sockets without the addon', { skip: cases.dgram.length > 0 ? false : 'no case is named' }, async (t) => {
  await agree(cases.dgram, 'dgram', (line) => t.diagnostic(line));
});

test('a server that does not do it is seen', async () => {
  const { status } = await replay(['reject-whoami-argument', 'whoami'], { server: 'false' });
  assert.notEqual(status, 0);
});

test('each case that is named is there, once', () => {
  const names = [...cases.agreed, ...cases.wanted];
  assert.deepEqual(names.filter((name) => !existsSync(path.join(here, 'cases', name, 'case.json'))), []);
  assert.deepEqual(cases.agreed.filter((name, i) => cases.agreed.indexOf(name) !== i), []);
  assert.deepEqual(cases.dgram.filter((name) => !cases.agreed.includes(name)), []);
});

test('each deviation has a reason, and names a step that is there', () => {
  const wrong = Object.entries(deviations).flatMap(([name, steps]) => Object.entries(steps).flatMap(([step, reason]) => {
    const file = path.join(here, 'cases', name, 'expected.json');
    const recorded = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { step: string }[]).map((each) => each.step) : [];
    return [
      ...(step === '*' ? recorded.length > 0 : recorded.includes(step)) ? [] : [`${name}: ${step}: there is no such step`],
      ...(reason.length > 20 ? [] : [`${name}: ${step}: has no reason`]),
    ];
  }));
  assert.deepEqual(wrong, []);
});
