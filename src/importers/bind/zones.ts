// The zones of a named.conf: each kind as what serves it here. Knows statements of zones; knows no options of the server.
import { plainName } from '../names.ts';
import { isWritable } from '../corefile-text.ts';
import type { Fate, Line } from '../outcome.ts';
import type { Source } from '../source.ts';
import { aclLines, membersOf } from './match-list.ts';
import type { MatchLists } from './match-list.ts';
import type { ServerAt, ServerLists } from './servers.ts';
import { last, valueOf } from './tree.ts';
import type { Statement } from './tree.ts';

/** What a zone becomes: lines of a server block of its own, or a line of *recursive*, or nothing. */
export type MadeZone =
  | { readonly zone: string; readonly lines: readonly Line[]; readonly keys: readonly string[]; readonly fate: Fate | undefined }
  | { readonly resolved: Line; readonly fate: Fate | undefined } | Fate;
/** What zones are made with. */
export interface ZoneTools {
  readonly source: Source;
  readonly lists: MatchLists;
  readonly servers: ServerLists;
  /** The path of a file that the configuration names. */
  readonly pathOf: (file: string) => string;
  /** Where a zone's changes are kept. */
  readonly databaseOf: (zone: string) => string;
  /** A statement that a zone, its view or the options have. */
  readonly inherited: (body: readonly Statement[], name: string) => Statement | undefined;
}

/** Makes one. */
export function madeZone({ words: [, text = ''], body = [] }: Statement, tools: ZoneTools): MadeZone {
  const zone = text === '.' ? '' : plainName(text);
  if (zone === undefined) return { lost: 'its name cannot be written' };
  switch (valueOf(body, 'type')) {
    case 'primary': case 'master': return primary(zone, body, tools);
    case 'secondary': case 'slave': return secondary(zone, body, tools);
    case 'forward': return forward(zone, body, tools);
    case 'stub': case 'static-stub': return stub(zone, body, tools);
    case 'hint': return zone === '' ? { idle: 'the servers of the root are built in: see root_hints' }
      : { lost: 'only the root has hints' };
    case 'mirror': return { idle: 'the servers of the zone are asked themselves' };
    case undefined: return { lost: 'it has no type' };
    default: return { lost: `zones of type ${valueOf(body, 'type')} are not known here` };
  }
}

/** What becomes of each statement of a zone that has no counterpart. */
export function zoneFate(name: string, isOff: boolean): Fate | undefined {
  if (TAKEN.has(name)) return undefined;
  if (Object.hasOwn(LOST, name)) return isOff ? { idle: 'it is off' } : { lost: LOST[name]! };
  return { idle: 'it changes no answer of this server' };
}
const TAKEN: ReadonlySet<string> = new Set(['type', 'file', 'primaries', 'masters', 'allow-transfer', 'also-notify', 'allow-query',
  'allow-notify',
  'forwarders', 'forward', 'server-addresses', 'allow-update', 'update-policy']);
const LOST: Readonly<Record<string, string>> = {
  'inline-signing': 'see dnssec { auto }, with the keys', 'auto-dnssec': 'see dnssec { auto }, with the keys',
    'dnssec-policy': 'see dnssec { auto }',
  'server-names': 'servers of stubs are addresses', 'allow-update-forwarding': 'see secondary { forward_updates }',
    database: 'a zone is a file here',
  dlz: 'no library is loaded', 'in-view': 'a zone stands in each view',
    'masterfile-format': 'zone files are text: named-compilezone makes it',
};

function primary(zone: string, body: readonly Statement[], tools: ZoneTools): MadeZone {
  const named = valueOf(body, 'file');
  if (named === undefined) return { lost: 'it has no file' };
  const file = tools.pathOf(named);
  if (!tools.source.has(file)) return { lost: `${file} cannot be read` };
  if (!isWritable(file)) return { lost: 'its path cannot be written' };
  const fate = tools.source.has(`${file}.jnl`) ? { note: `changes lie in ${file}.jnl: rndc sync -clean puts them into the file` }
    : undefined;
  const updates = updateLines(zone, file, body, tools);
  if (typeof updates === 'string') return { lost: updates };
  const around = aroundOf(body, tools);
  if (typeof around === 'string') return { lost: around };
  const serving: Line = updates.lines.length > 0 ? updates.lines[0]! : { words: ['file', file] };
  return { zone, lines: [...around.lines, serving], keys: [...around.keys, ...updates.keys], fate };
}
function secondary(zone: string, body: readonly Statement[], tools: ZoneTools): MadeZone {
  const primaries = last(body, 'primaries', 'masters');
  if (primaries === undefined) return { lost: 'it has no primaries' };
  const servers = tools.servers.read(primaries);
  if (typeof servers === 'string') return { lost: servers };
  const keys = new Set(servers.map(({ key }) => key));
  if (servers.length === 0 || keys.size > 1) return { lost: servers.length === 0 ? 'it has no primaries'
    : 'all primaries have one key, or none' };
  const around = aroundOf(body, tools);
  if (typeof around === 'string') return { lost: around };
  const [key] = keys;
  const notify = last(body, 'allow-notify');
  const members = notify === undefined ? undefined : listOf(notify, tools, membersOf);
  if (typeof members === 'string') return { lost: members };
  const line: Line = { words: ['secondary'], inside: [
    { words: ['transfer', 'from', ...servers.map(({ place }) => place)] }, ...key === undefined ? [] : [{ words: ['key', key] }],
    ...members === undefined || members.networks.length === 0 ? [] : [{ words: ['notify', 'from', ...members.networks] }],
    ...(members?.keys ?? []).map((each) => ({ words: ['notify', 'from', 'key', each] })),
  ] };
  const fate = valueOf(body, 'file') === undefined ? undefined
    : { note: 'it is transferred when the server starts: see secondary { snapshot }' };
  return { zone, lines: [...around.lines, line], keys: [...around.keys, ...key === undefined ? [] : [key], ...members?.keys ?? []], fate };
}
function listOf<T>(statement: Statement, { lists }: ZoneTools, use: (list: Exclude<ReturnType<MatchLists['read']>, string>) =>
  T): T | string {
  const list = lists.read(statement.body ?? []);
  return typeof list === 'string' ? list : use(list);
}
/** Who may ask for a zone, and who may transfer it. */
function aroundOf(body: readonly Statement[], tools: ZoneTools): { readonly lines: Line[]; readonly keys: string[] } | string {
  const asks = tools.inherited(body, 'allow-query');
  const acl = asks === undefined ? [] : listOf(asks, tools, aclLines);
  if (typeof acl === 'string') return acl;
  const transfers = tools.inherited(body, 'allow-transfer'), notifies = tools.inherited(body, 'also-notify');
  const members = transfers === undefined ? { networks: ['0.0.0.0/0'], keys: [] } : listOf(transfers, tools, membersOf);
  if (typeof members === 'string') return members;
  const told: ServerAt[] | string = notifies === undefined ? [] : tools.servers.read(notifies);
  if (typeof told === 'string') return told;
  const networks = members.networks.includes('0.0.0.0/0') ? ['*'] : members.networks.map((each) => each.replace(/(?<!:.*)\/32$|\/128$/,
    ''));
  const inside: Line[] = [
    ...networks.length === 0 ? [] : [{ words: ['to', ...networks] }], ...members.keys.map((key) => ({ words: ['to', 'key', key] })),
    ...told.map(({ place, key }) => ({ words: ['to', place, ...key === undefined ? [] : ['key', key]] })),
  ];
  const keys = [...members.keys, ...told.flatMap(({ key }) => key ?? [])];
  return { lines: [...acl, ...inside.length === 0 ? [] : [{ words: ['transfer'], inside }]], keys };
}
/** *dynupdate* where clients may change the zone. */
function updateLines(zone: string, file: string, body: readonly Statement[],
  tools: ZoneTools): { readonly lines: Line[]; readonly keys: string[] } | string {
  const allow = tools.inherited(body, 'allow-update'), policy = last(body, 'update-policy');
  const rules: (readonly string[])[] = [];
  if (allow !== undefined) {
    const members = listOf(allow, tools, membersOf);
    if (typeof members === 'string') return members;
    if (members.networks.length > 0) return 'updates are allowed to keys, not to addresses';
    rules.push(...members.keys.map((key) => ['allow', key, '*', '*']));
  }
  if (policy !== undefined && policy.body === undefined) return 'update-policy local has a key that BIND makes';
  for (const { words: [grant, key = '', kind, ...rest] } of policy?.body ?? []) {
    if (grant !== 'grant') return 'an update-policy that denies';
    if (kind === 'zonesub') rules.push(['allow', key, '*', ...typesOf(rest)]);
    else if (kind === 'name' || kind === 'subdomain') rules.push(['allow', key, ...kind === 'name' ? [] : ['under'], rest[0] ?? '@',
      ...typesOf(rest.slice(1))]);
    else if (kind === 'self') rules.push(['allow', key, 'self', ...typesOf(rest.slice(1))]);
    else return `updates by the rule ${kind ?? 'of none'} are not known here`;
  }
  if (rules.length === 0) return { lines: [], keys: [] };
  return { keys: rules.map(([, key]) => key!).filter((key) => key !== '*'), lines: [{ words: ['dynupdate', zone], inside: [
    { words: ['file', file] }, ...rules.map((words) => ({ words })), { words: ['database', tools.databaseOf(zone)] },
  ] }] };
}
const typesOf = (words: readonly string[]): readonly string[] => (words.length === 0 ? ['*'] : words.map((word) => word.toUpperCase()));

function forward(zone: string, body: readonly Statement[], tools: ZoneTools): MadeZone {
  const forwarders = last(body, 'forwarders');
  const servers = forwarders === undefined ? [] : tools.servers.read(forwarders);
  if (typeof servers === 'string') return { lost: servers };
  if (servers.length === 0) return { lost: 'names that nobody forwards, below one whose names are forwarded' };
  return { resolved: { words: ['forward', zone === '' ? '.' : zone, ...servers.map(({ place }) => place)] },
    fate: valueOf(body, 'forward') === 'only' ? undefined : { note: 'where its forwarders do not answer, nobody else is asked' } };
}
function stub(zone: string, body: readonly Statement[], tools: ZoneTools): MadeZone {
  const from = last(body, 'primaries', 'masters', 'server-addresses');
  const servers = from === undefined ? [] : tools.servers.read(from);
  if (typeof servers === 'string') return { lost: servers };
  if (servers.length === 0 || zone === '') return { lost: 'its servers are no addresses' };
  return { resolved: { words: ['stub', zone, ...servers.map(({ place }) => place)] }, fate: undefined };
}
