// What `consul` lines say. Knows their options and texts; opens nothing.
import type { Directive } from '../../corefile/directive.ts';
import type { Name } from '../../dns/name.ts';
import { NEVER, readFallthrough } from '../../kernel/site/fallthrough.ts';
import type { Fallthrough } from '../../kernel/site/fallthrough.ts';
import type { Lines } from '../../kernel/site/plugin.ts';
import { zonesOf } from '../../kernel/site/zones.ts';
import { readPlace } from '../../web-api/api-request.ts';
import type { ApiPlace } from '../../web-api/api-request.ts';
import { quoted } from '../../wording/quote.ts';

/** One `consul` line. */
export interface Settings {
  readonly zone: Name;
  /** Empty where the environment, or the usual place, says it. */
  places: readonly ApiPlace[];
  token: string;
  /** '' for that of the server that is asked. */
  datacenter: string;
  /** Instances that warn are left out too. */
  onlyPassing: boolean;
  /** Tags that instances must have, in lower case. */
  tags: readonly string[];
  /** The node from which others are near or far; '' without. */
  near: string;
  /** Seconds of records of services, and of nodes. */
  ttl: number;
  nodeTtl: number;
  fallthrough: Fallthrough;
}

const MOST_TTL = 86_400;

/** Reads the lines, each of which is a source of its own. */
export function readSettings(lines: Lines): readonly Settings[] {
  return lines.map(readLine);
}
function readLine(line: Directive): Settings {
  const [word = 'consul', ...more] = line.rest();
  if (more.length > 0) line.wrongArgs();
  const zone = zonesOf([word], []).names[0] ?? line.refuse(`unable to normalize '${word}'`);
  const settings: Settings = {
    zone, places: [], token: '', datacenter: '', onlyPassing: false, tags: [], near: '', ttl: 5, nodeTtl: 5, fallthrough: NEVER,
  };
  const seconds = (property: Directive): number => property.integer('the TTL', { min: 0, max: MOST_TTL });
  line.properties({
    address(property) {
      settings.places = property.words(1).map((text) => readPlace(text)
        ?? property.fail(`${quoted(text)} is no URL`, 'an address is a URL such as http://127.0.0.1:8500'));
    },
    token(property) {
      settings.token = property.only();
    },
    datacenter(property) {
      settings.datacenter = property.only().toLowerCase();
    },
    only_passing(property) {
      property.words(0, 0);
      settings.onlyPassing = true;
    },
    tags(property) {
      settings.tags = property.words(1).map((tag) => tag.toLowerCase());
    },
    near(property) {
      settings.near = property.only();
    },
    ttl(property) {
      settings.ttl = settings.nodeTtl = seconds(property);
      if (property.more) settings.nodeTtl = seconds(property);
      property.end();
    },
    fallthrough(property) {
      settings.fallthrough = readFallthrough(property);
    },
  });
  return settings;
}
