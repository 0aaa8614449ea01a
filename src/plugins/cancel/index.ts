// *cancel* cancels a query's context after 5.001 seconds. Knows one duration; what asks others reads it.
import type { Directive } from '../../corefile/directive.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import { Deadline } from '../../kernel/site/site.ts';
import { quoted } from '../../wording/quote.ts';

/** Milliseconds. */
const DEFAULT = 5001;

function readTimeout(line: Directive, text: string): number {
  const timeout = line.duration(text, () => line.refuse(`invalid duration: ${quoted(text)}`));
  return timeout > 0 ? timeout : line.refuse(`invalid negative duration: ${quoted(text)}`);
}

export default definePlugin({
  name: 'cancel',
  parse(lines) {
    let timeout = DEFAULT;
    for (const line of lines) {
      const [text] = line.words(0, 1);
      timeout = text === undefined ? DEFAULT : readTimeout(line, text);
    }
    return timeout;
  },
  create(timeout, site) {
    site.put(Deadline, timeout);
    return { handle: (query, next) => next(query) };
  },
});
