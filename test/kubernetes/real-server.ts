// Our server as a process beside a real API server: started with a stanza, asked, its log read. Knows the Corefile around the stanza.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { linesOf, pictureOf } from '../../src/testing/picture.ts';
import { parseAsk } from '../../src/testing/question.ts';
import { ServerProcess } from '../../src/testing/server-process.ts';
import { MAIN } from '../../src/testing/spawned.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { until } from './real-cluster.ts';
import type { Json, RealCluster } from './real-cluster.ts';
import type { KeyPair } from './real-certificates.ts';

/** Zones of every stanza. */
export const ZONES = 'cluster.local 10.in-addr.arpa';

/** A server that runs until the test ends. */
export class Served {
  readonly #process: ServerProcess;
  readonly #ready: number;

  private constructor(process: ServerProcess, ready: number) {
    this.#process = process;
    this.#ready = ready;
  }
  /** `lines` are those of the stanza. `command` is another server than ours. */
  static async start(t: TestContext, folder: string, lines: readonly string[], command = `${process.execPath} ${MAIN}`): Promise<Served> {
    const ready = await freePort();
    const served = new Served(new ServerProcess(command, folder), ready);
    t.after(() => served.#process.close());
    const stanza = ['errors', `ready 127.0.0.1:${ready}`, `kubernetes ${ZONES} {`, ...lines.map((line) => `    ${line}`), '}'];
    const refused = await served.#process.start(`${ZONES} {\n${stanza.map((line) => `    ${line}\n`).join('')}}\n`);
    if (refused !== undefined) throw new Error(refused);
    return served;
  }
  /** The reply to `NAME TYPE`: its code, flags and records, one a line, sections sorted. */
  async answer(text: string): Promise<string> {
    const asked = parseAsk(text);
    return linesOf(pictureOf(await this.#process.ask(asked, false), asked), { ignored: new Set(['edns']), ordered: false }).join('\n');
  }
  /** Waits for a reply like this. */
  async comes(text: string, pattern: RegExp, milliseconds?: number): Promise<void> {
    let last = '';
    const matches = async () => pattern.test(last = await this.answer(text));
    await until(`${pattern} of ${text}`, matches, () => `${last}\n${this.log()}`, milliseconds);
  }
  async isReady(): Promise<boolean> {
    return (await fetch(`http://127.0.0.1:${this.#ready}/ready`)).status === 200;
  }
  async ready(): Promise<void> {
    await until('readiness', () => this.isReady(), () => this.log());
  }
  log(): string {
    return this.#process.log().join('\n');
  }
  /** Waits for a line of the log. */
  async says(pattern: RegExp, milliseconds?: number): Promise<void> {
    await until(String(pattern), () => pattern.test(this.log()), () => this.log(), milliseconds);
  }
}

/** The lines of a stanza that shows a certificate. */
export const byCertificate = (cluster: RealCluster, { certificate, key }: KeyPair): readonly string[] =>
  [`endpoint ${cluster.url}`, `tls ${certificate} ${key} ${cluster.authority.ca}`];

/** Writes a kubeconfig whose user has these fields; gives its stanza line. JSON is YAML. */
export function byKubeconfig(cluster: RealCluster, name: string, user: Json): string {
  const file = join(cluster.folder, `${name}.kubeconfig`);
  writeFileSync(file, JSON.stringify({
    apiVersion: 'v1', kind: 'Config', 'current-context': 'other',
    clusters: [{ name: 'real', cluster: { server: cluster.url, 'certificate-authority': 'ca.crt' } }],
    users: [{ name: 'dns', user }], contexts: [{ name: 'one', context: { cluster: 'real', user: 'dns' } }],
  }));
  return `kubeconfig ${file} one`;
}
