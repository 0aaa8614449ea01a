// *cancel* cancels a query's context after 5.001 seconds. Knows one duration; what asks others reads it.
import { parseDuration } from '../../corefile/duration.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import { Deadline } from '../../kernel/site/site.ts';
import { quoted } from '../../wording/quote.ts';

/** Milliseconds. */
const DEFAULT = 5001;

function readTimeout(text: string): number {
  let timeout: number;
  try {
    timeout = parseDuration(text);
  } catch {
    throw new Error(`invalid duration: ${quoted(text)}`);
  }
  if (timeout <= 0) throw new Error(`invalid negative duration: ${quoted(text)}`);
  return timeout;
}

export default definePlugin({
  name: 'cancel',
  parse(lines) {
    let timeout = DEFAULT;
    for (const line of lines) {
      const words = line.rest();
      if (words.length > 1) line.wrongArgs();
      timeout = words[0] === undefined ? DEFAULT : readTimeout(words[0]);
    }
    return timeout;
  },
  create(timeout, site) {
    site.put(Deadline, timeout);
    return { handle: (query, next) => next(query) };
  },
});
