// *timeouts* allows you to configure the server read, write and idle timeouts for the TCP, TLS, DoH and DoQ servers (TMO-1).
import type { Directive } from '../../corefile/directive.ts';
import { formatDuration } from '../../wording/duration.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Timeouts } from '../../kernel/query/transport.ts';
import { TimeoutSettings } from '../../kernel/query/transport.ts';

type Settings = { -readonly [Key in keyof Timeouts]?: Timeouts[Key] };
/** Answers that may overtake one: more are not read ahead anyway. */
const MOST_OUT_OF_ORDER = 16;
const DAY = 24 * 3600 * 1000;

/** A duration, or a number of seconds (LIB-9), in milliseconds. */
function timeout(line: Directive, text: string): number {
  const milliseconds = line.duration(/^\d+$/.test(text) ? `${text}s` : text, () => line.fail(`failed to parse duration '${text}'`));
  if (milliseconds < 1000 || milliseconds > DAY) {
    line.fail(`timeout provided '${formatDuration(milliseconds)}' needs to be between 1 second and 24 hours`);
  }
  return milliseconds;
}

function read(line: Directive, settings: Settings): void {
  const text = line.only();
  if (line.word === 'maxtcpqueries') {
    const queries = line.number(text, (reason) => line.fail(`invalid value for maxtcpqueries '${text}': ${reason}`));
    if (queries === 0 || queries < -1) line.fail(`maxtcpqueries provided '${queries}' needs to be -1 (unlimited) or a positive integer`);
    settings.queries = queries;
    return;
  }
  if (line.word === 'out_of_order') {
    const most = line.number(text, (reason) => line.fail(`invalid value for out_of_order '${text}': ${reason}`));
    if (most < 0 || most > MOST_OUT_OF_ORDER) line.fail(`out_of_order must be in range [0, ${MOST_OUT_OF_ORDER}]: ${most}`);
    settings.outOfOrder = most;
    return;
  }
  const milliseconds = timeout(line, text);
  if (line.word === 'read') settings.read = milliseconds;
  else if (line.word === 'write') settings.write = milliseconds;
  else if (line.word === 'idle') settings.idle = milliseconds;
  else line.fail(`unknown option: '${line.word}'`);
}

export default definePlugin({
  name: 'timeouts',
  parse(lines) {
    const settings: Settings = {};
    for (const line of lines) {
      line.end();
      let properties = 0;
      line.properties({}, (property) => {
        read(property, settings);
        properties++;
      });
      if (properties === 0) line.fail('timeouts block with no timeouts specified');
    }
    return { at: lines[0].at, timeouts: settings };
  },
  create(settings, site) {
    site.put(TimeoutSettings, settings);
    return {};
  },
});
