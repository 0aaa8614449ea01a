// Credentials that a command prints, as kubeconfig's `exec` has it (client.authentication.k8s.io/v1 and v1beta1). Knows the command and
// what it says; knows no HTTP.
import type { Clock } from '../kernel/clock.ts';
import { ApiError } from './api-error.ts';
import type { Credential, CredentialSource } from './credentials.ts';

/** Which command, and how to call it. */
export interface ExecPlugin {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Beside our own environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly installHint: string | undefined;
  /** What the command learns of the cluster where `provideClusterInfo` is set. */
  readonly cluster: object | undefined;
}

/** Milliseconds that a command may take, and bytes that it may print. */
const LONGEST = 60_000, MOST_OUTPUT = 1 << 20;

/** Runs the command and keeps what it says until that expires or the API refuses it. */
export class ExecCredential implements CredentialSource {
  readonly #plugin: ExecPlugin;
  readonly #clock: Clock;
  #known: Credential | undefined;
  /** Milliseconds since 1970. */
  #expires = Infinity;
  #running: Promise<Credential> | undefined;

  constructor(plugin: ExecPlugin, clock: Clock) {
    this.#plugin = plugin;
    this.#clock = clock;
  }
  async get(): Promise<Credential> {
    if (this.#known !== undefined && this.#clock.wall() < this.#expires) return this.#known;
    // However many ask at once: one command runs.
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
    return this.#running;
  }
  refused(credential: Credential): void {
    if (credential === this.#known) this.#known = undefined;
  }

  async #run(): Promise<Credential> {
    const output = await this.#output();
    const { credential, expires } = readExecCredential(output, this.#plugin.apiVersion);
    this.#known = credential;
    this.#expires = expires;
    return credential;
  }
  async #output(): Promise<string> {
    const { execFile } = await import('node:child_process');
    const { apiVersion, command, args, env, cluster, installHint } = this.#plugin;
    const spec = { interactive: false, ...(cluster === undefined ? {} : { cluster }) };
    const info = JSON.stringify({ kind: 'ExecCredential', apiVersion, spec });
    return new Promise((resolve, reject) => {
      const options = { env: { ...process.env, ...env, KUBERNETES_EXEC_INFO: info }, timeout: LONGEST, maxBuffer: MOST_OUTPUT };
      const child = execFile(command, [...args], options, (error, stdout, stderr) => {
        if (error === null) return resolve(stdout);
        const missing = (error as { code?: unknown }).code === 'ENOENT';
        const why = `executable ${command} ${missing ? 'not found' : `failed with exit code ${error.code ?? error.signal}`}`;
        const hint = missing && installHint !== undefined ? `: ${installHint}` : '';
        const said = stderr.trim().split('\n')[0] ?? '';
        reject(new ApiError('credentials', `getting credentials: exec: ${why}${hint}${said === '' ? '' : ` (${said.slice(0, 200)})`}`));
      });
      child.stdin?.on('error', () => {});
      child.stdin?.end();
    });
  }
}

/** What a command printed. `expires` is in milliseconds since 1970, Infinity where it said nothing. Throws ApiError `credentials`. */
export function readExecCredential(output: string, apiVersion: string): { readonly credential: Credential; readonly expires: number } {
  const refuse = (why: string): never => {
    throw new ApiError('credentials', `getting credentials: ${why}`);
  };
  let read: unknown;
  try {
    read = JSON.parse(output);
  } catch {
    return refuse('decoding stdout: it is no JSON');
  }
  const { apiVersion: version, kind, status } = (read ?? {}) as { [field: string]: unknown };
  if (kind !== 'ExecCredential' || version !== apiVersion) {
    return refuse(`exec plugin is configured to use API version ${apiVersion}, plugin returned version ${String(version)}`);
  }
  const given = (status ?? {}) as { [field: string]: unknown };
  const { token, clientCertificateData: certificate, clientKeyData: key, expirationTimestamp } = given;
  const hasToken = typeof token === 'string' && token !== '';
  const hasCertificate = typeof certificate === 'string' && certificate !== '';
  const hasKey = typeof key === 'string' && key !== '';
  if (!hasToken && !hasCertificate && !hasKey) return refuse("exec plugin didn't return a token or cert/key pair");
  if (hasCertificate !== hasKey) return refuse('exec plugin returned only certificate or key, not both');
  const expires = typeof expirationTimestamp === 'string' ? Date.parse(expirationTimestamp) : Infinity;
  return {
    credential: {
      ...(hasToken ? { authorization: `Bearer ${token}` } : {}),
      ...(hasCertificate ? { certificate: certificate as string, key: key as string } : {}),
    },
    expires: Number.isNaN(expires) ? Infinity : expires,
  };
}
