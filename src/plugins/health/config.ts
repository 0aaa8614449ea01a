// Reads `health` (HLT-1, HLT-2). Knows the syntax; opens nothing.
import type { Lines } from '../../kernel/site/plugin.ts';
import { splitHostPort } from '../../dns/host-port.ts';

/** What a block says. */
export interface HealthConfig {
  /** `host:port`. */
  readonly address: string;
  /** Milliseconds that the server stays up once it was told to end. */
  readonly lameduck: number;
}

/** Of several lines the last one counts. Throws CorefileError. */
export function readHealth(lines: Lines): HealthConfig {
  let address = ':8080';
  let lameduck = 0;
  for (const line of lines) {
    if (line.more) {
      address = line.arg();
      line.attempt(() => splitHostPort(address));
    }
    line.end();
    line.mentions({ what: 'http', address });
    line.properties({
      lameduck(property) {
        const text = property.arg();
        property.end();
        lameduck = property.duration(text, (reason) =>
          property.refuse(`unable to parse lameduck duration value: '${text}' : ${reason}`, 'a duration is written such as 5s'));
      },
    });
  }
  return { address, lameduck };
}
