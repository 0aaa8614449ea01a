// What the API has at its paths: one table, of which its description (OpenAPI 3.1) is made too. Knows a load of the server; knows no
// socket.
import { latin1Bytes } from '../dns/latin1.ts';
import { Name } from '../dns/name.ts';
import { problem } from '../http/problem.ts';
import type { HttpReply } from '../http/message.ts';
import type { Run, Served } from '../kernel/site/plugin.ts';
import { VERSION } from '../kernel/version.ts';
import { explained } from './explained.ts';
import { cached, concerned, flushUnder } from './kept.ts';
import { profile } from './profile.ts';
import { recentQuestions } from './queries.ts';
import { replyJson } from './reply.ts';
import { list, number, text, yes } from './route.ts';
import type { Asked, Load, Route } from './route.ts';
import { LISTED, distinct, latency, tops } from './tops.ts';
import { Watchers } from './watchers.ts';
import { withoutSecrets } from './written.ts';
import { clusters, relist } from './clusters.ts';
import { policies } from './policies.ts';
import { drain, plugins, threads, upstreams } from './things.ts';
import { notify, refresh, zones } from './zones.ts';

const notYet = problem(503, 'Nothing is served yet');

/** Every route. */
export const ROUTES: readonly Route[] = [
  {
    method: 'GET', role: 'read', path: '/v1/status', summary: 'What is served, and for how long.',
    answer: { version: text, uptime: number, ready: yes, addresses: list }, do: (_, load) => status(load),
  },
  {
    method: 'GET', role: 'read', path: '/v1/config', summary: 'The blocks that are served, as they were written; secrets are ***.',
    answer: { blocks: list }, do: (_, load) => config(load),
  },
  {
    method: 'PUT', role: 'admin', path: '/v1/config',
    summary: 'Puts a text in place of the file of the Corefile and takes it over; If-Match has the ETag that GET told.',
    body: { text, confirm: text }, answer: { changes: list, problems: list, reloaded: yes, etag: text },
    do: ({ body, exchange }, { run, configurations }) => configurations.put(run, body, exchange.field('if-match')),
  },
  {
    method: 'GET', role: 'read', path: '/v1/explain', summary: 'Why a question is answered as it is; the question is really asked.',
    parameters: { '!name': 'The name', '!type': 'The type', client: 'Who asks', server: 'The address', tcp: '1 is TCP', view: 'The view' },
    answer: { by: text, took: number, steps: list, skipped: list }, do: (asked, load) => explained(asked, load),
  },
  {
    method: 'GET', role: 'read', path: '/v1/queries', summary: 'The last questions, oldest first, and where to go on (next).',
    parameters: {
      filter: 'Words that all have to fit', after: 'The next of an answer before', limit: 'Questions at most',
      since: 'Milliseconds since 1970', until: 'The same',
    },
    answer: { queries: list, next: text, lost: number, left: number }, streams: true,
    do: ({ query, exchange }, { run, watchers }) => (
      Watchers.wants(exchange) ? watchers.queries(exchange, query) : recentQuestions(run, query, watchers.process)),
  },
  {
    method: 'GET', role: 'read', path: '/v1/events',
    summary: 'What happens: loads, warnings; as events, from now on or after Last-Event-ID.',
    parameters: { after: 'The id of an event before' }, answer: {}, streams: true,
    do: ({ query, exchange }, { watchers }) => (
      Watchers.wants(exchange) ? watchers.happenings(exchange, query) : problem(406, 'Not acceptable', 'Accept: text/event-stream')),
  },
  ...LISTED.map((what): Route => ({
    method: 'GET', role: 'read', path: `/v1/top/${what}`,
    summary: `What most questions of a minute were, by ${what}: count at most, count - error at least.`,
    parameters: { minute: 'now or last', limit: 'Rows at most' },
    answer: { at: text, rows: list, more: number }, do: ({ query }, { run }) => tops(run, what, query),
  })),
  {
    method: 'GET', role: 'read', path: '/v1/distinct',
    summary: 'How many different names and clients a minute had, and names under one name.',
    parameters: { minute: 'now or last' }, answer: { at: text, names: number, clients: number, under: list },
    do: ({ query }, { run }) => distinct(run, query),
  },
  {
    method: 'GET', role: 'read', path: '/v1/latency',
    summary: 'How many answers took how long, by second: [step, count]; steps begin at bounds (us).',
    parameters: { seconds: 'How many of the last 600' }, answer: { kinds: list, bounds: list, seconds: list },
    do: ({ query }, { watchers }) => latency(watchers.latency, query),
  },
  {
    method: 'GET', role: 'read', path: '/v1/cache', summary: 'What caches have under a name.',
    parameters: { under: 'A name', type: 'A type', limit: 'Entries at most', cursor: 'Where the answer before ended' },
    answer: { entries: list, more: number, cursor: text },
    do: ({ query }, { run }) => cached(run, query),
  },
  {
    method: 'POST', role: 'operate', path: '/v1/cache/flush',
    summary: 'What caches have of a name, under a name, or all of it, is asked for anew.',
    body: {
      name: { ...text, description: 'A name, and what is an alias of it' },
      under: { ...text, description: 'All names at and under this one' },
      type: { ...text, description: 'With under: of this type alone' }, all: yes,
      dryRun: { ...yes, description: 'Counts what that concerns, and does nothing' },
    },
    answer: { flushed: text }, do: flush,
  },
  {
    method: 'GET', role: 'read', path: '/v1/upstreams', summary: 'Whom parts ask, and whether those are up.', answer: { upstreams: list },
    do: (_, { run }) => upstreams(run),
  },
  {
    method: 'POST', role: 'operate', path: '/v1/upstreams/{id}/drain',
    summary: 'Leaves an upstream alone, for ten minutes where nothing is said.',
    body: { for: text }, answer: { id: text, until: text }, do: ({ at, body }, { run }) => drain(run, at['id']!, body, false),
  },
  {
    method: 'DELETE', role: 'operate', path: '/v1/upstreams/{id}/drain', summary: 'Asks an upstream again.',
    answer: { id: text }, do: ({ at }, { run }) => drain(run, at['id']!, {}, true),
  },
  {
    method: 'GET', role: 'read', path: '/v1/zones', summary: 'Zones that are served from files and the like.',
    parameters: { limit: 'Zones at most' }, answer: { zones: list, more: number }, do: ({ query }, { run }) => zones(run, query),
  },
  {
    method: 'POST', role: 'operate', path: '/v1/zones/{zone}/refresh',
    summary: 'Looks now whether there is a newer version of a zone: in its file, at its primaries.',
    body: {}, answer: { zone: text, refreshed: list }, do: ({ at }, { run }) => refresh(run, at['zone']!),
  },
  {
    method: 'POST', role: 'operate', path: '/v1/zones/{zone}/notify', summary: 'Tells the secondaries of a zone that it changed.',
    body: {}, answer: { zone: text, told: list }, do: ({ at }, { run }) => notify(run, at['zone']!),
  },
  {
    method: 'GET', role: 'read', path: '/v1/clusters', summary: 'Clusters that are followed, and how they are.', answer: { clusters: list },
    do: (_, { run }) => clusters(run),
  },
  {
    method: 'POST', role: 'operate', path: '/v1/clusters/{id}/relist', summary: 'Reads all of a cluster anew.',
    body: {}, answer: { id: text, relisted: list }, do: ({ at }, { run }) => relist(run, at['id']!),
  },
  {
    method: 'GET', role: 'read', path: '/v1/policy',
    summary: 'Rules by which questions and answers are judged: how many a list has, and how often each had a say since the process began.',
    answer: { policies: list }, do: (_, { run }) => policies(run),
  },
  {
    method: 'GET', role: 'read', path: '/v1/plugins', summary: 'The plugins of each block, in their order.', answer: { blocks: list },
    do: (_, { run }) => plugins(run),
  },
  {
    method: 'GET', role: 'read', path: '/v1/threads', summary: 'The threads that answer.', answer: { threads: list },
    do: (_, { run }) => threads(run),
  },
  {
    method: 'POST', role: 'admin', path: '/v1/reload',
    summary: 'Reads the Corefile again; with dryRun it says what differs; with confirm it goes back unless confirmed within that time.',
    body: { dryRun: yes, confirm: text }, answer: { changes: list, problems: list, reloaded: yes },
    do: ({ body }, { run, configurations }) => configurations.reload(run, body),
  },
  {
    method: 'POST', role: 'admin', path: '/v1/reload/confirm', summary: 'What was reloaded stays.', body: {}, answer: { confirmed: yes },
    do: (_, { configurations }) => configurations.confirm(),
  },
  {
    method: 'GET', role: 'read', path: '/v1/config/history', summary: 'The last eight Corefiles that served, and what differed.',
    answer: { configurations: list }, do: (_, { configurations }) => configurations.history,
  },
  {
    method: 'POST', role: 'admin', path: '/v1/config/rollback', summary: 'Takes over a Corefile that served: the one before, or number to.',
    body: { to: number }, answer: { to: number, changes: list },
    do: ({ body }, { run, configurations }) => configurations.rollback(run, body['to']),
  },
  {
    method: 'GET', role: 'read', path: '/v1/log', summary: 'Of which plugins the log says more or less than usual, and until when.',
    answer: { levels: list }, do: (_, { levels }) => levels.list,
  },
  {
    method: 'PUT', role: 'operate', path: '/v1/log',
    summary: 'The log says of a plugin (or of all) what is debug, info, warning or error and graver, for an hour where nothing is said.',
    body: { plugin: text, level: text, for: text }, answer: { levels: list }, do: ({ body }, { run, levels }) => levels.set(run, body),
  },
  {
    method: 'DELETE', role: 'operate', path: '/v1/log', summary: 'The log says as much of a plugin (or of all) as usual.',
    parameters: { plugin: 'The plugin' }, answer: { levels: list }, do: ({ query }, { levels }) => levels.undo(query.get('plugin') ?? ''),
  },
  {
    method: 'POST', role: 'admin', path: '/v1/profile',
    summary: 'Where the time of a thread goes (cpu), what it allocates (allocations), or all of its memory (heap): that holds every '
      + 'secret, and nothing is answered by the thread meanwhile.',
    body: { kind: text, thread: number, for: text }, answer: {}, do: ({ body }, { profiles }) => profile(profiles, body),
  },
];

function withServed(run: Run, then: (served: Served) => HttpReply): HttpReply {
  const served = run.whole.serving();
  return served === undefined ? notYet : then(served);
}

function config({ run, configurations }: Load): HttpReply {
  return withServed(run, ({ configuration }) => {
    const file = configurations.file(run);
    const reply = replyJson({ blocks: withoutSecrets(configuration.blocks), ...file });
    return file.etag === null ? reply : { ...reply, headers: { ETag: file.etag } };
  });
}
function status({ run, watchers }: Load): HttpReply {
  return withServed(run, ({ configuration }) => {
    const addresses = configuration.addresses.map(({ label, zones }) => ({
      address: label,
      blocks: zones.map(([zone, site]) => ({
        zone: Name.wire(zone).text, ...(site.view === '' ? {} : { view: site.view }),
        plugins: [...new Set(site.handlers.map(({ name }) => name))],
      })),
    }));
    const sites = new Set(configuration.addresses.flatMap(({ zones }) => zones.map(([, site]) => site)));
    const ready = [...sites].every(({ parts }) => parts.every(({ part }) => part.ready?.() ?? true));
    return replyJson({ version: VERSION, uptime: Math.round((run.clock.monotonic() - watchers.since) / 1000), ready, addresses });
  });
}

function flush({ body: { name: text, under, type, all, dryRun } }: Asked, { run, names }: Load): HttpReply | Promise<HttpReply> {
  if (dryRun === true) return concerned(run, { name: text, under, type, all });
  if (under !== undefined) return flushUnder(run, names, under, type);
  if (all === true) {
    names.all();
    return replyJson({ flushed: 'everything' });
  }
  const name = typeof text === 'string' ? Name.maybe(text) : undefined;
  if (name === undefined) return problem(400, 'No name, nothing under one, and not all', 'the body is like {"name": "www.example.org"}');
  names.changed(latin1Bytes(name.key), 0);
  return replyJson({ flushed: name.text });
}
