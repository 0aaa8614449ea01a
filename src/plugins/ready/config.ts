// Reads `ready` (RDY-1). Knows the syntax; opens nothing.
import { once } from '../../corefile/directive.ts';
import type { Lines } from '../../kernel/site/plugin.ts';
import { splitHostPort } from '../../dns/host-port.ts';

/** What a block says. */
export interface ReadyConfig {
  /** `host:port`. */
  readonly address: string;
  /** Whether a plugin that was ready once is asked again. */
  readonly continuously: boolean;
}

/** Throws CorefileError. */
export function readReady(lines: Lines): ReadyConfig {
  const line = once(lines);
  const address = line.more ? line.arg() : ':8181';
  line.attempt(() => splitHostPort(address));
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
