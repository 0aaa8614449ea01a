// What `route53` lines say (R53-1). Knows their options and texts; opens nothing.
import type { Directive } from '../../corefile/directive.ts';
import { Name } from '../../dns/name.ts';
import { NEVER, readFallthrough } from '../../kernel/site/fallthrough.ts';
import type { Fallthrough } from '../../kernel/site/fallthrough.ts';
import type { Lines } from '../../kernel/site/plugin.ts';
import { readPlace } from '../../web-api/api-request.ts';
import { formatDuration } from '../../wording/duration.ts';
import { quoted } from '../../wording/quote.ts';
import type { KeySource } from './credentials.ts';

/** A zone of a line and its id. */
export interface ZoneId {
  readonly zone: Name;
  readonly id: string;
}
/** One `route53` line. */
export interface Settings {
  readonly zones: readonly ZoneId[];
  /** Zones that were written without their last dot, which CoreDNS never answers from. */
  readonly undotted: readonly string[];
  keys: KeySource;
  /** Where the API is, if not where AWS has it; '' otherwise. */
  endpoint: string;
  /** Whether aliases are told as what is behind them. */
  isFlat: boolean;
  /** Milliseconds. */
  refresh: number;
  fallthrough: Fallthrough;
}

/** Reads the lines. A zone and its id stand once in a block. */
export function readSettings(lines: Lines): readonly Settings[] {
  const seen = new Set<string>();
  return lines.map((line) => readLine(line, seen));
}
function readLine(line: Directive, seen: Set<string>): Settings {
  const zones: ZoneId[] = [], undotted: string[] = [];
  for (const [i, word] of line.rest().entries()) {
    const [name = '', id = '', ...more] = word.split(':');
    const zone = Name.maybe(name);
    if (name === '' || id === '' || more.length > 0 || zone === undefined) return line.fail(`invalid zone ${quoted(word)}`);
    if (seen.has(word)) return line.fail(`conflict zone ${quoted(word)}`);
    seen.add(word);
    if (name.endsWith('.')) zones.push({ zone: zone.folded, id });
    else {
      undotted.push(name);
      line.doubt(`nothing is answered from ${name}, as in CoreDNS, since it has no last dot`, `write ${name}.:${id}`, 'unlikely',
        line.argsAt[i]);
    }
  }
  const settings: Settings = {
    zones, undotted, keys: { fixed: undefined, profile: undefined, file: undefined }, endpoint: '', isFlat: false, refresh: 60_000,
    fallthrough: NEVER,
  };
  const endpoint = (property: Directive): void => {
    const url = property.arg();
    if (readPlace(url) === undefined) property.fail(`${quoted(url)} is no URL`, 'an endpoint is a URL such as http://127.0.0.1:4566');
    settings.endpoint = url;
  };
  line.properties({
    aws_access_key(property) {
      const words = property.rest();
      const [id, secret, ...more] = words;
      if (id === undefined || secret === undefined || more.length > 0) return property.fail(`invalid access key: '[${words.join(' ')}]'`);
      settings.keys = { ...settings.keys, fixed: { id, secret, token: undefined } };
      property.doubt('a Corefile is a bad place for keys', 'use a profile, the environment or a role');
    },
    aws_endpoint: endpoint,
    endpoint,
    credentials(property) {
      const profile = property.arg();
      settings.keys = { ...settings.keys, profile, file: property.more ? property.arg() : undefined };
    },
    alias(property) {
      property.words(0, 0);
      settings.isFlat = true;
    },
    refresh(property) {
      const text = property.arg();
      const milliseconds = property.duration(/^\d+$/.test(text) ? `${text}s` : text,
        (reason) => property.fail(`Unable to parse duration: ${reason}`));
      if (milliseconds <= 0) property.fail(`refresh interval must be greater than 0: ${quoted(formatDuration(milliseconds))}`);
      settings.refresh = milliseconds;
    },
    fallthrough(property) {
      settings.fallthrough = readFallthrough(property);
    },
  }, '"');
  return settings;
}
