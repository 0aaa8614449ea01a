// What `nomad` lines say (NMD-1). Knows their options and texts; opens nothing.
import type { Directive } from '../../corefile/directive.ts';
import type { Name } from '../../dns/name.ts';
import type { Lines } from '../../kernel/site/plugin.ts';
import { zonesOf } from '../../kernel/site/zones.ts';
import { readPlace } from '../../web-api/api-request.ts';
import type { ApiPlace } from '../../web-api/api-request.ts';

/** One `nomad` line. */
export interface Settings {
  readonly zone: Name;
  /** As they are written; empty where the environment, or the client's default, says it. */
  addresses: readonly string[];
  /** Go's filter expression, which the API applies; empty without one. */
  filter: string;
  token: string;
  /** Seconds. */
  ttl: number;
  /** Whether a label before the service asks for the instances that have this tag. */
  tags: boolean;
  /** Whether instances with a check that fails are left out. */
  healthy: boolean;
}

const MOST_TTL = 3600;

/** Reads the lines, each of which is a source of its own. */
export function readSettings(lines: Lines): readonly Settings[] {
  return lines.map(readLine);
}
function readLine(line: Directive): Settings {
  const [word = 'service.nomad', ...more] = line.rest();
  if (more.length > 0) line.wrongArgs();
  const zone = zonesOf([word], []).names[0] ?? line.refuse(`unable to normalize '${word}'`);
  const settings: Settings = { zone, addresses: [], filter: '', token: '', ttl: 30, tags: false, healthy: false };
  const oneOf = (property: Directive, what: string): string => {
    const [value, ...others] = property.rest();
    return value === undefined || others.length > 0 ? property.fail(`exactly one ${what} is required`) : value;
  };
  line.properties({
    address(property) {
      const addresses = property.rest();
      if (addresses.length === 0) property.fail('at least one address is required');
      const hint = 'an address is a URL such as http://127.0.0.1:4646';
      for (const address of addresses) placeOf(address, (text) => property.refuse(text, hint));
      settings.addresses = addresses;
    },
    filter(property) {
      settings.filter = oneOf(property, 'filter');
    },
    token(property) {
      settings.token = oneOf(property, 'token');
    },
    ttl(property) {
      const text = oneOf(property, 'ttl value');
      const ttl = property.number(text, (reason) => property.fail(`error parsing ttl: ${reason.replace('ParseInt', 'Atoi')}`));
      if (ttl < 0 || ttl > MOST_TTL) property.fail(`ttl must be in range [0, ${MOST_TTL}]: ${ttl}`);
      settings.ttl = ttl;
    },
    healthy(property) {
      property.words(0, 0);
      settings.healthy = true;
    },
    tags(property) {
      property.words(0, 0);
      settings.tags = true;
    },
  });
  return settings;
}

/** The place of an address; `refuse` gets a text where it is none. */
export function placeOf(address: string, refuse: (text: string) => never): ApiPlace {
  return readPlace(address) ?? refuse(`invalid address '${address}'`);
}
