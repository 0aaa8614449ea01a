// Two lists of lines side by side, for people. Knows text alone.

/** The lines of both, those that only one has marked `-` (expected) and `+` (got); undefined where they are the same. */
export function difference(expected: readonly string[], got: readonly string[]): string | undefined {
  if (expected.length === got.length && expected.every((line, i) => line === got[i])) return undefined;
  const lengths = longest(expected, got);
  const lines: string[] = [];
  let i = 0;
  let k = 0;
  while (i < expected.length || k < got.length) {
    const both = i < expected.length && k < got.length;
    if (both && expected[i] === got[k]) {
      lines.push(`      ${expected[i++]}`);
      k++;
    } else if (k === got.length || (both && lengths[i + 1]![k]! >= lengths[i]![k + 1]!)) lines.push(`    - ${expected[i++]}`);
    else lines.push(`    + ${got[k++]}`);
  }
  return lines.join('\n');
}
/** How long the longest common rest is from each pair of places on. */
function longest(a: readonly string[], b: readonly string[]): number[][] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let k = b.length - 1; k >= 0; k--) {
      lengths[i]![k] = a[i] === b[k] ? lengths[i + 1]![k + 1]! + 1 : Math.max(lengths[i + 1]![k]!, lengths[i]![k + 1]!);
    }
  }
  return lengths;
}
