// The programs of others that tests ask, run once or for as long as a test lasts. Knows processes and scratch folders; knows no DNS.
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { Authority } from '../../src/testing/certificates.ts';

/** `false` where the program is there, else why a test of it is skipped. */
export function missing(...programs: readonly string[]): string | false {
  const gone = programs.filter((program) => {
    try {
      execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
      return false;
    } catch {
      return true;
    }
  });
  return gone.length === 0 ? false : `${gone.join(', ')} not installed`;
}

/** Everything that a program printed, whatever its status. `input` is what it reads. */
export const output = (program: string, args: readonly string[], input = ''): Promise<string> => new Promise((resolve) => {
  const child = execFile(program, args, { timeout: 90_000, maxBuffer: 1e9 }, (_error, stdout, stderr) => resolve(stdout + stderr));
  // Many of them end without reading anything.
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
});

/** A folder that is gone after the test. */
export function scratch(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'servers-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder with a certificate for `dns.test`, its key and who signed it: cert.pem, key.pem, ca.pem. */
export function certified(t: TestContext): string {
  const folder = scratch(t);
  const authority = new Authority();
  const { cert, key } = authority.sign({ names: ['dns.test'] });
  for (const [name, text] of Object.entries({ 'cert.pem': cert, 'key.pem': key, 'ca.pem': authority.pem })) {
    writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

/** A program that runs until the test has ended. */
export interface Started {
  /** What it printed so far. */
  readonly printed: () => string;
  readonly signal: (name: NodeJS.Signals) => void;
}

/** Starts one. */
export function started(t: TestContext, program: string, args: readonly string[], cwd: string): Started {
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  const add = (text: Buffer): void => void (printed += text.toString());
  child.stdout.on('data', add);
  child.stderr.on('data', add);
  const ended = new Promise((resolve) => child.once('close', resolve));
  t.after(async () => {
    // What it forked ends with it.
    child.kill('SIGTERM');
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 3000))]);
    child.kill('SIGKILL');
    await ended;
  });
  return { printed: () => printed, signal: (name) => void child.kill(name) };
}

/** Waits until this holds, as long as other programs may take; else fails with what was waited for and what was said. */
export async function until(what: string, condition: () => Promise<boolean> | boolean, said: () => string): Promise<void> {
  for (const end = performance.now() + 60_000; !(await condition()); await new Promise((resolve) => setTimeout(resolve, 50))) {
    assert.ok(performance.now() < end, `waited for ${what}\n${said().slice(-3000)}`);
  }
}
