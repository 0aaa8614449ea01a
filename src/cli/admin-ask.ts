// One request to a running server, over a socket such as that of *admin* or at its address, and what is said where it fails. Knows HTTP and
// the console; no API.
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as secureRequest } from 'node:https';

/** Where the socket is if nothing is said. */
export const USUAL = '/run/coredns-ts/admin.sock';
/** Who has a token for an address, has it here: arguments are seen by everybody on the machine. */
const TOKEN = 'COREDNS_TS_TOKEN';

/** What the API said. */
export interface Said {
  readonly status: number;
  readonly text: string;
}

/** Asks a server: `server` is a path, `unix://PATH` or a URL; with a token unless that is ''. Rejects where nobody is there. */
export function ask(
  server: string, method: string, path: string, body?: object, accept = 'application/json', token = process.env[TOKEN] ?? '',
): Promise<Said> {
  const isUrl = /^https?:\/\//.test(server);
  return new Promise((resolve, reject) => {
    const sent = body === undefined ? '' : JSON.stringify(body);
    const headers = {
      accept, ...(method === 'GET' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(sent) }),
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
    };
    const options = { method, headers, ...(isUrl ? {} : { socketPath: server.replace(/^unix:\/\//, ''), path }) };
    const heard = (response: IncomingMessage): void => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }));
      response.on('error', reject);
    };
    const by = server.startsWith('https:') ? secureRequest : request;
    const asked = isUrl ? by(new URL(path, server), options, heard) : request(options, heard);
    asked.on('error', reject);
    asked.end(sent);
  });
}
/** Prints what was said, or why it was not, and sets the exit status. */
export function tell(word: string, server: string, said: Said | NodeJS.ErrnoException, print: (text: string) => string): void {
  process.exitCode = 1;
  if (said instanceof Error) {
    const why = said.code === 'ENOENT' || said.code === 'ECONNREFUSED' ? 'no server is there; its Corefile needs the word admin'
      : said.code === 'EACCES' ? 'this user may not' : said.message;
    process.stderr.write(`coredns-ts ${word}: ${server}: ${why}\n`);
    return;
  }
  if (said.status !== 200) {
    const { title = '', detail } = problemOf(said.text);
    process.stderr.write(harmless(`coredns-ts ${word}: ${title}${detail === undefined ? '' : `: ${detail}`}\n`));
    if (said.status === 401) process.stderr.write(`A token stands in the environment: ${TOKEN}\n`);
    return;
  }
  process.exitCode = 0;
  process.stdout.write(harmless(print(said.text)));
}
/** Nothing that others wrote does anything to a terminal: what is no text is shown as it is written in JSON. */
const harmless = (text: string): string =>
  text.replaceAll(/(?!\n)[\p{Cc}\p{Bidi_Control}]/gu, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
function problemOf(text: string): { readonly title?: string; readonly detail?: string } {
  try {
    return JSON.parse(text) as { title?: string; detail?: string };
  } catch {
    return { title: 'that is no server of ours' };
  }
}
