// A kube-apiserver with its etcd as processes of a test, where the environment names their binaries: started, killed, frozen, asked.
// Nothing else of a cluster runs, so what controllers would make is made by the test. Knows processes and HTTPS; knows no DNS.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/testing/free-port.ts';
import { Authority } from './real-certificates.ts';
import type { KeyPair } from './real-certificates.ts';

/** Why there is no real API server here; false where there is one. */
export const ABSENT = ['KUBE_APISERVER', 'ETCD'].every((name) => existsSync(process.env[name] ?? '')) ? false
  : 'KUBE_APISERVER and ETCD do not name the binaries of kube-apiserver and etcd';

/** An object as JSON has it. */
export interface Json {
  readonly [field: string]: unknown;
}
/** A request as the API server wrote it down. */
export interface Audited {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly status: number;
  readonly user: string;
}

/** Milliseconds for a start. */
const PATIENCE = 60_000;
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Waits for something real. Rejects with what `said` gives when it does not happen in time. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, said: () => string = () => '', milliseconds = 20_000) {
  for (const end = performance.now() + milliseconds; !(await holds()); await pause(20)) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what}\n${said()}`);
  }
}

const POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules: [{level: Metadata}]
`;

/** One API server. */
export class RealCluster {
  readonly folder = mkdtempSync(join(tmpdir(), 'real-cluster-'));
  readonly authority = new Authority(this.folder);
  readonly admin: KeyPair = this.authority.user('admin', { groups: ['system:masters'] });
  port = 0;
  #etcdPort = 0;
  #etcd: ChildProcess | undefined;
  #api: ChildProcess | undefined;
  #agent = new Agent({ keepAlive: true });
  #auditedTo = 0;
  readonly #end = () => [this.#api, this.#etcd].forEach((child) => child?.kill('SIGKILL'));

  /** Both processes, ready to be asked. `flags` are further ones of the API server. */
  static async start(flags: readonly string[] = []): Promise<RealCluster> {
    const cluster = new RealCluster();
    try {
      process.once('exit', cluster.#end);
      cluster.authority.server();
      cluster.authority.key('accounts.key');
      writeFileSync(join(cluster.folder, 'audit.yaml'), POLICY);
      await cluster.#startEtcd();
      cluster.port = await freePort();
      await cluster.run(flags);
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }
  get url(): string {
    return `https://127.0.0.1:${this.port}`;
  }
  async #startEtcd(): Promise<void> {
    this.#etcdPort = await freePort();
    const [clients, peers] = [`http://127.0.0.1:${this.#etcdPort}`, `http://127.0.0.1:${await freePort()}`];
    this.#etcd = this.#spawn('ETCD', ['--data-dir', 'etcd', '--listen-client-urls', clients, '--advertise-client-urls', clients,
      '--listen-peer-urls', peers, '--initial-advertise-peer-urls', peers, '--initial-cluster', `default=${peers}`, '--unsafe-no-fsync']);
    await until('etcd', () => this.#healthy(`${clients}/health`), () => this.output('ETCD'));
  }
  async #healthy(url: string): Promise<boolean> {
    try {
      return (await fetch(url)).ok;
    } catch {
      return false;
    }
  }
  /** Starts the API server, again on its port where it ran before. */
  async run(flags: readonly string[] = []): Promise<void> {
    this.#api = this.#spawn('KUBE_APISERVER', [
      `--etcd-servers=http://127.0.0.1:${this.#etcdPort}`, '--bind-address=127.0.0.1', `--secure-port=${this.port}`, '--cert-dir=.',
      '--tls-cert-file=server.crt', '--tls-private-key-file=server.key', '--client-ca-file=ca.crt', '--authorization-mode=RBAC',
      '--service-account-key-file=accounts.key', '--service-account-signing-key-file=accounts.key',
      '--service-account-issuer=https://kubernetes.default.svc', '--service-cluster-ip-range=10.96.0.0/16,fd00:96::/112',
      '--endpoint-reconciler-type=none', '--disable-admission-plugins=ServiceAccount',
      '--audit-log-path=audit.log', '--audit-policy-file=audit.yaml', ...flags,
    ]);
    await until('the API server', () => this.#ready(), () => this.output('KUBE_APISERVER').slice(-3000), PATIENCE);
  }
  async #ready(): Promise<boolean> {
    if (this.#api!.exitCode !== null) throw new Error(`the API server ended\n${this.output('KUBE_APISERVER').slice(-3000)}`);
    try {
      await this.ask('GET', '/readyz');
      return true;
    } catch {
      return false;
    }
  }
  #spawn(binary: string, args: readonly string[]): ChildProcess {
    const log = openSync(join(this.folder, `${binary}.log`), 'a');
    try {
      return spawn(process.env[binary]!, args, { cwd: this.folder, stdio: ['ignore', log, log] });
    } finally {
      closeSync(log);
    }
  }
  /** What a process of ours wrote. */
  output(binary: 'ETCD' | 'KUBE_APISERVER'): string {
    return readFileSync(join(this.folder, `${binary}.log`), 'utf8');
  }

  /** Ends the API server as a crash does. */
  async kill(): Promise<void> {
    await ended(this.#api);
    this.#agent.destroy();
    this.#agent = new Agent({ keepAlive: true });
  }
  /** It keeps its sockets and does nothing, until it is thawed. */
  freeze(): void {
    this.#api!.kill('SIGSTOP');
  }
  thaw(): void {
    this.#api!.kill('SIGCONT');
  }
  async close(): Promise<void> {
    this.#agent.destroy();
    await ended(this.#api);
    await ended(this.#etcd);
    process.off('exit', this.#end);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Asks the API as its administrator. Rejects with the API's words where it does not say yes. */
  async ask(method: string, path: string, body?: Json, type = 'application/json'): Promise<Json> {
    const text = await this.#send(method, path, body, type);
    return text.startsWith('{') ? JSON.parse(text) as Json : {};
  }
  #send(method: string, path: string, body: Json | undefined, type: string): Promise<string> {
    const [ca, cert, key] = [this.authority.ca, this.admin.certificate, this.admin.key].map((file) => readFileSync(file));
    const headers = { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': type }) };
    return new Promise((resolve, reject) => {
      const asked = request(`${this.url}${path}`, { method, headers, agent: this.#agent, ca, cert, key, timeout: 20_000 }, (reply) => {
        let text = '';
        reply.setEncoding('utf8').on('data', (part: string) => (text += part)).on('error', reject).on('end', () => {
          if (reply.statusCode! >= 300) reject(new Error(`${method} ${path}: ${reply.statusCode} ${text.slice(0, 500)}`));
          else resolve(text);
        });
      });
      asked.on('timeout', () => asked.destroy(new Error(`${method} ${path}: no reply`))).on('error', reject);
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
  /** Changes fields of an object. */
  patch(path: string, change: Json): Promise<Json> {
    return this.ask('PATCH', path, change, 'application/merge-patch+json');
  }
  /** Deletes an object behind the API server's back, and forgets all that etcd knows of the past. */
  async loseHistory(key: string): Promise<void> {
    const etcd = async (path: string, body: Json) => {
      const reply = await fetch(`http://127.0.0.1:${this.#etcdPort}/v3/kv/${path}`, { method: 'POST', body: JSON.stringify(body) });
      return await reply.json() as { readonly deleted?: string; readonly header: { readonly revision: string } };
    };
    const { deleted, header: { revision } } = await etcd('deleterange', { key: Buffer.from(key).toString('base64') });
    if (deleted !== '1') throw new Error(`etcd has no ${key}`);
    await etcd('compaction', { revision, physical: true });
  }
  /** Whether this API server, with its etcd, streams lists: an etcd before 3.4.31 or 3.5.13 cannot. */
  async streams(): Promise<boolean> {
    const query = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1';
    return (await this.#send('GET', `/api/v1/namespaces?${query}`, undefined, '').catch(() => '')).includes('k8s.io/initial-events-end');
  }
  /** What our server asked since the last time, in the order in which the replies began. */
  audited(): readonly Audited[] {
    const lines = readFileSync(join(this.folder, 'audit.log'), 'utf8').split('\n').slice(0, -1);
    const events = lines.slice(this.#auditedTo).map((line) => JSON.parse(line) as {
      stage: string; requestURI: string; userAgent?: string; responseStatus?: { code: number }; user: { username: string }; verb: string;
    });
    this.#auditedTo = lines.length;
    return events.filter(({ userAgent, stage, verb }) => userAgent?.startsWith('coredns-ts/')
      && (stage === 'ResponseStarted' || verb !== 'watch')).map(({ requestURI, responseStatus, user }) => {
      const { pathname, searchParams } = new URL(requestURI, 'https://api');
      return { path: pathname, query: searchParams, status: responseStatus?.code ?? 0, user: user.username };
    });
  }
}

async function ended(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const end = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await end;
}
