// *on* executes a command when a given event is triggered (SIG-10). Knows events of the process and commands.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { definePlugin } from '../../kernel/plugin.ts';
import type { Lines, Run } from '../../kernel/plugin.ts';
import { splitCommand } from './command.ts';

/** A `certrenew` command waits for the certificates that `tls` renews. */
type Event = 'startup' | 'shutdown' | 'certrenew' | 'instancestartup' | 'instancerestart';
interface Hook {
  readonly event: Event;
  readonly command: string;
  readonly args: readonly string[];
  /** False with a trailing `&`: nobody waits for its end. */
  readonly waits: boolean;
}
const EVENTS: readonly string[] = ['startup', 'shutdown', 'certrenew', 'instancestartup', 'instancerestart'];

function parse(lines: Lines): readonly Hook[] {
  return lines.map((line) => {
    const word = line.arg();
    const event = word.toLowerCase();
    if (!EVENTS.includes(event)) line.fail(`Wrong event name or event not supported: '${word}'`);
    const words = splitCommand(line.rest().join(' '));
    if (words === undefined) return line.fail('error parsing command: a quote is not closed');
    const [command, ...args] = words;
    if (command === undefined) return line.fail('no command contained in ', 'name the program to run: on startup PROGRAM ARGUMENTS');
    const waits = args.at(-1) !== '&';
    return { event: event as Event, command, args: waits ? args : args.slice(0, -1), waits };
  });
}

/** Runs one command with the streams of this process; rejects when one that is waited for fails. */
function execute({ command, args, waits }: Hook, run: Run): Promise<void> {
  run.log.info(`${waits ? 'Blocking' : 'Nonblocking'} Command "${[command, ...args].join(' ')}" with ID ${randomUUID()}`);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit' });
    const failed = (text: string) => (waits ? reject(new Error(text)) : run.log.error(text));
    child.on('error', (error: NodeJS.ErrnoException) =>
      failed(error.code === 'ENOENT' ? `exec: "${command}": executable file not found in $PATH` : error.message));
    if (!waits) {
      child.unref();
      child.on('spawn', resolve);
      return;
    }
    child.on('exit', (status, signal) => (status === 0 ? resolve() : reject(new Error(signal === null ? `exit status ${status}` : `signal: ${signal}`))));
  });
}

export default definePlugin({
  name: 'on',
  parse,
  create(hooks) {
    const each = async (events: readonly Event[], run: Run) => {
      for (const hook of hooks) if (events.includes(hook.event)) await execute(hook, run);
    };
    return {
      control: (run) => each(run.first ? ['startup', 'instancestartup'] : ['instancerestart'], run),
      drain: (run) => each(['shutdown'], run),
    };
  },
});
