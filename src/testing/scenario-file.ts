// The text of a `.scenario` file as scenes and steps. Knows lines and indentation; knows no DNS and no server.

/** One step: its words, and the indented lines below it. */
export interface Step {
  /** Where it stands, from 1. */
  readonly line: number;
  readonly verb: string;
  /** What follows the verb on its line. */
  readonly rest: string;
  /** The indented lines, without their first four blanks. */
  readonly block: readonly string[];
}
/** A Corefile and what is done with it. */
export interface Scene {
  readonly title: string;
  readonly line: number;
  readonly corefile: string;
  readonly steps: readonly Step[];
}

/** A scenario that says something else than it should, or that did not come true. `message` begins with the place. */
export class ScenarioError extends Error {
  override readonly name: string = 'ScenarioError';
  readonly line: number;
  constructor(line: number, text: string, options?: ErrorOptions) {
    super(`line ${line}: ${text}`, options);
    this.line = line;
  }
}

/** Verbs that look at something: a scene without one proves nothing. */
const LOOKS: readonly string[] = ['ask', 'update', 'send', 'tally', 'refused', 'metric', 'log', 'nolog', 'get', 'asked', 'until'];
const ACTS: readonly string[] = ['elapse', 'reload', 'file', 'remove', 'upstream', 'down', 'up', 'kube'];

/** Reads a file. Throws ScenarioError. */
export function parseScenario(text: string): Scene[] {
  const lines = text.split('\n');
  const starts = lines.flatMap((line, index) => (line.startsWith('====') ? [index] : []));
  const preamble = lines.slice(0, starts[0] ?? 0).every((line) => line.trim() === '' || line.startsWith('#'));
  if (starts.length === 0 || !preamble) starts.unshift(-1);
  return starts.map((start, index) => scene(lines, start, starts[index + 1] ?? lines.length));
}

function scene(lines: readonly string[], start: number, end: number): Scene {
  const title = start < 0 ? '' : lines[start]!.replace(/^=+/, '').trim();
  const from = start + 1;
  const rule = lines.slice(from, end).indexOf('----');
  if (rule < 0) throw new ScenarioError(from + 1, 'the line ---- between Corefile and steps is missing');
  const corefile = `${lines.slice(from, from + rule).join('\n')}\n`;
  const steps = readSteps(lines, from + rule + 1, end);
  if (!steps.some(({ verb }) => LOOKS.includes(verb))) throw new ScenarioError(from + rule + 1, 'the scene asks nothing');
  return { title, line: from + 1, corefile, steps };
}

function readSteps(lines: readonly string[], from: number, end: number): Step[] {
  const steps: Step[] = [];
  for (let i = from; i < end; i++) {
    const line = lines[i]!;
    if (line.trim() === '' || line.startsWith('#')) continue;
    if (line.startsWith(' ')) throw new ScenarioError(i + 1, 'an indented line that belongs to no step');
    const [verb = '', rest = ''] = [/^\S+/.exec(line)?.[0], line.replace(/^\S+\s*/, '').trim()];
    if (!LOOKS.includes(verb) && !ACTS.includes(verb)) {
      throw new ScenarioError(i + 1, `unknown verb "${verb}"; there are ${[...LOOKS, ...ACTS].join(', ')}`);
    }
    const block = readBlock(lines, i + 1, end);
    steps.push({ line: i + 1, verb, rest, block });
    i += block.length;
  }
  return steps;
}
/** Lines that begin with four blanks, and empty ones between them. */
function readBlock(lines: readonly string[], from: number, end: number): string[] {
  let until = from;
  for (let i = from; i < end && (lines[i]!.startsWith('    ') || lines[i] === ''); i++) if (lines[i] !== '') until = i + 1;
  return lines.slice(from, until).map((line) => line.slice(4));
}
