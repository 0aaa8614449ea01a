// What `clouddns` lines say (GCP-1, GCP-3). Knows their options and texts; opens nothing but the file with credentials.
import type { Directive } from '../../corefile/directive.ts';
import { Name } from '../../dns/name.ts';
import { NEVER, readFallthrough } from '../../kernel/site/fallthrough.ts';
import type { Fallthrough } from '../../kernel/site/fallthrough.ts';
import { REFRESH, readRefresh } from '../../kernel/site/refresh.ts';
import type { Lines, Machine } from '../../kernel/site/plugin.ts';
import { readPlace } from '../../web-api/api-request.ts';
import { fileError } from '../../wording/errno.ts';
import { quoted } from '../../wording/quote.ts';
import { readCredential } from './credentials.ts';
import type { Credential } from './credentials.ts';

/** A managed zone, and which zone of ours it is. */
export interface ManagedZone {
  readonly zone: Name;
  readonly project: string;
  readonly id: string;
}
/** One `clouddns` line. */
export interface Settings {
  readonly zones: readonly ManagedZone[];
  /** Undefined: those of the machine. */
  credential: Credential | undefined;
  /** Where the API is, if not where Google has it; '' otherwise. */
  endpoint: string;
  /** Milliseconds. */
  refresh: number;
  fallthrough: Fallthrough;
}

/** Reads the lines. A managed zone stands once in a block. */
export function readSettings(lines: Lines, { machine }: { readonly machine: Machine }): readonly Settings[] {
  const seen = new Set<string>();
  return lines.map((line) => readLine(line, seen, machine));
}
function readLine(line: Directive, seen: Set<string>, machine: Machine): Settings {
  const zones = line.rest().map((word) => {
    const [, name = '', project = '', id = ''] = /^([^:]+):([^:]+):(.+)$/.exec(word) ?? [];
    const zone = Name.maybe(name.endsWith('.') ? name : `${name}.`);
    if (name === '' || zone === undefined) return line.fail(`invalid zone ${quoted(word)}`);
    if (seen.has(word)) return line.fail(`conflict zone ${quoted(word)}`);
    seen.add(word);
    return { zone: zone.folded, project, id };
  });
  const settings: Settings = { zones, credential: undefined, endpoint: '', refresh: REFRESH, fallthrough: NEVER };
  line.properties({
    credentials(property) {
      const path = property.arg();
      property.attempt(() => {
        settings.credential = readCredential(text(path, machine));
      }, (why) => property.fail(`invalid credentials file ${quoted(path)}: ${why}`));
    },
    endpoint(property) {
      const url = property.arg();
      if (readPlace(url) === undefined) property.fail(`${quoted(url)} is no URL`, 'an endpoint is a URL such as http://127.0.0.1:8085');
      settings.endpoint = url;
    },
    refresh(property) {
      settings.refresh = readRefresh(property);
    },
    fallthrough(property) {
      settings.fallthrough = readFallthrough(property);
    },
  }, '"');
  return settings;
}
function text(path: string, machine: Machine): string {
  try {
    return new TextDecoder().decode(machine.readFile(path));
  } catch (error) {
    throw new Error(fileError(error, path), { cause: error });
  }
}
