// `coredns-ts watch NAME TYPE @SERVER`: prints an answer, and each other one. Knows the console; asks by events over HTTP or by
// `DnsService/Watch` over gRPC.
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { RegistryClient } from '../client/client.ts';
import type { Fetch } from '../client/api.ts';
import type { WatchedRecord } from '../client/watch.ts';
import { splitHostPort } from '../dns/host-port.ts';
import { RD, decodeMessage, encodeMessage, message } from '../dns/message.ts';
import { Name } from '../dns/name.ts';
import { rcodeName } from '../dns/rcode.ts';
import { printRdata } from '../dns/rr.ts';
import { CLASS, typeByName, typeName } from '../dns/type-name.ts';

const USAGE = `Usage: coredns-ts watch NAME [TYPE] @SERVER [OPTION...]

Prints what a server answers to a question, and again each time it answers something else, until it is stopped.

  @http://HOST:PORT, @https://HOST:PORT, @unix:/PATH   the API of a registry
  @grpc://HOST:PORT                                    a grpc:// block, in the clear

  --count N           ends after so many answers
  --token FILE        a file with the token that the API wants
  --json              one JSON object an answer

Exit status: 0 ended by --count, 1 refused or not reached, 2 for a wrong command line.
`;

interface Options {
  readonly name: Name;
  readonly type: number;
  readonly server: string;
  readonly count: number;
  readonly token: string | undefined;
  readonly json: boolean;
}
/** An answer as it is printed. */
interface Shown {
  readonly rcode: string;
  readonly records: readonly WatchedRecord[];
}

/** Runs the subcommand with its arguments and sets the exit status. */
export async function watchCommand(args: readonly string[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) return void process.stdout.write(USAGE);
  const options = readOptions(args);
  if (typeof options === 'string') {
    process.stderr.write(`coredns-ts watch: ${options}\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  // Nothing else may keep the process: a watch waits by timers that do not.
  const alive = setInterval(() => {}, 60_000);
  try {
    await (options.server.startsWith('grpc://') ? byGrpc(options) : byEvents(options));
  } catch (error) {
    process.stderr.write(`coredns-ts watch: ${(error as Error).message}\n`);
    process.exitCode = 1;
  } finally {
    clearInterval(alive);
  }
}
function readOptions(args: readonly string[]): Options | string {
  const words: string[] = [];
  let server: string | undefined, token: string | undefined;
  let count = Infinity, json = false;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '--json') json = true;
    else if (arg === '--token') token = args[++i] ?? '';
    else if (arg === '--count') count = Number(args[++i]);
    else if (arg.startsWith('-')) return `unknown option ${arg}`;
    else if (arg.startsWith('@')) server = arg.slice(1);
    else words.push(arg);
  }
  const [nameText, typeText = 'A', ...more] = words;
  const name = nameText === undefined ? undefined : Name.maybe(nameText);
  const type = typeByName(typeText.toUpperCase());
  if (nameText === undefined) return 'a name is missing';
  if (name === undefined) return `"${nameText}" is no name`;
  if (type === undefined) return `"${typeText}" is no type`;
  if (more.length > 0) return `${more[0]} is nothing that it takes`;
  const isServer = /^(?:https?|grpc):\/\/\S+$|^unix:\/\S+$/.test(server ?? '');
  if (server === undefined || !isServer) return 'the server is @http://, @https://, @grpc:// or @unix:/PATH';
  if (!(count >= 1)) return '--count is a number of answers';
  return { name, type, server, count, token, json };
}

async function byEvents({ name, type, server, count, token, json }: Options): Promise<void> {
  const end = new AbortController();
  const client = new RegistryClient({
    url: server.startsWith('unix:') ? 'http://localhost' : server,
    ...token === undefined ? {} : { token: readFileSync(token, 'utf8').trim() },
    ...server.startsWith('unix:') ? { fetch: overSocket(server.slice(5)) } : {},
  });
  let told = 0;
  for await (const answer of client.watch(name.text, typeName(type), end.signal)) {
    print(name, answer, json);
    if (++told >= count) end.abort();
  }
}
/** `fetch` over a socket of this machine. */
function overSocket(socketPath: string): Fetch {
  return (url, { method, headers, body, signal }) => new Promise((resolve, reject) => {
    const { pathname, search } = new URL(url);
    const asked = request({ socketPath, method, path: pathname + search, headers, ...signal === undefined ? {} : { signal } }, (reply) => {
      const status = reply.statusCode ?? 0;
      const content = Readable.toWeb(reply) as unknown as ReadableStream<Uint8Array>;
      resolve(new Response(status === 204 || status === 304 ? null : content, { status }));
    });
    asked.on('error', reject).end(body);
  });
}

async function byGrpc({ name, type, server, count, json }: Options): Promise<void> {
  const { WatchLink } = await import('../upstream/watch-link.ts');
  const { host, port } = splitHostPort(server.slice('grpc://'.length));
  const question = encodeMessage(message({ flags: RD, question: { name, type, class: CLASS.IN } }), { compress: false });
  let told = 0;
  await new Promise<void>((resolve, reject) => {
    new WatchLink({ to: { address: host, port: Number(port) }, secure: undefined, authority: server.slice('grpc://'.length) }, {
      stands(link) {
        link.send({ kind: 'create', question, token: undefined, answers: true });
        link.send({ kind: 'heartbeat', seconds: 5 });
      },
      said(link, { answer, error }) {
        if (error !== undefined && error !== '') {
          link.close();
          return reject(new Error(error));
        }
        if (answer === undefined || answer.length === 0) return;
        const { rcode, answer: records } = decodeMessage(answer);
        print(name, { rcode: rcodeName(rcode), records: records.map((each) => (
          { name: each.name.text, type: typeName(each.type), ttl: each.ttl, data: printRdata(each.type, each.rdata) })) }, json);
        if (++told < count) return;
        link.close();
        resolve();
      },
      ended: (_, text) => reject(new Error(text)),
    });
  });
}

function print(name: Name, { rcode, records }: Shown, json: boolean): void {
  const at = new Date().toISOString();
  if (json) return void process.stdout.write(`${JSON.stringify({ at, name: name.text, rcode, records })}\n`);
  const lines = records.map(({ name: owner, type, ttl, data }) => `  ${owner} ${ttl} ${type} ${data}\n`);
  process.stdout.write(`${at}  ${name.text}  ${rcode}\n${lines.join('')}`);
}
