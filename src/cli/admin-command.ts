// `coredns-ts status`, `queries`, `top`, `flush`, `reload`, `rollback`, `upstreams`, `zones`, `clusters`, `plugins`, `log`, `profile` and
// `explain --server`: words to a running server. Knows the API's paths and the console; the API is admin-api's.
import { typeName } from '../dns/type-name.ts';
import { writeFileSync } from 'node:fs';
import { fileError } from '../wording/errno.ts';
import { USUAL, ask, tell } from './admin-ask.ts';
import type { Said } from './admin-ask.ts';
import { IN_WORDS } from './admin-text.ts';
import type { ExplainedQuestion } from './explain-questions.ts';

const USAGE = `Usage: coredns-ts status [--json] [--server SERVER]
       coredns-ts queries [--json] [--server SERVER] [FILTER...]
       coredns-ts top [--json] [--last] [--server SERVER] names|clients|under|failing|upstreams
       coredns-ts flush NAME | --under NAME | --all [--server SERVER]
       coredns-ts reload [--diff | --confirm TIME | --keep] [--json] [--server SERVER]
       coredns-ts rollback [NUMBER | --list] [--json] [--server SERVER]
       coredns-ts upstreams [drain ID [--for TIME] | undrain ID] [--json] [--server SERVER]
       coredns-ts zones [refresh ZONE | notify ZONE] [--json] [--server SERVER]
       coredns-ts clusters [relist ID] [--json] [--server SERVER]
       coredns-ts plugins [--json] [--server SERVER]
       coredns-ts log debug|info|warning|error|usual [PLUGIN] [--for TIME] | list [--json] [--server SERVER]
       coredns-ts profile cpu|allocations|heap [--thread N] [--for TIME] [--to FILE] [--server SERVER]

Of a running server whose Corefile has admin: what it serves; its last questions that fit all words of FILTER; what most of
this minute were, or of the last one (at least, and by how much it may be more), anew each second on a terminal; that its caches
ask for a name, or for everything, anew; that it reads its Corefile again, or (--diff) what would change if it did; with
--confirm it goes back by itself unless it is told to --keep that; the Corefile before, or the one of a number; whom it asks,
and that one of those is left alone; its zones, and that it looks for a newer version of one or tells the secondaries of it;
the clusters that it follows, and that one is read anew; the plugins of each block; that its log says more or less of
one, for an hour where no TIME is said; where the time of a thread goes, what it allocates, or all that is in its memory, as a
file for the developer tools of Chromium. Of heap: every secret of the server is in it, and it answers nothing meanwhile.

SERVER is ${USUAL} where none is given, another socket, or a URL: a token stands in the environment then, as COREDNS_TS_TOKEN.
A word of FILTER is a piece of the name, type:AAAA, rcode:SERVFAIL, by:forward, under:example.org, an address or a network,
>5ms or <1ms; not before it turns it round.

Exit status: 0 done, 1 refused or not reached, 2 for a wrong command line.
`;
/** Milliseconds between two pictures of a top on a terminal. */
const AGAIN = 1000;

/** The words. */
type AdminWord = 'status' | 'queries' | 'top' | 'flush' | 'reload' | 'rollback' | 'upstreams' | 'zones' | 'clusters' | 'plugins'
  | 'log' | 'profile';

/** A request, and as what its reply is told. */
interface Wanted {
  readonly told?: string;
  readonly method?: string;
  readonly path: string;
  readonly body?: object;
  /** The file that the reply becomes. */
  readonly file?: string;
}
interface Line {
  readonly names: readonly string[];
  readonly options: ReadonlyMap<string, string>;
}
/** The options of each word, those with `=` take a value; how many words may follow; and what is asked, or what is wrong. */
const VERBS: { readonly [word in AdminWord]: {
  readonly options: readonly string[]; readonly most: number; readonly wanted: (line: Line) => Wanted | string;
} } = {
  status: { options: [], most: 0, wanted: () => ({ path: '/v1/status' }) },
  queries: { options: [], most: 64, wanted: ({ names }) => ({ path: `/v1/queries?${new URLSearchParams({ filter: names.join(' ') })}` }) },
  top: {
    options: ['--last'], most: 1,
    wanted: ({ names, options }) => (
      { path: `/v1/top/${encodeURIComponent(names[0] ?? 'names')}?minute=${options.has('--last') ? 'last' : 'now'}` }),
  },
  flush: {
    options: ['--all', '--under'], most: 1,
    wanted({ names, options }) {
      const all = options.has('--all'), under = options.has('--under');
      if (all === (names.length > 0) || (all && under)) return all ? 'a name and --all exclude each other' : 'a name, or --all, is missing';
      return { method: 'POST', path: '/v1/cache/flush', body: all ? { all } : { [under ? 'under' : 'name']: names[0] } };
    },
  },
  reload: {
    options: ['--diff', '--keep', '--confirm='], most: 0,
    wanted({ options }) {
      if (options.size > 1) return `${[...options.keys()].join(' and ')} exclude each other`;
      if (options.has('--keep')) return { told: 'keep', method: 'POST', path: '/v1/reload/confirm', body: {} };
      const confirm = options.get('--confirm');
      return { method: 'POST', path: '/v1/reload', body: { dryRun: options.has('--diff'), ...(confirm === undefined ? {} : { confirm }) } };
    },
  },
  rollback: {
    options: ['--list'], most: 1,
    wanted({ names: [number], options }) {
      if (options.has('--list')) return { told: 'history', path: '/v1/config/history' };
      if (number !== undefined && !/^\d{1,9}$/.test(number)) return `${number} is no number of a Corefile`;
      return { method: 'POST', path: '/v1/config/rollback', body: number === undefined ? {} : { to: Number(number) } };
    },
  },
  upstreams: {
    options: ['--for='], most: 2,
    wanted({ names: [what, id], options }) {
      if (what === undefined) return { path: '/v1/upstreams' };
      if ((what !== 'drain' && what !== 'undrain') || id === undefined) return 'it takes drain ID and undrain ID';
      const path = `/v1/upstreams/${encodeURIComponent(id)}/drain`, time = options.get('--for');
      if (what === 'undrain') return { told: 'drain', method: 'DELETE', path };
      return { told: 'drain', method: 'POST', path, body: time === undefined ? {} : { for: time } };
    },
  },
  zones: {
    options: [], most: 2,
    wanted({ names: [what, zone] }) {
      if (what === undefined) return { path: '/v1/zones' };
      if ((what !== 'refresh' && what !== 'notify') || zone === undefined) return 'it takes refresh ZONE and notify ZONE';
      return { told: what, method: 'POST', path: `/v1/zones/${encodeURIComponent(zone)}/${what}`, body: {} };
    },
  },
  clusters: {
    options: [], most: 2,
    wanted({ names: [what, id] }) {
      if (what === undefined) return { path: '/v1/clusters' };
      if (what !== 'relist' || id === undefined) return 'it takes relist ID';
      return { told: what, method: 'POST', path: `/v1/clusters/${encodeURIComponent(id)}/relist`, body: {} };
    },
  },
  plugins: { options: [], most: 0, wanted: () => ({ path: '/v1/plugins' }) },
  log: {
    options: ['--for='], most: 2,
    wanted({ names: [level = '', plugin], options }) {
      if (level === 'list') return { path: '/v1/log' };
      if (level === 'usual') return { method: 'DELETE', path: `/v1/log?${new URLSearchParams(plugin === undefined ? {} : { plugin })}` };
      const time = options.get('--for');
      const body = { level, ...(plugin === undefined ? {} : { plugin }), ...(time === undefined ? {} : { for: time }) };
      return { method: 'PUT', path: '/v1/log', body };
    },
  },
  profile: {
    options: ['--thread=', '--for=', '--to='], most: 1,
    wanted({ names: [kind = 'cpu'], options }) {
      const thread = options.get('--thread') ?? '0', time = options.get('--for');
      if (!/^\d{1,3}$/.test(thread)) return `${thread} is no number of a thread`;
      const ending = kind === 'heap' ? 'heapsnapshot' : kind === 'cpu' ? 'cpuprofile' : 'heapprofile';
      const body = { kind, thread: Number(thread), ...(time === undefined ? {} : { for: time }) };
      return { method: 'POST', path: '/v1/profile', body, file: options.get('--to') ?? `${kind}-${thread}.${ending}` };
    },
  },
};

/** Says one word to a server and sets the exit status. */
export async function adminCommand(word: AdminWord, args: readonly string[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) return void process.stdout.write(USAGE);
  const { most, wanted } = VERBS[word];
  const line = readLine(args, [...VERBS[word].options, '--server=', '--json']);
  if (typeof line === 'string') return refuse(word, line);
  const stray = line.names[most];
  if (stray !== undefined) return refuse(word, `${stray} is nothing that it takes`);
  const server = line.options.get('--server') ?? USUAL, isJson = line.options.has('--json');
  const own = new Map([...line.options].filter(([name]) => name !== '--server' && name !== '--json'));
  const asked = wanted({ names: line.names, options: own });
  if (typeof asked === 'string') return refuse(word, asked);
  const { told = word, method = 'GET', path, body, file } = asked;
  const say = async (): Promise<void> => {
    const said = await ask(server, method, path, body).catch((error: NodeJS.ErrnoException): Said | NodeJS.ErrnoException => error);
    tell(word, server, said, (text) => (
      file !== undefined ? written(file, text) : isJson ? text : IN_WORDS[told]!(JSON.parse(text) as never)));
  };
  if (word !== 'top' || isJson || process.stdout.isTTY !== true) return say();
  // The cursor goes to the corner and what stood there is wiped out, until somebody ends it.
  for (process.exitCode = 0; process.exitCode === 0;) {
    process.stdout.write('\x1b[H\x1b[J');
    await say();
    await new Promise((resolve) => setTimeout(resolve, AGAIN));
  }
}
/** It may have secrets: nobody else is to read it. */
function written(file: string, text: string): string {
  try {
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
    return `${file} is written\n`;
  } catch (error) {
    process.exitCode = 1;
    return `${fileError(error, file)}\n`;
  }
}
function readLine(args: readonly string[], known: readonly string[]): Line | string {
  const names: string[] = [];
  const options = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (!arg.startsWith('-')) names.push(arg);
    else if (known.includes(arg)) options.set(arg, '');
    else if (!known.includes(`${arg}=`)) return `${arg} is nothing that it takes`;
    else if (args[i + 1] === undefined) return `${arg} wants something behind it`;
    else options.set(arg, args[++i]!);
  }
  return { names, options };
}
/** Asks a server why it answers as it does. */
export async function explainAt(server: string, question: ExplainedQuestion, json: boolean): Promise<void> {
  const { name, type, client, tcp, view, at, dnssecOk } = question;
  const query = new URLSearchParams({ name: name.text, type: typeName(type), client });
  if (tcp) query.set('tcp', '1');
  if (dnssecOk) query.set('do', '1');
  if (view !== undefined) query.set('view', view);
  if (at !== undefined) query.set('server', at.includes('://') ? at : `dns://${at}`);
  const accept = json ? 'application/json' : 'text/plain';
  const said = await ask(server, 'GET', `/v1/explain?${query}`, undefined, accept).catch((error: NodeJS.ErrnoException) => error);
  tell('explain', server, said, (text) => text);
}

function refuse(word: string, reason: string): void {
  process.stderr.write(`coredns-ts ${word}: ${reason}\n${USAGE}`);
  process.exitCode = 2;
}
