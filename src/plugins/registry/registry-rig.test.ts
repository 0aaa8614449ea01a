// A registry in this process and a client of its API, each reply of which is held against the description that the API serves. Knows HTTP
// by Node's own client; knows nothing of how the registry is made.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import type { Clock } from '../../kernel/clock.ts';
import { freePort } from '../../testing/free-port.ts';
import { askOnce } from '../../testing/one-question.ts';
import { serve } from '../../testing/served.ts';
import { standard } from '../index.ts';
import { faultOf } from './schema.ts';
import type { Schema } from './schema.ts';

/** What came. */
export interface Reply {
  readonly status: number;
  readonly etag: string | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
}
interface Described {
  readonly paths: { readonly [path: string]: { readonly [method: string]: {
    readonly responses: { readonly [status: string]: { readonly content?: { readonly [type: string]: { readonly schema: Schema } } } };
  } } };
}
type Fields = Readonly<Record<string, string>>;

/** A client. */
export class Client {
  readonly #agent = new http.Agent({ keepAlive: true });
  readonly #at: { readonly port: number } | { readonly socketPath: string };
  readonly #token: string | undefined;
  #described: Described | undefined;

  constructor(at: { readonly port: number } | { readonly socketPath: string }, token?: string) {
    this.#at = at;
    this.#token = token;
  }
  close(): void {
    this.#agent.destroy();
  }
  /** One request; what is answered is as it is described. */
  async send(method: string, target: string, body?: unknown, fields: Fields = {}): Promise<Reply> {
    const reply = await this.raw(method, target, body === undefined ? undefined : JSON.stringify(body), fields);
    this.#described ??= (await this.raw('GET', '/v1/openapi.json')).body as unknown as Described;
    this.#check(method, target, reply);
    return reply;
  }
  #check(method: string, target: string, { status, headers, body }: Reply): void {
    const parts = target.replace(/\?.*/, '').split('/');
    const found = Object.entries(this.#described!.paths).find(([each]) => {
      const segments = each.split('/');
      return segments.length === parts.length && segments.every((segment, i) => segment.startsWith('{') || segment === parts[i]);
    });
    if (found === undefined) return assert.equal(status, 404);
    const responses = found[1][method.toLowerCase()]?.responses;
    const isProblem = headers['content-type'] === 'application/problem+json';
    if (responses === undefined) return assert.ok(isProblem);
    const described = isProblem ? responses['default'] : responses[String(status)];
    assert.ok(described !== undefined, `${status} of ${method} ${target} is not described`);
    const schema = described.content?.[headers['content-type'] ?? '']?.schema;
    if (schema === undefined) assert.deepEqual(body, {}, `${method} ${target}`);
    else assert.equal(faultOf(body, schema), undefined, `${method} ${target} ${JSON.stringify(body)}`);
  }
  raw(method: string, target: string, body?: string | Buffer, fields: Fields = {}): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const headers = {
        ...this.#token === undefined ? {} : { Authorization: `Bearer ${this.#token}` },
        ...body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }, ...fields,
      };
      const request = http.request({ host: '127.0.0.1', ...this.#at, method, path: target, agent: this.#agent, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => {
          text += piece;
        }).on('end', () => {
          const isJson = /json/.test(response.headers['content-type'] ?? '');
          const said = isJson ? JSON.parse(text) as Reply['body'] : text === '' ? {} : { text };
          resolve({ status: response.statusCode!, etag: response.headers.etag, headers: response.headers, body: said });
        });
      });
      request.on('error', reject).end(body);
    });
  }
}

/** A registry in a folder, or elsewhere, and who asks it. */
export async function registry(
  t: TestContext, { place = '', stanza = '', block = '', clock = systemClock, token }: {
    readonly place?: string; readonly stanza?: string; readonly block?: string; readonly clock?: Clock; readonly token?: string;
  } = {},
) {
  const folder = mkdtempSync(path.join(tmpdir(), 'registry-'));
  const port = await freePort();
  const corefile = `svc.test 0.10.in-addr.arpa {\nbind 127.0.0.1\nregistry {\n${place || `file ${folder}/keys`}\n`
    + `listen 127.0.0.1:${port}\n${stanza}\n}\n${block}\n}`;
  const ours = await serve(corefile, standard, clock);
  const api = new Client({ port }, token);
  t.after(async () => {
    api.close();
    await ours.close();
    rmSync(folder, { recursive: true });
  });
  const ask = (name: string, type: string) => askOnce(ours.port, name, type);
  const answers = async (name: string, type: string) => {
    const { rcode, answer } = await ask(name, type);
    return answer.length === 0 ? [rcode] : answer.map((each) => each.replace(/^(\S+ \d+) IN /, '$1 ').replace(/\.(?= |$)/g, '')).sort();
  };
  return { ours, port, api, ask, answers, corefile, folder };
}
