// What the options of a named.conf say of all other names: who may ask, who is asked, what is believed and kept. Knows options; knows no
// zone.
import { plainName } from '../names.ts';
import { isWritable } from '../corefile-text.ts';
import type { Fate, Line } from '../outcome.ts';
import type { Source } from '../source.ts';
import { aclLines } from './match-list.ts';
import type { MatchLists } from './match-list.ts';
import type { ServerLists } from './servers.ts';
import { last, named, valueOf } from './tree.ts';
import type { Statement } from './tree.ts';

/** What the block for all names is made of. */
export interface RootParts {
  /** The statements of a view; they count before those of the options. */
  readonly scope: readonly Statement[];
  readonly options: readonly Statement[];
  readonly statements: readonly Statement[];
  readonly lists: MatchLists;
  readonly servers: ServerLists;
  /** Lines of *recursive* that zones made. */
  readonly resolved: readonly Line[];
  readonly source: Source;
  readonly pathOf: (file: string) => string;
  readonly fates: OptionFates;
}

/** The lines of a block for all other names; undefined where nobody asks for them. */
export function rootLines(parts: RootParts): Line[] | undefined {
  const { scope, options, lists, servers, resolved, fates } = parts;
  const value = (...names: readonly string[]) => valueOf(scope, ...names) ?? valueOf(options, ...names);
  const statement = (...names: readonly string[]) => last(scope, ...names) ?? last(options, ...names);
  if (value('recursion') === 'no') return undefined;
  const asks = ['allow-recursion', 'allow-query-cache', 'allow-query'].map((name) => statement(name)).find((each) => each !== undefined);
  const list = lists.read(asks?.body ?? [{ file: '', line: 0, words: ['localnets'], body: undefined, behind: [] }]);
  const acl = typeof list === 'string' ? list : aclLines(list);
  if (typeof acl === 'string') fates.lose(asks?.words[0] ?? 'allow-recursion', acl);
  const forwarders = statement('forwarders');
  const to = forwarders === undefined ? [] : servers.read(forwarders);
  if (typeof to === 'string') fates.lose('forwarders', to);
  const inside: Line[] = [
    ...anchorLines(parts), ...resolved,
    ...typeof to === 'string' || to.length === 0 ? [] : [{ words: ['forward', '.', ...to.map(({ place }) => place)] }],
    ...value('dnssec-validation') === 'no' || value('dnssec-enable') === 'no' ? [{ words: ['insecure', '.'] }] : [],
    .../^(?:disabled|off)$/.test(value('qname-minimization') ?? '') ? [{ words: ['minimise', 'off'] }]
      : value('qname-minimization') === 'strict' ? [{ words: ['minimise', 'strict'] }] : [],
    ...value('stale-answer-enable') === 'yes' ? [{ words: ['stale', `${seconds(value('max-stale-ttl'), 86_400)}s`,
      'answer', `${seconds(value('stale-answer-ttl'), 30)}s`] }] : [],
    ...insecureLines(statement('validate-except')),
  ];
  const version = value('version');
  const isForwarded = typeof to !== 'string' && to.length > 0 && value('forward') === 'only' && value('dnssec-validation') === 'no';
  return [
    ...typeof acl === 'string' ? [] : acl,
    ...version !== undefined && version !== 'none' && isWritable(version) && version !== '' ? [{ words: ['chaos', version] }] : [],
    ...mapped(statement('dns64')), cacheLine(value),
    isForwarded ? { words: ['forward', '.', ...to.map(({ place }) => place)] } : { words: ['recursive'], ...inside.length === 0 ? {}
      : { inside } },
  ];
}
type Value = (...names: readonly string[]) => string | undefined;
function cacheLine(value: Value): Line {
  const most = value('max-cache-ttl'), least = value('min-cache-ttl'), denied = value('max-ncache-ttl');
  const inside: Line[] = [
    ...least === undefined ? [] : [{ words: ['success', '9984', String(Math.max(seconds(most, 604_800), seconds(least, 0))),
      String(seconds(least, 0))] }],
    ...denied === undefined ? [] : [{ words: ['denial', '9984', String(Math.max(1, seconds(denied, 10_800)))] }],
  ];
  return { words: ['cache', ...most === undefined ? [] : [String(Math.max(1, seconds(most, 604_800)))]], ...inside.length === 0 ? {}
    : { inside } };
}
/** `90`, `1h`, `2d`; what is none is as if nothing was said. */
function seconds(text: string | undefined, otherwise: number): number {
  const [, number = '', unit = 's'] = /^(\d{1,9})([smhdw])?$/i.exec(text ?? '') ?? [];
  const factor = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }[unit.toLowerCase()] ?? 1;
  return number === '' ? otherwise : Math.min(Number(number) * factor, 0x7fffffff);
}
const insecureLines = (statement: Statement | undefined): Line[] => (statement?.body ?? []).flatMap(({ words: [name = ''] }) => {
  const zone = plainName(name);
  return zone === undefined ? [] : [{ words: ['insecure', zone] }];
});
const mapped = (statement: Statement | undefined): Line[] =>
  (/^[0-9a-f:.]+\/(?:32|40|48|56|64|96)$/i.test(statement?.words[1] ?? '') ? [{ words: ['dns64', statement!.words[1]!] }] : []);
/** `trust-anchors { . initial-ds 20326 8 2 "..."; };` as records. */
function anchorLines({ statements, fates }: RootParts): Line[] {
  const anchors = named(statements, 'trust-anchors', 'managed-keys', 'trusted-keys').flatMap(({ body = [] }) => body);
  return anchors.flatMap(({ words: [owner = '', ...rest] }) => {
    const zone = owner === '.' ? '.' : `${plainName(owner) ?? ''}.`;
    const isDigest = /-ds$/.test(rest[0] ?? ''), numbers = /^\d/.test(rest[0] ?? '') ? rest : rest.slice(1);
    const data = `${numbers.slice(0, 3).join(' ')} ${numbers.slice(3).join('').replaceAll(/\s/g, '')}`;
    const text = `${zone} IN ${isDigest ? 'DS' : 'DNSKEY'} ${data}`;
    const isRight = numbers.slice(0, 3).every((each) => /^\d{1,5}$/.test(each)) && /^[A-Za-z0-9+/=]+$/.test(text.split(' ').at(-1)!);
    if (!isRight) fates.lose('trust-anchors', 'there is no key in it');
    return isRight ? [{ words: ['trust_anchor', text] }] : [];
  });
}

/** `response-policy { zone "x" policy nxdomain log yes; ... }` as lines of *rpz*; `files` are those of its zones. */
export function policyLines({ body = [] }: Statement, files: ReadonlyMap<string, string>): Line[] | string {
  const lines: Line[] = [];
  for (const { words: [word, name = '', ...rest] } of body) {
    const zone = plainName(name) ?? '', file = files.get(zone);
    if (word !== 'zone' || file === undefined) return `there is no zone ${name} with rules`;
    const at = rest.indexOf('policy'), policy = at < 0 ? 'given' : rest[at + 1] ?? '';
    if (!POLICIES.has(policy)) return `there is no policy ${policy}`;
    lines.push({ words: ['rpz', zone], inside: [
      { words: ['file', file] },
      ...policy === 'given' ? [] : [{ words: ['policy', ...policy === 'cname' ? ['cname', rest[at + 2] ?? ''] : [policy === 'no-op'
        ? 'passthru' : policy]] }],
      ...rest.includes('log') && rest[rest.indexOf('log') + 1] === 'yes' ? [{ words: ['log'] }] : [],
    ] });
  }
  return lines;
}
const POLICIES: ReadonlySet<string> = new Set(['given', 'disabled', 'passthru', 'no-op', 'nxdomain', 'nodata', 'tcp-only', 'drop',
  'cname']);

/** What becomes of a statement that is none. */
export const UNKNOWN: Fate = { lost: 'there is no such statement' };

/** What becomes of each option. */
export class OptionFates {
  readonly #lost = new Map<string, string>();

  /** Says of an option that it could not be made. */
  lose(name: string, reason: string): void {
    this.#lost.set(name, reason);
  }
  /** That of an option, or of a statement of a view. */
  of({ words: [name = '', value] }: Statement): Fate | undefined {
    const lost = this.#lost.get(name);
    if (lost !== undefined) return { lost };
    if (name === 'forward') return value === 'only' ? undefined : { note: 'where forwarders do not answer, nobody else is asked' };
    if (name === 'dnssec-validation' && value === 'yes') return { note: 'the root\'s keys are built in' };
    if (TAKEN.has(name)) return undefined;
    if (Object.hasOwn(CHANGES, name)) return value === 'no' || value === 'none' || value === '0' ? { idle: 'it is off' }
      : { lost: CHANGES[name]! };
    return { idle: 'it changes no answer of this server' };
  }
  /** That of a statement that is no option. */
  statement({ words: [name = ''] }: Statement): Fate | undefined {
    const lost = this.#lost.get(name);
    if (lost !== undefined) return { lost };
    if (/^(?:trust-anchors|managed-keys|trusted-keys)$/.test(name)) return undefined;
    if (Object.hasOwn(STATEMENTS, name)) return STATEMENTS[name]!;
    return UNKNOWN;
  }
}
const TAKEN: ReadonlySet<string> = new Set(['directory', 'listen-on', 'listen-on-v6', 'port', 'forwarders', 'recursion', 'allow-query',
  'allow-recursion', 'allow-query-cache', 'allow-transfer', 'also-notify', 'blackhole', 'response-policy', 'dnssec-validation',
    'dnssec-enable',
  'qname-minimization', 'stale-answer-enable', 'max-stale-ttl', 'stale-answer-ttl', 'max-cache-ttl', 'min-cache-ttl', 'max-ncache-ttl',
    'version',
  'validate-except', 'dns64', 'allow-update', 'match-clients']);
const CHANGES: Readonly<Record<string, string>> = {
  'rate-limit': 'see ratelimit', 'deny-answer-addresses': 'see recursive { private }', 'deny-answer-aliases': 'see rpz',
  'root-delegation-only': 'nothing here does that', 'disable-empty-zone': 'reverse zones of private networks are answered here',
  'filter-aaaa-on-v4': 'see acl { filter type AAAA }', sortlist: 'see loadbalance { prefer }', 'catalog-zones': 'see secondary { catalog }',
  'dnssec-policy': 'see dnssec { auto }', 'server-id': 'see nsid', 'nxdomain-redirect': 'nothing here does that',
    'tkey-gssapi-keytab': 'keys are secrets here',
  'dnssec-must-be-secure': 'nothing here does that', 'preferred-glue': 'nothing here does that',
    'no-case-compress': 'nothing here does that',
};
const STATEMENTS: Readonly<Record<string, Fate>> = {
  logging: { idle: 'errors and log say what is told' }, controls: { idle: 'admin is how a running server is spoken to' },
  'statistics-channels': { idle: 'prometheus tells numbers' }, 'dnssec-policy': { idle: 'it counts where a zone names it' },
  tls: { idle: 'it counts where something names it' }, http: { idle: 'it counts where something names it' },
  'key-store': { idle: 'it counts where a policy names it' }, plugin: { lost: 'no library is loaded' },
    dlz: { lost: 'no library is loaded' },
  dyndb: { lost: 'no library is loaded' },
};
