// Reads `pprof` (PPR-1). Knows the syntax; opens nothing.
import { once } from '../../corefile/directive.ts';
import type { Lines } from '../../kernel/site/plugin.ts';
import { splitHostPort } from '../../dns/host-port.ts';

/** The `host:port` to listen on. `block` is read and has no effect: nothing blocks here that could be sampled. Throws CorefileError. */
export function readPprof(lines: Lines): string {
  const line = once(lines);
  const address = line.more ? line.arg() : 'localhost:6053';
  line.attempt(() => splitHostPort(address), (reason) => line.fail(reason));
  line.end();
  line.mentions({ what: 'http', address });
  line.properties({
    block(property) {
      const [rate] = property.words(0, 1);
      if (rate !== undefined) property.number(rate, () => property.fail(`property 'block' invalid integer value '${rate}'`));
    },
  });
  return address;
}
