// What the API has at its paths: one table, of which its description (OpenAPI 3.1) is made too. Knows a load of the server; knows no
// socket.
import { parseAddress } from '../dns/address.ts';
import { latin1Bytes } from '../dns/latin1.ts';
import { encodeMessage } from '../dns/message.ts';
import { RD, message } from '../dns/parts.ts';
import { Name } from '../dns/name.ts';
import { CLASS, typeByName } from '../dns/type-name.ts';
import { explain } from '../explain/ask.ts';
import type { ServedAddress } from '../explain/ask.ts';
import { explanationJson } from '../explain/json.ts';
import { explanationText } from '../explain/text.ts';
import { problem } from '../http/problem.ts';
import type { Exchange } from '../http/exchange.ts';
import type { HttpReply } from '../http/message.ts';
import type { Run, Served } from '../kernel/site/plugin.ts';
import { VERSION } from '../kernel/version.ts';
import type { Role } from '../secure/tokens.ts';
import type { ZoneChanges } from '../store/changes.ts';
import { cached, flushUnder } from './kept.ts';
import { recentQuestions } from './queries.ts';
import { replyJson } from './reply.ts';
import { LISTED, distinct, latency, tops } from './tops.ts';
import { Watchers } from './watchers.ts';
import { withoutSecrets } from './written.ts';
import type { Configurations } from './configurations.ts';
import { clusters, relist } from './clusters.ts';
import { policies } from './policies.ts';
import { drain, plugins, threads, upstreams } from './things.ts';
import { notify, refresh, zones } from './zones.ts';

/** A request as its route sees it. */
export interface Asked {
  /** What stands in the places of its path. */
  readonly at: { readonly [place: string]: string };
  readonly query: URLSearchParams;
  /** The object of its body; empty where there is none. */
  readonly body: { readonly [name: string]: unknown };
  /** Whether a person reads it: `Accept: text/plain`. */
  readonly plain: boolean;
  /** For replies that go on. */
  readonly exchange: Exchange;
}
/** A form of JSON, as OpenAPI describes it. */
export interface Schema {
  readonly type: string;
  readonly description?: string;
  readonly properties?: { readonly [name: string]: Schema };
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: boolean;
}
/** One thing that can be asked. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `/v1/upstreams/{id}/drain`. */
  readonly path: string;
  /** What one must be allowed: to look, to act, or to change. */
  readonly role: Role;
  readonly summary: string;
  /** Parameters behind `?`, and members of the body; those that begin with `!` are needed. */
  readonly parameters?: { readonly [name: string]: string };
  readonly body?: { readonly [name: string]: Schema };
  readonly answer: { readonly [name: string]: Schema };
  /** Whether events are told where they are asked for. */
  readonly streams?: true;
  /** undefined where a reply has begun that goes on. */
  readonly do: (asked: Asked, load: Load) => HttpReply | Promise<HttpReply> | undefined;
}
/** What is served, and who watches. */
export interface Load {
  readonly run: Run;
  /** Every name: caches know by it what is to be asked for anew. */
  readonly names: ZoneChanges;
  readonly watchers: Watchers;
  readonly configurations: Configurations;
}

const text: Schema = { type: 'string' }, list: Schema = { type: 'array' }, number: Schema = { type: 'number' };
const yes: Schema = { type: 'boolean' };
const notYet = problem(503, 'Nothing is served yet');

/** Every route. */
export const ROUTES: readonly Route[] = [
  {
    method: 'GET', role: 'read', path: '/v1/status', summary: 'What is served, and for how long.',
    answer: { version: text, uptime: number, ready: yes, addresses: list }, do: (_, load) => status(load),
  },
  {
    method: 'GET', role: 'read', path: '/v1/config', summary: 'The blocks that are served, as they were written; secrets are ***.',
    answer: { blocks: list },
    do: (_, { run }) => withServed(run, ({ configuration }) => replyJson({ blocks: withoutSecrets(configuration.blocks) })),
  },
  {
    method: 'GET', role: 'read', path: '/v1/explain', summary: 'Why a question is answered as it is; the question is really asked.',
    parameters: { '!name': 'The name', '!type': 'The type', client: 'Who asks', server: 'The address', tcp: '1 is TCP', view: 'The view' },
    answer: { by: text, took: number, steps: list, skipped: list }, do: (asked, load) => explained(asked, load),
  },
  {
    method: 'GET', role: 'read', path: '/v1/queries', summary: 'The last questions, oldest first, and where to go on (next).',
    parameters: { filter: 'Words that all have to fit', after: 'The next of an answer before', limit: 'Questions at most' },
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
    parameters: { under: 'A name', type: 'A type', limit: 'Entries at most' }, answer: { entries: list, more: number },
    do: ({ query }, { run }) => cached(run, query),
  },
  {
    method: 'POST', role: 'operate', path: '/v1/cache/flush',
    summary: 'What caches have of a name, under a name, or all of it, is asked for anew.',
    body: {
      name: { ...text, description: 'A name, and what is an alias of it' },
      under: { ...text, description: 'All names at and under this one' },
      type: { ...text, description: 'With under: of this type alone' }, all: yes,
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
];

function withServed(run: Run, then: (served: Served) => HttpReply): HttpReply {
  const served = run.whole.serving();
  return served === undefined ? notYet : then(served);
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

async function explained({ query, plain }: Asked, { run, watchers }: Load): Promise<HttpReply> {
  if (!watchers.explanations.take()) return { ...problem(429, 'Too many explanations'), headers: { 'Retry-After': '1' } };
  const served = run.whole.serving();
  if (served === undefined) return notYet;
  const [nameText = '', typeText = '', client = '127.0.0.1'] = ['name', 'type', 'client'].map((each) => query.get(each) ?? undefined);
  const name = Name.maybe(nameText);
  const type = typeByName(typeText.toUpperCase());
  if (name === undefined || nameText === '') return problem(400, 'No name', `name is "${nameText}"`);
  if (type === undefined) return problem(400, 'No type', `type is "${typeText}"`);
  if (parseAddress(client) === undefined) return problem(400, 'No address', `client is "${client}"`);
  const wanted = query.get('server') ?? undefined;
  const place = addressOf(served, name, wanted);
  if (place === undefined) {
    return problem(404, 'No such address', `there is ${served.configuration.addresses.map(({ label }) => label).join(', ')}`);
  }
  const { scheme } = place.address.endpoint;
  const transport = scheme === 'dns' ? (query.get('tcp') === '1' ? 'tcp' : 'udp') : scheme;
  const edns = { udpSize: 1232, version: 0, z: 0, extendedRcode: 0, dnssecOk: query.get('do') === '1', options: [] };
  const packet = encodeMessage(message({ id: 1, flags: RD, question: { name, type, class: CLASS.IN }, edns }), { compress: false });
  const explanation = await explain(place, { packet, client, transport, view: query.get('view') ?? undefined, isDry: true }, run.clock);
  return plain ? { status: 200, body: explanationText(explanation) } : replyJson(explanationJson(explanation));
}
/** The address with this label, or with the longest zone of the name, the first of several. */
function addressOf({ configuration, servers }: Served, name: Name, label: string | undefined): ServedAddress | undefined {
  const { addresses, blocks } = configuration;
  const fit = ({ zones }: (typeof addresses)[number]): number =>
    Math.max(-1, ...zones.map(([zone]) => (name.isUnder(Name.wire(zone)) ? zone.length : -1)));
  const fits = addresses.filter((address) => label === undefined || address.label === label);
  const [best] = fits.toSorted((one, other) => fit(other) - fit(one));
  return best && { address: best, service: servers.get(best.label)!, blocks };
}

function flush({ body: { name: text, under, type, all } }: Asked, { run, names }: Load): HttpReply | Promise<HttpReply> {
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
