// *on* executes a command when a given event is triggered (SIG-10). Knows events of the process and commands.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Lines, Run } from '../../kernel/site/plugin.ts';
import { Renewed } from '../../kernel/site/site.ts';
import { quoted } from '../../wording/quote.ts';
import { splitCommand } from './command.ts';

type Event = 'startup' | 'shutdown' | 'certrenew';
interface Hook {
  readonly event: Event;
  readonly command: string;
  readonly args: readonly string[];
  /** False with a trailing `&`: nobody waits for its end. */
  readonly waits: boolean;
}
const EVENTS: readonly string[] = ['startup', 'shutdown', 'certrenew'];

function parse(lines: Lines): readonly Hook[] {
  return lines.map((line) => {
    const word = line.arg();
    const event = word.toLowerCase();
    if (!EVENTS.includes(event)) line.fail(`Wrong event name or event not supported: '${word}'`, `there are ${EVENTS.join(', ')}`);
    const text = line.rest().join(' ');
    const words = splitCommand(text);
    if (words === undefined) return line.fail('error parsing command: EOF found when expecting closing quote.');
    const [command, ...args] = words;
    if (command === undefined) {
      return line.fail(`no command contained in '${text}'`, 'name the program to run: on startup PROGRAM ARGUMENTS');
    }
    const waits = args.at(-1) !== '&';
    return { event: event as Event, command, args: waits ? args : args.slice(0, -1), waits };
  });
}

/** Runs one command with the streams of this process. What goes wrong is logged and stops nothing. */
function execute({ command, args, waits }: Hook, run: Run): Promise<void> {
  const id = randomUUID();
  run.log.info(`${waits ? 'Blocking' : 'Nonblocking'} Command "${command} ${args.join(' ')}" with ID ${id}`);
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'inherit' });
    const end = (complaint: string | undefined) => {
      if (complaint !== undefined) run.log.error(`error on 'on-${id}' hook: ${complaint}`);
      resolve();
    };
    child.on('error', (error: NodeJS.ErrnoException) =>
      end(error.code === 'ENOENT' ? `exec: ${quoted(command)}: executable file not found in $PATH` : error.message));
    if (waits) {
      child.on('exit', (status, signal) => end(status === 0 ? undefined : signal === null ? `exit status ${status}` : `signal: ${signal}`));
      return;
    }
    child.unref();
    child.on('spawn', () => resolve());
  });
}

export default definePlugin({
  name: 'on',
  parse,
  create(hooks, site) {
    const each = async (event: Event, run: Run) => {
      for (const hook of hooks) if (hook.event === event) await execute(hook, run);
    };
    if (hooks.some(({ event }) => event === 'certrenew')) site.put(Renewed, (run) => each('certrenew', run));
    return {
      // As CoreDNS: a reload is a start too, and everything listens by then.
      started: (run) => each('startup', run),
      drain: (run) => each('shutdown', run),
    };
  },
});
