// Two texts as a unified difference (`diff -u`), for `fmt --diff`. Knows lines alone.

/** Lines around a change. */
const CONTEXT = 3;

interface Step {
  readonly mark: ' ' | '-' | '+';
  readonly line: string;
}

/** What to do to get from one text to the other, as `diff -u` prints it; '' where they are the same. */
export function difference(name: string, from: string, to: string): string {
  const steps = stepsOf(linesOf(from), linesOf(to));
  const changed = steps.flatMap(({ mark }, i) => (mark === ' ' ? [] : [i]));
  if (changed.length === 0) return '';
  let text = `--- ${name}\n+++ ${name}\n`;
  for (let i = 0; i < changed.length;) {
    let last = i;
    while (last + 1 < changed.length && changed[last + 1]! - changed[last]! <= 2 * CONTEXT) last++;
    text += hunk(steps, Math.max(0, changed[i]! - CONTEXT), Math.min(steps.length, changed[last]! + CONTEXT + 1));
    i = last + 1;
  }
  return text;
}
const linesOf = (text: string): readonly string[] => (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');

function hunk(steps: readonly Step[], begin: number, end: number): string {
  const count = (part: readonly Step[], but: string) => part.filter(({ mark }) => mark !== but).length;
  const before = steps.slice(0, begin);
  const part = steps.slice(begin, end);
  const head = `@@ -${count(before, '+') + 1},${count(part, '+')} +${count(before, '-') + 1},${count(part, '-')} @@\n`;
  return head + part.map(({ mark, line }) => `${mark}${line}\n`).join('');
}

/** The longest common lines stay: a table of lengths, which is small for what people write. */
function stepsOf(from: readonly string[], to: readonly string[]): readonly Step[] {
  const width = to.length + 1;
  const lengths = new Uint32Array((from.length + 1) * width);
  for (let i = from.length - 1; i >= 0; i--) {
    for (let j = to.length - 1; j >= 0; j--) {
      lengths[i * width + j] = from[i] === to[j] ? lengths[(i + 1) * width + j + 1]! + 1
        : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!);
    }
  }
  const steps: Step[] = [];
  let i = 0;
  let j = 0;
  while (i < from.length || j < to.length) {
    if (i < from.length && j < to.length && from[i] === to[j]) {
      steps.push({ mark: ' ', line: from[i++]! });
      j++;
    } else if (j >= to.length || (i < from.length && lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!)) {
      steps.push({ mark: '-', line: from[i++]! });
    } else steps.push({ mark: '+', line: to[j++]! });
  }
  return steps;
}
