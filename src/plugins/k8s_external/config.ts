// The lines of *k8s_external* as data (KEXT-1). Knows words; opens nothing.
import type { Directive } from '../../corefile/directive.ts';
import { Name } from '../../dns/name.ts';
import { NEVER, readFallthrough } from '../../kernel/site/fallthrough.ts';
import type { Fallthrough } from '../../kernel/site/fallthrough.ts';
import type { Lines, ParseContext } from '../../kernel/site/plugin.ts';
import { zonesOf } from '../../kernel/site/zones.ts';
import type { Zones } from '../../kernel/site/zones.ts';

/** What a block says. */
export interface Settings {
  zones: Zones;
  /** Labels below each zone, where its name server is: wire text as written, without the root. */
  apex: string;
  /** Seconds. */
  ttl: number;
  headless: boolean;
  fallthrough: Fallthrough;
}

/** Reads the lines; throws with CoreDNS's texts. What a later line says holds; what it does not say stays. */
export function readSettings(lines: Lines, context: ParseContext): Settings {
  const settings: Settings = { zones: zonesOf([], context.zones), apex: '\x03dns', ttl: 5, headless: false, fallthrough: NEVER };
  for (const line of lines) {
    settings.zones = zonesOf(line.rest(), context.zones);
    line.properties({
      apex: (property) => readApex(property, settings),
      ttl: (property) => readTtl(property, settings),
      headless() {
        settings.headless = true;
      },
      fallthrough(property) {
        settings.fallthrough = readFallthrough(property);
      },
    });
  }
  return settings;
}

function readApex(line: Directive, settings: Settings): void {
  const [text] = line.words(1) as [string];
  settings.apex = line.attempt(() => Name.parse(text).raw.slice(0, -1), (reason) => line.fail(`apex: ${reason}`));
  if (settings.apex === '') line.fail('apex must be a label');
}
function readTtl(line: Directive, settings: Settings): void {
  const [text] = line.words(1) as [string];
  const ttl = line.number(text, (reason) => line.refuse(reason, 'ttl is a whole number of seconds'));
  if (ttl < 0 || ttl > 3600) line.fail(`ttl must be in range [0, 3600]: ${ttl}`);
  settings.ttl = ttl;
}
