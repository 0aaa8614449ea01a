// `coredns-ts init`: a Corefile to begin with, written with ports that are free here. Its options, files and exit status. Knows the console
// and ports of this machine; what stands in the files is in init-files.ts.
import { createSocket } from 'node:dgram';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileError } from '../wording/errno.ts';
import { KINDS, NAME_OF, filesOf } from './init-files.ts';
import type { Kind, Ports } from './init-files.ts';

/** What the subcommand takes, told by `--help` and beside a refusal. */
export const INIT_USAGE = `Usage: coredns-ts init ${KINDS.join('|')} [-o FILE] [-p PORT] [--force]

Writes a Corefile to begin with, each line explained, and the files that it names. What is there is left alone.

  home         names of the house, lists of names that are blocked, everything else by an encrypted resolver
  lab          a zone of one's own in a file, and everything else by the resolvers of this machine
  cluster      what a cluster asks: services and pods, everything else by the resolvers of the node
  forwarder    one cache in front of two resolvers, with health, metrics, and stale answers while they are away

  -o, --output FILE   Corefile where nothing is said
  -p, --port PORT     where it answers; 53 where that is free, else the next one of 1053, 1054, ...
  --force             files that are there are written anew

Exit status: 0, 1 where a file cannot be written, 2 for a wrong command line.
`;
/** Ports after which it is given up. */
const TRIES = 50;

interface Options {
  readonly kind: Kind;
  readonly file: string;
  readonly port: number | undefined;
  readonly force: boolean;
}

/** Runs the subcommand with its arguments and sets the exit status. */
export async function initCommand(args: readonly string[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) return void process.stdout.write(INIT_USAGE);
  const options = readOptions(args);
  if (typeof options === 'string') {
    process.stderr.write(`coredns-ts init: ${options}\n${INIT_USAGE}`);
    process.exitCode = 2;
    return;
  }
  try {
    const ports = await freePorts(options.port);
    write(options, ports);
  } catch (error) {
    process.stderr.write(`coredns-ts init: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
/** The options, or what is wrong with them. */
function readOptions(args: readonly string[]): Options | string {
  const given: string[] = [];
  let file = 'Corefile', port: number | undefined, force = false;
  for (let i = 0; i < args.length; i++) {
    const [name = '', value] = args[i]!.startsWith('--') ? args[i]!.split(/=(.*)/s) : [args[i]];
    if (name === '-o' || name === '--output') file = value ?? args[++i] ?? '';
    else if (name === '-p' || name === '--port') {
      const text = value ?? args[++i] ?? '';
      port = Number(text);
      if (!/^\d+$/.test(text) || port < 1 || port > 65535) return `a port is a number from 1 to 65535, and not '${text}'`;
    } else if (name === '--force') force = true;
    else if (name.startsWith('-')) return `unknown option ${name}`;
    else given.push(name);
  }
  const [kind, more] = given;
  if (kind === undefined) return 'what for?';
  if (more !== undefined) return `one at a time: ${more}`;
  if (!(KINDS as readonly string[]).includes(kind)) return `there is no '${kind}'`;
  if (file === '') return 'the name of the file is missing';
  return { kind: kind as Kind, file, port, force };
}

/** Writes all files or none; says what was written and what to do next. */
function write({ kind, file, force }: Options, ports: Ports): void {
  const { corefile, beside } = filesOf(kind, ports);
  const folder = dirname(file);
  const all = [[file, corefile] as const, ...beside.map(({ name, text }) => [join(folder, name), text] as const)];
  const there = force ? [] : all.map(([path]) => path).filter((path) => existsSync(path));
  if (there.length > 0) throw new Error(`${there.join(' and ')} is there already: --force writes it anew, -o FILE another one`);
  for (const [path, text] of all) {
    try {
      writeFileSync(path, text);
    } catch (error) {
      throw new Error(fileError(error, path));
    }
  }
  const written = all.map(([path]) => path).join(', ');
  const conf = file === 'Corefile' ? '' : ` -conf ${file}`;
  const why = ports.taken === undefined ? '' : ` (${ports.taken})`;
  const port = ports.dns === 53 ? '' : ` -p ${ports.dns}`;
  process.stdout.write(`written: ${written}
port ${ports.dns}${why}

  coredns-ts check ${file}
  coredns-ts${conf}
  dig @127.0.0.1${port} ${NAME_OF[kind]}
`);
}

/** Ports for names and for the pages. */
async function freePorts(wanted: number | undefined): Promise<Ports> {
  const why = wanted === undefined ? await refusal(53) : undefined;
  const dns = wanted ?? (why === undefined ? 53 : await firstFree(1053));
  return {
    dns, taken: why, health: await firstFree(8080, [dns]), ready: await firstFree(8181, [dns]), metrics: await firstFree(9153, [dns]),
  };
}
async function firstFree(from: number, others: readonly number[] = []): Promise<number> {
  for (let port = from; port < from + TRIES; port++) if (!others.includes(port) && await refusal(port) === undefined) return port;
  throw new Error(`no port from ${from} to ${from + TRIES - 1} is free: say one with -p PORT`);
}
/** Why nobody can listen there, for people; undefined where it is free. */
async function refusal(port: number): Promise<string | undefined> {
  const error = await udpRefusal(port) ?? await tcpRefusal(port);
  if (error === undefined) return undefined;
  return error.code === 'EACCES' ? `${port} is for root, or for who has CAP_NET_BIND_SERVICE` : `${port} is in use`;
}
function udpRefusal(port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', (error) => {
      socket.close();
      resolve(error);
    });
    socket.bind(port, () => socket.close(() => resolve(undefined)));
  });
}
function tcpRefusal(port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen(port, () => server.close(() => resolve(undefined)));
  });
}
