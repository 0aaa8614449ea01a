// A server in this process with a socket, a client of Node that asks over it, and the program itself. For the tests beside it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { request } from 'node:http';
import type { RequestOptions } from 'node:http';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { InProcess } from '../../testing/in-process.ts';
import { parseAsk } from '../../testing/question.ts';
import { MAIN } from '../../testing/spawned.ts';
import { Surroundings } from '../../testing/subject.ts';
import { standard } from '../index.ts';

/** What a request was answered. */
export interface Said {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly json: { readonly [name: string]: unknown };
}
/** A server, and its socket. */
export interface Rig { readonly server: InProcess; readonly around: Surroundings; readonly socket: string }

/** Starts one; ends it with the test. */
export async function rig(t: TestContext, corefile: string): Promise<Rig> {
  const around = new Surroundings();
  const server = new InProcess(standard);
  t.after(async () => {
    await server.close();
    await around.close();
  });
  const refused = await server.start(await around.fill(corefile));
  assert.equal(refused, undefined);
  return { server, around, socket: join(around.directory, 'admin.sock') };
}
/** Asks over the socket. */
export const ask = (socketPath: string, method: string, path: string, body?: string, type = 'application/json'): Promise<Said> =>
  send(request, { socketPath, method, path, headers: body === undefined ? {} : { 'content-type': type } }, body);
/** Asks, by a function of Node's `http` or `https`. */
export function send(by: typeof request, options: RequestOptions, body = ''): Promise<Said> {
  return new Promise((resolve, reject) => {
    const headers = body === '' ? options.headers : { ...options.headers, 'content-length': Buffer.byteLength(body) };
    const asked = by({ ...options, headers, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => {
        const said = { status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text };
        resolve({ ...said, json: said.type.includes('json') ? JSON.parse(text) : {} });
      });
    });
    asked.on('error', reject);
    asked.end(body);
  });
}
/** What the program prints. */
export const run = (...args: readonly string[]): Promise<{ status: number; out: string; errors: string }> => new Promise((resolve) => {
  execFile(process.execPath, [MAIN, ...args], (error, out, errors) => resolve({ status: Number(error?.code ?? 0), out, errors }));
});

/** A Corefile with a cache, an upstream and a zone. */
export const SERVED = `.:53 {
    admin unix://{{DIR}}/admin.sock
    cache 30
    forward . {{UPSTREAM}}
}
example.org:53 {
    hosts {
        192.0.2.1 www.example.org
    }
}
`;
/** What the upstream answers from now on. */
export const upstreamSays = async ({ around }: Rig, address: string): Promise<void> => {
  const { parsePicture } = await import('../../testing/picture.ts');
  const { records } = parsePicture(['NOERROR', `answer www.example.net. 60 IN A ${address}`]);
  (await around.upstream('')).script('www.example.net. A', { rcode: 0, flags: 0, ...records });
};
/** The address that the server answers. */
export const answer = async ({ server }: Rig): Promise<string> => {
  const [reply] = await server.ask(parseAsk('www.example.net A'));
  return [...reply!.answer[0]!.rdata].join('.');
};
