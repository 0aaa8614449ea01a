// `coredns-ts status`, `queries`, `top`, `flush`, `reload` and `explain --server`: words to a running server over the socket of its
// *admin*. Knows the API's paths and the console; the API is plugins/admin's.
import { request } from 'node:http';
import { typeName } from '../dns/type-name.ts';
import type { ExplainedQuestion } from './explain-questions.ts';

/** Where the socket is if nothing is said. */
const USUAL = '/run/coredns-ts/admin.sock';
const USAGE = `Usage: coredns-ts status [--json] [--server SOCKET]
       coredns-ts queries [--json] [--server SOCKET] [FILTER...]
       coredns-ts top [--json] [--server SOCKET] names|clients|under|failing|upstreams
       coredns-ts flush NAME | --under NAME | --all [--server SOCKET]
       coredns-ts reload [--diff] [--json] [--server SOCKET]

Of a running server whose Corefile has admin: what it serves; its last questions that fit all words of FILTER; what most of
this minute were (at least, and by how much it may be more); that its caches ask for a name, or for everything, anew; that it
reads its Corefile again, or (--diff) what would change if it did. SOCKET is ${USUAL} where none is given.

A word of FILTER is a piece of the name, type:AAAA, rcode:SERVFAIL, by:forward, under:example.org, an address or a network,
>5ms or <1ms; not before it turns it round.

Exit status: 0 done, 1 refused or not reached, 2 for a wrong command line.
`;

/** What the API said. */
interface Said {
  readonly status: number;
  readonly text: string;
}

/** The words. */
export type AdminWord = 'status' | 'queries' | 'top' | 'flush' | 'reload';

/** Says one word to a server and sets the exit status. */
export async function adminCommand(word: AdminWord, args: readonly string[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) return void process.stdout.write(USAGE);
  const at = args.indexOf('--server');
  const socket = at < 0 ? USUAL : args[at + 1] ?? '';
  const rest = args.filter((_, i) => at < 0 || (i !== at && i !== at + 1));
  const options = rest.filter((arg) => arg.startsWith('-'));
  const names = rest.filter((arg) => !arg.startsWith('-'));
  const { options: known, names: most } = TAKES[word];
  const stray = options.find((option) => !known.includes(option)) ?? names[most];
  if (stray !== undefined) return refuse(word, `${stray} is nothing that it takes`);
  const all = options.includes('--all');
  const under = options.includes('--under');
  if (word === 'flush' && (all === (names.length > 0) || (all && under))) {
    return refuse(word, all ? 'a name and --all exclude each other' : 'a name, or --all, is missing');
  }
  const dryRun = options.includes('--diff');
  const said = await asking().catch((error: NodeJS.ErrnoException) => error);
  tell(word, socket, said, (text) => (options.includes('--json') ? text : inWords(word, JSON.parse(text))));

  function asking(): Promise<Said> {
    switch (word) {
      case 'status': return ask(socket, 'GET', '/v1/status');
      case 'queries': return ask(socket, 'GET', `/v1/queries?${new URLSearchParams({ filter: names.join(' ') })}`);
      case 'top': return ask(socket, 'GET', `/v1/top/${encodeURIComponent(names[0] ?? 'names')}`);
      case 'flush': return ask(socket, 'POST', '/v1/cache/flush', all ? { all } : { [under ? 'under' : 'name']: names[0] });
      case 'reload': return ask(socket, 'POST', '/v1/reload', { dryRun });
    }
  }
}
/** The options of each word, and how many words may follow. */
const TAKES: { readonly [word in AdminWord]: { readonly options: readonly string[]; readonly names: number } } = {
  status: { options: ['--json'], names: 0 }, queries: { options: ['--json'], names: 64 }, top: { options: ['--json'], names: 1 },
  flush: { options: ['--all', '--under'], names: 1 }, reload: { options: ['--diff', '--json'], names: 0 },
};
/** Asks a server why it answers as it does. */
export async function explainAt(socket: string, question: ExplainedQuestion, json: boolean): Promise<void> {
  const { name, type, client, tcp, view, at, dnssecOk } = question;
  const query = new URLSearchParams({ name: name.text, type: typeName(type), client });
  if (tcp) query.set('tcp', '1');
  if (dnssecOk) query.set('do', '1');
  if (view !== undefined) query.set('view', view);
  if (at !== undefined) query.set('server', at.includes('://') ? at : `dns://${at}`);
  const path = `/v1/explain?${query}`;
  const accept = json ? 'application/json' : 'text/plain';
  const said = await ask(socket, 'GET', path, undefined, accept).catch((error: NodeJS.ErrnoException) => error);
  tell('explain', socket, said, (text) => text);
}

function ask(socket: string, method: string, path: string, body?: object, accept = 'application/json'): Promise<Said> {
  const socketPath = socket.replace(/^unix:\/\//, '');
  return new Promise((resolve, reject) => {
    const sent = body === undefined ? '' : JSON.stringify(body);
    const headers = { accept, 'content-type': 'application/json', 'content-length': Buffer.byteLength(sent) };
    const asked = request({ socketPath, method, path, headers: method === 'GET' ? { accept } : headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }));
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end(sent);
  });
}

function tell(word: string, socket: string, said: Said | NodeJS.ErrnoException, print: (text: string) => string): void {
  process.exitCode = 1;
  if (said instanceof Error) {
    const why = said.code === 'ENOENT' || said.code === 'ECONNREFUSED' ? 'no server is there; its Corefile needs the word admin'
      : said.code === 'EACCES' ? 'this user may not' : said.message;
    process.stderr.write(`coredns-ts ${word}: ${socket}: ${why}\n`);
    return;
  }
  if (said.status !== 200) {
    const { title = '', detail } = JSON.parse(said.text) as { title?: string; detail?: string };
    process.stderr.write(`coredns-ts ${word}: ${title}${detail === undefined ? '' : `: ${detail}`}\n`);
    return;
  }
  process.exitCode = 0;
  process.stdout.write(print(said.text));
}

interface Status {
  readonly version: string;
  readonly uptime: number;
  readonly ready: boolean;
  readonly addresses: readonly {
    readonly address: string;
    readonly blocks: readonly { readonly zone: string; readonly view?: string; readonly plugins: readonly string[] }[];
  }[];
}
interface Reloaded {
  readonly changes: readonly { readonly block: string; readonly word: string; readonly before?: string; readonly after?: string }[];
  readonly problems: readonly string[];
  readonly reloaded: boolean;
}
interface Queries {
  readonly queries: readonly { readonly at: string; readonly client: string; readonly name: string; readonly type: string;
    readonly rcode: string | null; readonly by: string; readonly took: number }[];
}
interface Top {
  readonly at: string;
  readonly rows: readonly { readonly key: string; readonly count: number; readonly error: number }[];
}
/** Names and addresses are as in zone files: no octet of them does anything to a terminal. */
function inWords(word: AdminWord, said: unknown): string {
  if (word === 'queries') {
    return (said as Queries).queries.map(({ at, client, name, type, rcode, by, took }) =>
      `${at}  ${client}  ${name} ${type}  ${rcode ?? 'no reply'}  ${by}  ${(took * 1000).toFixed(2)} ms\n`).join('');
  }
  if (word === 'top') {
    const { at, rows } = said as Top;
    const lines = rows.map(({ key, count, error }) =>
      `${String(count - error).padStart(9)} ${(error > 0 ? `+${error}` : '').padEnd(7)} ${key}\n`);
    return `in the minute of ${at.slice(11, 16)} UTC\n${lines.join('')}`;
  }
  if (word === 'flush') {
    const { flushed, entries } = said as { flushed: string; entries?: number };
    return `flushed ${flushed}${entries === undefined ? '' : `: ${entries} ${entries === 1 ? 'entry' : 'entries'}`}\n`;
  }
  if (word === 'status') {
    const { version, uptime, ready, addresses } = said as Status;
    const lines = addresses.flatMap(({ address, blocks }) => blocks.map(({ zone, view, plugins }) =>
      `${address}  ${zone}${view === undefined ? '' : ` (view ${view})`}  ${plugins.join(' ')}\n`));
    return `coredns-ts ${version}, up ${uptime} s, ${ready ? 'ready' : 'not ready'}\n${lines.join('')}`;
  }
  const { changes, problems, reloaded } = said as Reloaded;
  const lines = changes.flatMap(({ block, before, after }) => [
    `${block}\n`, ...(before === undefined ? [] : [`  - ${before}\n`]), ...(after === undefined ? [] : [`  + ${after}\n`]),
  ]);
  if (problems.length > 0) process.exitCode = 1;
  return `${problems.map((problem) => `would be refused: ${problem}\n`).join('')}${lines.join('')}`
    + `${changes.length === 0 && problems.length === 0 ? 'nothing differs\n' : ''}${reloaded ? 'reloaded\n' : ''}`;
}

function refuse(word: string, reason: string): void {
  process.stderr.write(`coredns-ts ${word}: ${reason}\n${USAGE}`);
  process.exitCode = 2;
}
