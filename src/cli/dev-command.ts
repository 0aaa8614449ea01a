// `coredns-ts dev FILE`: an author's plugin, served while it is written. Knows a port, files that change, and threads that come and go;
// what is done with a question is dev-thread.ts's.
import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { spawnThread } from '../threads/spawn.ts';
import type { DevData, DevQuestion, DevReport } from './dev-thread.ts';

/** What the subcommand takes, told by `--help` and beside a refusal. */
export const DEV_USAGE = `Usage: coredns-ts dev [FILE] [-p PORT] [-conf FILE]

Serves the plugin of FILE (./index.ts) on 127.0.0.1 over UDP, takes it anew whenever a file of its folder changes, and tells of each
question what every plugin on its way did. The Corefile is that of the folder, else that of the plugin's first scenario. A state that
cannot be loaded is told, and the one before goes on.

  -p PORT       the port (1053, or a free one where that is taken)
  -conf FILE    the Corefile
`;
const DEFAULT_PORT = 1053;
/** Milliseconds between looks at the files. */
const EVERY = 200;
/** Questions that are kept for a plugin that is loaded for the first time. */
const MOST_EARLY = 64;
/** Files that are looked at, and how deep. */
const MOST = 2000, DEEPEST = 4;

interface Options {
  readonly file: string;
  readonly conf: string;
  readonly port: number | undefined;
}
/** Runs the subcommand: until a signal ends it, or with status 2 for wrong arguments. */
export async function devCommand(args: readonly string[], entry: URL): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) return void process.stdout.write(DEV_USAGE);
  const options = readOptions(args);
  if (typeof options === 'string') {
    process.stderr.write(`coredns-ts dev: ${options}\n${DEV_USAGE}`);
    process.exitCode = 2;
    return;
  }
  const socket = await bound(options.port).catch((error: Error) => error.message);
  if (typeof socket === 'string') {
    process.stderr.write(`coredns-ts dev: ${socket}\n`);
    process.exitCode = 1;
    return;
  }
  const workshop = new Workshop(options, entry, socket);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(0));
  workshop.begin();
}
/** The options, or what is wrong with them. */
function readOptions(args: readonly string[]): Options | string {
  let file = './index.ts', conf: string | undefined, port: number | undefined;
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    if (word === '-p' || word === '-dns.port' || word === '--port') {
      const text = args[++i] ?? '';
      port = Number(text);
      if (!/^\d{1,5}$/.test(text) || port > 65535) return `"${text}" is no port`;
    } else if (word === '-conf' || word === '--conf') conf = args[++i] ?? '';
    else if (word.startsWith('-')) return `unknown option ${word}`;
    else file = word;
  }
  if (!existsSync(file)) return `there is no ${file}${file === './index.ts' ? ': coredns-ts plugin new WORD writes one' : ''}`;
  return { file, port, conf: conf ?? join(dirname(file), 'Corefile') };
}
async function bound(port: number | undefined): Promise<Socket> {
  const one = (at: number) => new Promise<Socket>((done, failed) => {
    const socket = createSocket('udp4');
    socket.once('error', failed);
    socket.bind(at, '127.0.0.1', () => {
      socket.off('error', failed);
      socket.on('error', () => {});
      done(socket);
    });
  });
  if (port !== undefined) return one(port);
  return one(DEFAULT_PORT).catch(() => one(0));
}
/** When and how large each file was that the plugin may consist of. */
function stateOf(folder: string, more: string): ReadonlyMap<string, string> {
  const all = new Map<string, string>();
  const note = (path: string): void => {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isFile() === true) all.set(path, `${found.mtimeMs} ${found.size}`);
  };
  const walk = (at: string, depth: number): void => {
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      if (entry.name.startsWith('.') || entry.name === 'node_modules' || all.size >= MOST) continue;
      if (entry.isDirectory() && depth < DEEPEST) walk(join(at, entry.name), depth + 1);
      else if (/\.([cm]?[jt]s|json|cfg|scenario|corefile)$|(^|\/)Corefile$/.test(entry.name)) note(join(at, entry.name));
    }
  };
  try {
    walk(folder, 0);
  } catch {
    // A folder that is gone for a moment.
  }
  note(more);
  return all;
}

class Workshop {
  readonly #options: Options;
  readonly #entry: URL;
  readonly #socket: Socket;
  readonly #folder: string;
  readonly #waiting = new Map<number, RemoteInfo>();
  /** The thread that answers. */
  #serving: Worker | undefined;
  /** One that loads. */
  #next: Worker | undefined;
  /** Questions that came before there was one. */
  #early: [Uint8Array, RemoteInfo][] = [];
  #state: ReadonlyMap<string, string> = new Map();
  #ids = 0;

  constructor(options: Options, entry: URL, socket: Socket) {
    this.#options = options;
    this.#entry = entry;
    this.#socket = socket;
    this.#folder = dirname(resolve(options.file));
  }
  begin(): void {
    this.#socket.on('message', (packet, from) => this.#ask(packet, from));
    this.#state = this.#look();
    this.#load();
    setInterval(() => this.#watch(), EVERY);
  }
  #look(): ReadonlyMap<string, string> {
    return stateOf(this.#folder, resolve(this.#options.conf));
  }
  #watch(): void {
    const state = this.#look();
    const changed = [...new Set([...state.keys(), ...this.#state.keys()])].filter((path) => state.get(path) !== this.#state.get(path));
    if (changed.length === 0) return;
    this.#state = state;
    this.#say(`${changed.map((path) => relative(this.#folder, path)).join(', ')}: changed, taken anew`);
    this.#load();
  }
  #load(): void {
    void this.#next?.terminate();
    const { file, conf } = this.#options;
    const workerData: DevData = { dev: { file, conf, port: this.#socket.address().port } };
    const worker = spawnThread(this.#entry, { workerData, name: 'dev' });
    this.#next = worker;
    worker.on('message', (report: DevReport) => this.#hear(worker, report));
    worker.on('error', (error) => this.#fail(worker, error.stack ?? error.message));
  }
  #hear(worker: Worker, report: DevReport): void {
    if (report.what === 'answered') this.#answer(report);
    else if (report.what === 'said') this.#say(report.text);
    else if (report.what === 'failed') this.#fail(worker, report.text);
    else if (report.what === 'ready' && worker === this.#next) {
      void this.#serving?.terminate();
      this.#serving = worker;
      this.#next = undefined;
      const { port } = this.#socket.address();
      const { word, from, corefile } = report;
      this.#say(`${word} on 127.0.0.1:${port}, UDP (dig @127.0.0.1 -p ${port} www.example.org), with ${from}:\n${corefile}`);
      for (const [packet, client] of this.#early.splice(0)) this.#ask(packet, client);
    }
  }
  #fail(worker: Worker, text: string): void {
    void worker.terminate();
    if (worker === this.#next) this.#next = undefined;
    if (worker === this.#serving) this.#serving = undefined;
    this.#say(`${this.#options.file}: ${text}${this.#serving === undefined ? '' : '\nwhat was loaded before goes on'}`);
  }
  #ask(packet: Uint8Array, from: RemoteInfo): void {
    if (this.#serving === undefined) {
      if (this.#early.length < MOST_EARLY) this.#early.push([packet, from]);
      return;
    }
    const id = ++this.#ids;
    this.#waiting.set(id, from);
    this.#serving.postMessage({ id, packet: Uint8Array.from(packet), client: from.address } satisfies DevQuestion);
  }
  #answer({ id, reply, text }: Extract<DevReport, { what: 'answered' }>): void {
    const from = this.#waiting.get(id);
    this.#waiting.delete(id);
    process.stdout.write(text);
    if (reply !== undefined && from !== undefined) this.#socket.send(reply, from.port, from.address);
  }
  #say(text: string): void {
    process.stdout.write(`[dev] ${text.trimEnd()}\n`);
  }
}
