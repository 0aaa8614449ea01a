// `coredns-ts registry backup` and `restore`: what a registry has into a file, and of that a folder. Knows the console and files; asks the
// API of a server that runs.
import { readFileSync } from 'node:fs';
import { putWhole } from '../authority/whole-file.ts';
import { readBackup } from '../key-value/backup.ts';
import { ask } from './admin-ask.ts';

const USAGE = `Usage: coredns-ts registry backup @SERVER FILE [--token FILE]
       coredns-ts registry restore FILE FOLDER

backup asks the API of a registry for all that it has at one revision, while it runs, and writes that into FILE; restore makes a new
FOLDER of it, for a registry with file FOLDER, whose server is started then.

  @http://HOST:PORT, @https://HOST:PORT, @unix:/PATH   the API of a registry
  --token FILE                                         a file with an admin's token

Exit status: 0 when it is done, 1 refused or not reached, 2 for a wrong command line.
`;

/** Runs the subcommand with its arguments and sets the exit status. */
export async function registryCommand(args: readonly string[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) return void process.stdout.write(USAGE);
  const words = args.filter((arg, i) => !arg.startsWith('-') && args[i - 1] !== '--token');
  const strange = args.find((arg) => arg.startsWith('-') && arg !== '--token');
  const at = args.indexOf('--token');
  const [what, from, to, more] = words;
  const isServer = /^@(?:https?:\/\/\S+|unix:\/\S+)$/.test(from ?? '');
  const isKnown = (what === 'backup' && isServer) || (what === 'restore' && from !== undefined);
  if (!isKnown || to === undefined || more !== undefined || strange !== undefined) {
    process.stderr.write(`coredns-ts registry: ${strange === undefined ? 'it takes other words' : `unknown option ${strange}`}\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  try {
    if (what === 'backup') await backup(from!.slice(1), to, at < 0 ? undefined : args[at + 1]);
    else {
      const { restore } = await import('../key-value/restore.ts');
      const read = readBackup(readFileSync(from!, 'utf8'));
      restore(to, read);
      process.stdout.write(`${to} has ${read.pairs.length} keys of revision ${read.revision}\n`);
    }
  } catch (error) {
    process.stderr.write(`coredns-ts registry ${what}: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
async function backup(server: string, file: string, token: string | undefined): Promise<void> {
  const right = token === undefined ? '' : readFileSync(token, 'utf8').trim();
  const { status, text } = await ask(server.replace(/^unix:/, ''), 'GET', '/v1/backup', undefined, undefined, right);
  if (status !== 200) throw new Error(`the server refuses it with status ${status}: ${text.slice(0, 300)}`);
  const { pairs, revision } = readBackup(text);
  // What is there is whole, whatever happens meanwhile.
  putWhole(file, text, { mode: 0o600 });
  process.stdout.write(`${file} has ${pairs.length} keys of revision ${revision}\n`);
}
