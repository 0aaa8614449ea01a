// A real etcd for tests, where the machine has one: started on free ports, written by its JSON gateway, killed and started again. Knows
// etcd's command line and gateway; knows nothing of ours.
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { freePort } from '../testing/free-port.ts';

/** Why it is skipped. */
export const isMissing = spawnSync('etcd', ['--version']).status === 0 ? false : 'etcd is not installed';
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Files of a secure listener that takes only clients whose certificates the authority signed. */
interface SecureFiles {
  readonly cert: string;
  readonly key: string;
  readonly authority: string;
}

/** One etcd of one member. */
export class RealEtcd {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'etcd-'));
  #port = 0;
  #peer = 0;
  #securePort = 0;
  #child: ChildProcess | undefined;
  readonly #secure: SecureFiles | undefined;

  constructor(secure?: SecureFiles) {
    this.#secure = secure;
  }
  /** Where it speaks TLS. */
  get secureUrl(): string {
    return `https://127.0.0.1:${this.#securePort}`;
  }
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }
  async open(t: TestContext): Promise<this> {
    this.#port = await freePort();
    this.#peer = await freePort();
    this.#securePort = await freePort();
    t.after(async () => {
      await this.kill();
      rmSync(this.#folder, { recursive: true });
    });
    await this.start();
    return this;
  }
  async start(): Promise<void> {
    const peer = `http://127.0.0.1:${this.#peer}`;
    const secure = this.#secure;
    const files = secure === undefined ? []
      : ['--cert-file', secure.cert, '--key-file', secure.key, '--trusted-ca-file', secure.authority, '--client-cert-auth'];
    const clients = secure === undefined ? this.url : `${this.url},${this.secureUrl}`;
    this.#child = spawn('etcd', ['--data-dir', this.#folder, '--listen-client-urls', clients, '--advertise-client-urls', this.url, ...files,
      '--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`], { stdio: 'ignore' });
    for (let i = 0; i < 600; i++) {
      try {
        if ((await fetch(`${this.url}/health`)).ok) return;
      } catch {
        // Nobody listens yet.
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('etcd did not start');
  }
  /** Stops the process where it stands, or lets it go on. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(name);
  }
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }
  async call(what: string, body: unknown, token?: string): Promise<Record<string, unknown>> {
    const headers = token === undefined ? {} : { Authorization: token };
    const response = await fetch(`${this.url}/v3/${what}`, { method: 'POST', body: JSON.stringify(body), headers });
    if (!response.ok) throw new Error(`etcd ${what}: ${response.status} ${await response.text()}`);
    return await response.json() as Record<string, unknown>;
  }
  /** Resolves to the revision. */
  async put(key: string, value: unknown, lease?: string): Promise<number> {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const reply = await this.call('kv/put', { key: base64(key), value: base64(text), ...(lease === undefined ? {} : { lease }) });
    return Number((reply['header'] as { readonly revision: string }).revision);
  }
  async remove(key: string): Promise<void> {
    await this.call('kv/deleterange', { key: base64(key) });
  }
  /** Resolves to its id. */
  async grant(seconds: number): Promise<string> {
    return String((await this.call('lease/grant', { TTL: seconds }))['ID']);
  }
}

/** Asks the gateway of a member; undefined where it does not answer. */
export async function askMember(url: string, what: string, body: unknown): Promise<Record<string, unknown> | undefined> {
  try {
    const response = await fetch(`${url}/v3/${what}`, { method: 'POST', body: JSON.stringify(body), signal: AbortSignal.timeout(5000) });
    return response.ok ? await response.json() as Record<string, unknown> : undefined;
  } catch {
    return undefined;
  }
}
/** One of several. */
interface Member {
  readonly url: string;
  readonly child: ChildProcess;
}
/** Starts three members that find each other. */
export async function threeEtcds(t: TestContext): Promise<readonly Member[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'etcd-three-'));
  const ports = await Promise.all([1, 2, 3].map(async (n) => ({ name: `m${n}`, client: await freePort(), peer: await freePort() })));
  const cluster = ports.map(({ name, peer }) => `${name}=http://127.0.0.1:${peer}`).join(',');
  const members = ports.map(({ name, client, peer }) => {
    const url = `http://127.0.0.1:${client}`, own = `http://127.0.0.1:${peer}`;
    const child = spawn('etcd', ['--name', name, '--data-dir', path.join(folder, name), '--listen-client-urls', url,
      '--advertise-client-urls', url, '--listen-peer-urls', own, '--initial-advertise-peer-urls', own, '--initial-cluster', cluster],
    { stdio: 'ignore' });
    return { url, child };
  });
  t.after(async () => {
    for (const { child } of members) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    rmSync(folder, { recursive: true });
  });
  return members;
}
/** The one that leads: on a busy machine there is none at times. */
export async function leaderOf(members: readonly Member[]): Promise<Member> {
  const leads = (state: Record<string, unknown> | undefined) =>
    state !== undefined && (state['header'] as { readonly member_id: string }).member_id === state['leader'];
  for (let i = 0; i < 600; i++) {
    const states = await Promise.all(members.map(({ url }) => askMember(url, 'maintenance/status', {})));
    const leader = members[states.findIndex(leads)];
    if (leader !== undefined) return leader;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('nobody leads');
}
