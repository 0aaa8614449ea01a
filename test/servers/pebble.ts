// Pebble, the ACME server that Let's Encrypt tests clients with, as a child process. Knows its configuration; knows no server of ours.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Authority } from '../../src/testing/certificates.ts';
import { freePort } from '../../src/testing/free-port.ts';

/** One that listens. */
export interface Pebble {
  readonly directory: string;
  /** PEM of who signed its own certificate. */
  readonly vouches: string;
  /** PEM of the root of what it gives. */
  root(): Promise<string>;
  /** What it said until now. */
  said(): string;
  stop(): Promise<void>;
}
/** How it behaves. */
export interface PebbleOptions {
  /** Where it asks for proofs by DNS. */
  readonly resolver: string;
  /** The port at which it asks for proofs by TLS. */
  readonly tlsPort?: number;
  /** Of a hundred nonces so many are refused. */
  readonly refusedNonces?: number;
  /** Keys of accounts that were made elsewhere, as base64url, by their names: then only such are taken. */
  readonly external?: { readonly [id: string]: string };
  /** Seconds that its certificates are good for. */
  readonly life?: number;
}

/** Starts it; resolves when it answers. */
export async function startPebble(program: string, options: PebbleOptions): Promise<Pebble> {
  const { resolver, tlsPort = 5001, refusedNonces = 20, life = 7_776_000, external } = options;
  const folder = mkdtempSync(join(tmpdir(), 'pebble-'));
  const authority = new Authority();
  const { cert, key } = authority.sign({ names: ['127.0.0.1'] });
  writeFileSync(join(folder, 'cert.pem'), cert);
  writeFileSync(join(folder, 'key.pem'), key);
  const [port, management] = [await freePort(), await freePort()];
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ pebble: {
    listenAddress: `127.0.0.1:${port}`, managementListenAddress: `127.0.0.1:${management}`,
    certificate: join(folder, 'cert.pem'), privateKey: join(folder, 'key.pem'), httpPort: 5002, tlsPort, ocspResponderURL: '',
    externalAccountBindingRequired: external !== undefined, externalAccountMACKeys: external ?? {}, retryAfter: { authz: 1, order: 1 },
    profiles: { default: { description: 'of tests', validityPeriod: life } },
  } }));
  const child = spawn(program, ['-config', join(folder, 'config.json'), '-dnsserver', resolver, '-strict'], {
    env: { ...process.env, PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: String(refusedNonces), PEBBLE_AUTHZREUSE: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  const directory = `https://127.0.0.1:${port}/dir`;
  await listening(child, () => said, () => fetched(directory, authority.pem));
  return {
    directory, vouches: authority.pem, said: () => said,
    root: () => fetched(`https://127.0.0.1:${management}/roots/0`, authority.pem),
    async stop() {
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
async function listening(child: ChildProcess, said: () => string, ask: () => Promise<string>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await ask();
      return;
    } catch (error) {
      if (child.exitCode !== null || tries > 600) throw new Error(`Pebble does not start: ${said()}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
const fetched = (url: string, ca: string): Promise<string> => new Promise((resolve, reject) => {
  get(url, { ca, agent: false }, (reply) => {
    let text = '';
    reply.on('data', (part) => (text += part));
    reply.on('end', () => resolve(text));
  }).on('error', reject);
});
