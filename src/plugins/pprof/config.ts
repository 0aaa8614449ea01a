// Reads `pprof` (PPR-1). Knows the syntax; opens nothing.
import { parseInteger } from '../../corefile/number.ts';
import type { Lines } from '../../kernel/site/plugin.ts';
import { splitHostPort } from '../../dns/host-port.ts';

/** The `host:port` to listen on. `block` is read and has no effect: nothing blocks here that could be sampled. Throws CorefileError. */
export function readPprof(lines: Lines): string {
  const [line, again] = lines;
  if (again !== undefined) again.refuse('this plugin can only be used once per Server Block');
  const address = line.more ? line.arg() : 'localhost:6053';
  try {
    splitHostPort(address);
  } catch (error) {
    line.fail((error as Error).message);
  }
  line.end();
  line.mentions({ what: 'http', address });
  line.properties({
    block(property) {
      const [rate, ...others] = property.rest();
      if (others.length > 0) property.wrongArgs();
      try {
        if (rate !== undefined) parseInteger(rate);
      } catch {
        property.fail(`property 'block' invalid integer value '${rate}'`);
      }
    },
  });
  return address;
}
