// Reads `ready` (RDY-1). Knows the syntax; opens nothing.
import type { Lines } from '../../kernel/site/plugin.ts';
import { splitHostPort } from '../../dns/host-port.ts';

/** What a block says. */
export interface ReadyConfig {
  /** `host:port`. */
  readonly address: string;
  /** Whether a plugin that was ready once is asked again. */
  readonly continuously: boolean;
}

/** Throws CorefileError, or Error with Go's text for an address. */
export function readReady(lines: Lines): ReadyConfig {
  const [line, again] = lines;
  if (again !== undefined) again.refuse('this plugin can only be used once per Server Block');
  const address = line.more ? line.arg() : ':8181';
  splitHostPort(address);
  line.end();
  line.mentions({ what: 'http', address });
  let continuously = false;
  line.properties({
    monitor(property) {
      const mode = property.arg();
      property.end();
      if (mode !== 'continuously' && mode !== 'until-ready') property.fail(`monitor type '${mode}' not supported`);
      continuously = mode === 'continuously';
    },
  });
  return { address, continuously };
}
