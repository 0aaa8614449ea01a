// What a running server said of itself, as lines for people. Knows the API's replies. Names and addresses are as in zone files: no octet
// of them does anything to a terminal.

interface Status {
  readonly version: string;
  readonly uptime: number;
  readonly ready: boolean;
  readonly addresses: readonly {
    readonly address: string;
    readonly blocks: readonly { readonly zone: string; readonly view?: string; readonly plugins: readonly string[] }[];
  }[];
}
interface Change {
  readonly block: string;
  readonly word: string;
  readonly before?: string;
  readonly after?: string;
}
interface Query {
  readonly at: string;
  readonly client: string | null;
  readonly name: string | null;
  readonly type: string;
  readonly rcode: string | null;
  readonly by: string;
  readonly took: number;
}
interface Row {
  readonly key: string;
  readonly count: number;
  readonly error: number;
}
interface Upstream {
  readonly id: string;
  readonly block: string;
  readonly by: string;
  readonly state: string;
  readonly usual: number | null;
  readonly until: string | null;
}
interface Zone {
  readonly zone: string;
  readonly block: string;
  readonly by: string;
  readonly serial: number | null;
  readonly trouble: string | null;
}
interface Cluster {
  readonly id: string;
  readonly block: string;
  readonly by: string;
  readonly name: string;
  readonly whole: boolean;
  readonly stale: string | null;
  readonly objects: { readonly [kind: string]: number };
  readonly watches: readonly { readonly error: string | null }[];
}
interface Plugin {
  readonly name: string;
  readonly at: string | null;
  readonly ready: boolean;
  readonly remark: string | null;
}
interface Reloaded {
  readonly changes: readonly Change[];
  readonly problems: readonly string[];
  readonly reloaded: boolean;
  readonly confirm?: string;
}
const changed = (changes: readonly Change[]): string => changes.flatMap(({ block, before, after }) => [
  `${block}\n`, ...(before === undefined ? [] : [`  - ${before}\n`]), ...(after === undefined ? [] : [`  + ${after}\n`]),
]).join('');

/** By the word that was said. */
export const IN_WORDS: { readonly [word: string]: (said: never) => string } = {
  queries: ({ queries }: { queries: readonly Query[] }) => queries.map(({ at, client, name, type, rcode, by, took }) =>
    `${at}  ${client ?? '-'}  ${name ?? '-'} ${type}  ${rcode ?? 'no reply'}  ${by}  ${(took * 1000).toFixed(2)} ms\n`).join(''),
  top({ at, rows }: { at: string; rows: readonly Row[] }) {
    const lines = rows.map(({ key, count, error }) =>
      `${String(count - error).padStart(9)} ${(error > 0 ? `+${error}` : '').padEnd(7)} ${key}\n`);
    return `in the minute of ${at.slice(11, 16)} UTC\n${lines.join('')}`;
  },
  flush: ({ flushed, entries }: { flushed: string; entries?: number }) =>
    `flushed ${flushed}${entries === undefined ? '' : `: ${entries} ${entries === 1 ? 'entry' : 'entries'}`}\n`,
  status({ version, uptime, ready, addresses }: Status) {
    const lines = addresses.flatMap(({ address, blocks }) => blocks.map(({ zone, view, plugins }) =>
      `${address}  ${zone}${view === undefined ? '' : ` (view ${view})`}  ${plugins.join(' ')}\n`));
    return `coredns-ts ${version}, up ${uptime} s, ${ready ? 'ready' : 'not ready'}\n${lines.join('')}`;
  },
  reload({ changes, problems, reloaded, confirm }: Reloaded) {
    if (problems.length > 0) process.exitCode = 1;
    return `${problems.map((problem) => `would be refused: ${problem}\n`).join('')}${changed(changes)}`
      + `${changes.length === 0 && problems.length === 0 ? 'nothing differs\n' : ''}${reloaded ? 'reloaded\n' : ''}`
      + (confirm === undefined ? '' : `it goes back at ${confirm} unless: coredns-ts reload --keep\n`);
  },
  keep: () => 'it stays\n',
  rollback: ({ to, changes }: { to: number; changes: readonly Change[] }) => `${changed(changes)}number ${to} serves\n`,
  history: ({ configurations }: { configurations: readonly { number: number; at: string; changes: readonly Change[] }[] }) =>
    configurations.map(({ number, at, changes }) => `${number}  ${at}\n${changed(changes).replaceAll(/^(?=.)/gm, '    ')}`).join(''),
  upstreams: ({ upstreams }: { upstreams: readonly Upstream[] }) => upstreams.map(({ id, block, by, state, usual, until }) => {
    const how = `${state}${until === null ? '' : ` until ${until}`}  ${usual === null ? '-' : `${usual.toFixed(1)} ms`}`;
    return `${id}  ${how}  ${by} of ${block}\n`;
  }).join(''),
  drain: ({ id, until }: { id: string; until: string | null }) =>
    (until === null ? `${id} is asked again\n` : `${id} is left alone until ${until}\n`),
  zones: ({ zones, more }: { zones: readonly Zone[]; more: number }) => zones.map(({ zone, block, by, serial, trouble }) => (
    `${zone}  ${trouble ?? serial ?? '-'}  ${by} of ${block}\n`)).join('') + (more > 0 ? `and ${more} more\n` : ''),
  refresh: ({ zone, refreshed }: { zone: string; refreshed: readonly string[] }) => `${zone} was looked at by ${refreshed.join(', ')}\n`,
  notify: ({ zone, told }: { zone: string; told: readonly string[] }) => `${told.join(' ')} is told of ${zone}\n`,
  clusters: ({ clusters }: { clusters: readonly Cluster[] }) => clusters.map(({ id, block, by, name, whole, stale, objects, watches }) => {
    const how = stale === null ? (whole ? 'whole' : 'not read yet') : `stale since ${stale}`;
    const errors = watches.flatMap(({ error }) => (error === null ? [] : [`    ${error}\n`]));
    const counts = Object.entries(objects).map(([kind, count]) => `${count} ${kind}`).join(', ');
    return `${id}  ${how}  ${counts}  ${name}, ${by} of ${block}\n${errors.join('')}`;
  }).join(''),
  relist: ({ relisted }: { relisted: readonly string[] }) => (
    relisted.length === 0 ? 'it is being read already\n' : `read anew: ${relisted.join(', ')}\n`),
  log: ({ levels }: { levels: readonly { plugin: string | null; level: string; until: string }[] }) => (levels.length === 0
    ? 'the log says what it usually does\n'
    : levels.map(({ plugin, level, until }) => `${plugin ?? 'all'}  ${level}  until ${until}\n`).join('')),
  plugins: ({ blocks }: { blocks: readonly { block: string; plugins: readonly Plugin[] }[] }) => blocks.map(({ block, plugins }) => {
    const lines = plugins.map(({ name, at, ready, remark }) => (
      [name, at, ready ? null : 'not ready', remark].filter((each) => each !== null)));
    return `${block}\n${lines.map((words) => `  ${words.join('  ')}\n`).join('')}`;
  }).join(''),
};
