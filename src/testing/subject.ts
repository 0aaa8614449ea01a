// What a scenario asks of a server, in this process or in one of its own, and the values of the names in double braces. Knows
// neither how a server is run nor what scenarios say.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { FakeKubeApi } from './fake-kube-api.ts';
import { FakeUpstream } from './fake-upstream.ts';
import type { Asked } from './question.ts';
import type { Reply } from './signed.ts';

/** A server under test. */
export interface Subject {
  /** Starts it; the text of the refusal where it does not start. */
  start(corefile: string): Promise<string | undefined>;
  /** The messages of the reply, none where there is none. `silent` says that none is expected. */
  ask(asked: Asked, silent: boolean): Promise<readonly Reply[]>;
  /** Makes this the text that a reload reads. */
  rewrite(corefile: string): void;
  /** Reloads; the text of the refusal where it is refused. */
  reload(): Promise<string | undefined>;
  /** Lets milliseconds pass; false where it cannot be made to. */
  elapse(milliseconds: number): Promise<boolean>;
  /** What it logged until now. */
  log(): readonly string[];
  /** The sum of the series with this name and these labels; undefined where there is none, 'unknown' where it does not tell. */
  metric(name: string, labels: ReadonlyMap<string, string>): Promise<number | undefined | 'unknown'>;
  close(): Promise<void>;
}
/** Thrown by a subject that cannot do what is asked of it here, though another could. */
export class Impossible extends Error {
  override readonly name: string = 'Impossible';
}

/** The scratch directory of a scene, its free ports, its upstreams and Kubernetes APIs. */
export class Surroundings {
  readonly directory = mkdtempSync(join(tmpdir(), 'scenario-'));
  readonly #ports = new Map<string, number>();
  readonly #upstreams = new Map<string, FakeUpstream>();
  readonly #kubes = new Map<string, FakeKubeApi>();

  /** Whether there is a Kubernetes API, which answers in its own time. */
  get waits(): boolean {
    return this.#kubes.size > 0;
  }
  /**
   * `{{DIR}}`, `{{UPSTREAM}}`, `{{UPSTREAM:name}}`, `{{UPSTREAM_PORT}}`, `{{KUBE}}`, `{{KUBE:name}}`, and any other name in capitals, a
   * free port, replaced.
   */
  async fill(text: string): Promise<string> {
    for (const [, name] of text.matchAll(/\{\{([A-Z0-9_]+(?::\w+)?)\}\}/g)) await this.#make(name!);
    return text.replace(/\{\{([A-Z0-9_]+(?::\w+)?)\}\}/g, (_, name: string) => this.#value(name));
  }
  async #make(name: string): Promise<void> {
    if (name === 'DIR') return;
    if (name === 'UPSTREAM_PORT') await this.upstream('');
    else if (/^UPSTREAM(:|$)/.test(name)) await this.upstream(name.slice(9));
    else if (/^KUBE(:|$)/.test(name)) await this.kube(name.slice(5));
    else if (!this.#ports.has(name)) this.#ports.set(name, await freePort());
  }
  #value(name: string): string {
    if (name === 'DIR') return this.directory;
    if (name === 'UPSTREAM_PORT') return String(this.#upstreams.get('')?.port);
    if (/^KUBE(:|$)/.test(name)) return String(this.#kubes.get(name.slice(5))?.port);
    const upstream = /^UPSTREAM(:|$)/.test(name) ? this.#upstreams.get(name.slice(9)) : undefined;
    return upstream === undefined ? String(this.#ports.get(name)) : `127.0.0.1:${upstream.port}`;
  }
  /** The upstream of this name, made when first asked for. */
  async upstream(name: string): Promise<FakeUpstream> {
    let upstream = this.#upstreams.get(name);
    if (upstream === undefined) {
      upstream = new FakeUpstream();
      this.#upstreams.set(name, upstream);
      await upstream.up();
    }
    return upstream;
  }
  /** The Kubernetes API of this name, empty when first asked for. */
  async kube(name: string): Promise<FakeKubeApi> {
    let kube = this.#kubes.get(name);
    if (kube === undefined) {
      kube = new FakeKubeApi();
      this.#kubes.set(name, kube);
      await kube.up();
    }
    return kube;
  }
  /** Closes the upstreams and the APIs, and removes the directory. */
  async close(): Promise<void> {
    await Promise.all([...this.#upstreams.values(), ...this.#kubes.values()].map((each) => each.down()));
    rmSync(this.directory, { recursive: true, force: true });
  }
}

