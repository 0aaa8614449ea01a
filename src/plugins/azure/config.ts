// What `azure` lines say (AZ-1, AZ-5). Knows their options and texts, and that several lines are one account; opens nothing.
import type { Directive } from '../../corefile/directive.ts';
import { Name } from '../../dns/name.ts';
import { NEVER, readFallthrough } from '../../kernel/site/fallthrough.ts';
import type { Fallthrough } from '../../kernel/site/fallthrough.ts';
import { REFRESH, readRefresh } from '../../kernel/site/refresh.ts';
import type { Lines } from '../../kernel/site/plugin.ts';
import { readPlace } from '../../web-api/api-request.ts';
import { quoted } from '../../wording/quote.ts';
import { PUBLIC, cloudOf } from './clouds.ts';
import type { Cloud } from './clouds.ts';

/** A zone of a resource group. */
export interface AzureZone {
  readonly zone: Name;
  readonly group: string;
  /** As the API has it, without a last dot. */
  readonly id: string;
  isPrivate: boolean;
}
/** What tells an account; each is '' where no line says it. */
export interface AccountWords {
  tenant: string;
  client: string;
  secret: string;
  subscription: string;
}
/** What all lines of a block say together: of the account, `refresh` and `fallthrough` the last word counts for all zones (AZ-1). */
export interface Settings {
  readonly zones: AzureZone[];
  readonly account: AccountWords;
  cloud: Cloud;
  /** Where the API and the tokens are, if not where the cloud has them; '' otherwise. */
  endpoint: string;
  authority: string;
  /** Milliseconds. */
  refresh: number;
  fallthrough: Fallthrough;
}

/** Reads the lines. A zone of a group stands once in a block. */
export function readSettings(lines: Lines): Settings {
  const settings: Settings = {
    zones: [], account: { tenant: '', client: '', secret: '', subscription: '' }, cloud: PUBLIC, endpoint: '', authority: '',
    refresh: REFRESH, fallthrough: NEVER,
  };
  const seen = new Set<string>();
  for (const line of lines) readLine(line, settings, seen);
  return settings;
}
function readLine(line: Directive, settings: Settings, seen: Set<string>): void {
  const zones = line.rest().map((word) => readZone(word, line, seen));
  settings.zones.push(...zones);
  line.properties({
    tenant: accountWord('tenant', settings),
    client: accountWord('client', settings),
    secret: accountWord('secret', settings),
    subscription: accountWord('subscription', settings),
    environment(property) {
      const name = property.arg();
      property.attempt(() => {
        settings.cloud = cloudOf(name);
      }, (why) => property.fail(`cannot set azure environment: ${quoted(why)}`,
        'for a cloud of your own say where it is, with endpoint and authority'));
    },
    access(property) {
      const word = property.arg();
      if (word !== 'public' && word !== 'private') property.fail(`invalid access value: can be public/private, found: ${word}`);
      for (const zone of zones) zone.isPrivate = word === 'private';
    },
    endpoint: (property) => void (settings.endpoint = url(property)),
    authority: (property) => void (settings.authority = url(property)),
    refresh(property) {
      settings.refresh = readRefresh(property);
    },
    fallthrough(property) {
      settings.fallthrough = readFallthrough(property);
    },
  }, ': "');
}
function readZone(word: string, line: Directive, seen: Set<string>): AzureZone {
  const [, group = '', id = ''] = /^([^:]+):(.+)$/.exec(word) ?? [];
  const zone = id === '' ? undefined : Name.maybe(id.endsWith('.') ? id : `${id}.`);
  if (zone === undefined) return line.fail(`invalid resource group/zone: ${quoted(word)}`);
  if (seen.has(word)) return line.fail(`conflicting zone: ${quoted(word)}`);
  seen.add(word);
  return { zone: zone.folded, group, id: id.replace(/\.$/, ''), isPrivate: false };
}
/** A word of the account: the one that is read last is everybody's, which is said where another one is lost. */
const accountWord = (name: keyof AccountWords, { account }: Settings) => (property: Directive): void => {
  const word = property.arg();
  const before = account[name];
  account[name] = word;
  if (before === '' || before === word) return;
  property.doubt(`all zones of a block have one account, as in CoreDNS, so that this ${name} counts for those of the lines above too`,
    'put the zones of another account into a block of their own');
};
function url(property: Directive): string {
  const text = property.arg();
  if (readPlace(text) === undefined) property.fail(`${quoted(text)} is no URL`, 'such as http://127.0.0.1:8085');
  return text;
}
