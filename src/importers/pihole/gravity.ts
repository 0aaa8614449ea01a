// What gravity.db of Pi-hole holds: lists, names and patterns, groups and clients. Knows its tables; SQLite is Node's.
import { isIP } from 'node:net';
import type { Fate, Line, Outcome, Where } from '../outcome.ts';

interface Row {
  readonly id: number;
  readonly text: string;
  readonly type: number;
  readonly group: number;
}
/** Of a name or pattern. */
const ALLOWED = 0, DENIED = 1, ALLOWED_PATTERN = 2, DENIED_PATTERN = 3;
/** The group of all clients. */
const DEFAULT = 0;

/** Lines of *block* for each group. `action` is what blocked names get. Throws Error where it is no such database. */
export async function blockLines(path: string, action: readonly string[], outcome: Outcome, at: Where): Promise<Line[]> {
  const { DatabaseSync } = await import('node:sqlite');
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const rows = (sql: string): Row[] => database.prepare(sql).all() as unknown as Row[];
    const type = hasColumn(database, 'adlist', 'type') ? 'a.type' : '0';
    const lists = rows(`SELECT a.id AS id, a.address AS text, ${type} AS type, g.group_id AS "group"
      FROM adlist a JOIN adlist_by_group g ON g.adlist_id = a.id WHERE a.enabled = 1 ORDER BY a.id`);
    const names = rows(`SELECT d.id AS id, d.domain AS text, d.type AS type, g.group_id AS "group"
      FROM domainlist d JOIN domainlist_by_group g ON g.domainlist_id = d.id WHERE d.enabled = 1 ORDER BY d.id`);
    const clients = rows(`SELECT c.id AS id, c.ip AS text, 0 AS type, g.group_id AS "group"
      FROM client c JOIN client_by_group g ON g.client_id = c.id ORDER BY c.id`);
    const gone = new Set(clients.filter(({ id }) => !clients.some((each) => each.id === id && each.group === DEFAULT)).map(({ text }) =>
      text));
    for (const each of gone) outcome.tell(at, `client ${each}`, { lost: 'every client is in the default group' });
    const told = new Set<string>();
    const groups = [...new Set([...lists, ...names].map(({ group }) => group))].sort((a, b) => a - b);
    return groups.flatMap((group) => {
      const networks = clients.filter((each) => each.group === group).map(({ text }) => text);
      if (group !== DEFAULT && networks.length === 0) return [];
      const unknown = networks.filter((each) => isIP(each.split('/')[0]!) === 0);
      if (group !== DEFAULT) for (const each of unknown) outcome.tell(at, `client ${each}`,
        { lost: 'clients are told by their addresses' });
      const line = groupLine({ group, lists, names, networks: networks.filter((each) => !unknown.includes(each)), action, outcome, at,
        told });
      return line === undefined ? [] : [line];
    });
  } finally {
    database.close();
  }
}
const hasColumn = (database: { prepare: (sql: string) => { all: () => unknown[] } }, table: string, column: string): boolean =>
  (database.prepare(`SELECT name FROM pragma_table_info('${table}')`).all() as { name: string }[]).some(({ name }) => name === column);

interface GroupParts {
  readonly group: number;
  readonly lists: readonly Row[];
  readonly names: readonly Row[];
  readonly networks: readonly string[];
  readonly action: readonly string[];
  readonly outcome: Outcome;
  readonly at: Where;
  readonly told: Set<string>;
}
function groupLine({ group, lists, names, networks, action, outcome, at, told }: GroupParts): Line | undefined {
  const once = (what: string, fate: Fate | undefined): void => {
    if (!told.has(what)) outcome.tell(at, what, fate);
    told.add(what);
  };
  const urls = (type: number): string[] => lists.filter((each) => each.group === group && each.type === type).flatMap(({ text }) => {
    const isKnown = /^https:\/\/[^\s{}"\\]+$/.test(text);
    once(`adlist ${text}`, isKnown ? undefined : { lost: 'a list is fetched by https' });
    return isKnown ? [text] : [];
  });
  const rules = (plain: number, pattern: number): string[] => names.filter((each) => each.group === group).flatMap(({ text, type }) => {
    if (type !== plain && type !== pattern) return [];
    const isWrong = /[\r\n\0]/.test(text) || (type === pattern && text.includes(';'));
    once(`domain ${text}`, isWrong ? { lost: 'a pattern with conditions' } : undefined);
    return isWrong ? [] : [type === plain ? text : `/${text}/`];
  });
  const written = (name: string, rows: readonly string[]): string[] =>
    (rows.length === 0 ? [] : [outcome.write(`lists/${name}${group === DEFAULT ? '' : `-${group}`}.txt`, `${rows.join('\n')}\n`)]);
  const denied = [...urls(0), ...written('denied', rules(DENIED, DENIED_PATTERN))];
  const allowed = [...urls(1), ...written('allowed', rules(ALLOWED, ALLOWED_PATTERN))];
  if (denied.length === 0 || (group !== DEFAULT && networks.length === 0)) return undefined;
  const isFetched = [...denied, ...allowed].some((each) => each.startsWith('https:'));
  return { words: ['block', ...denied], inside: [
    ...allowed.length === 0 ? [] : [{ words: ['allow', ...allowed] }], { words: ['action', ...action] },
    ...group === DEFAULT ? [] : [{ words: ['clients', ...networks] }], ...isFetched ? [{ words: ['snapshot', outcome.folder('fetched')] }]
      : [],
  ] };
}
