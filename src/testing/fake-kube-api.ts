// A scripted Kubernetes API server on one loopback port: lists, pages, watches and watch-lists, over HTTP or TLS, in JSON and in the
// binary form (kube-forms.ts). Knows requests and answers; the objects are in kube-store.ts, and what goes wrong in kube-faults.ts.
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { systemClock } from '../kernel/clock.ts';
import type { Clock } from '../kernel/clock.ts';
import { KubeFaults } from './kube-faults.ts';
import { acceptsBinary, binaryForm, jsonForm } from './kube-forms.ts';
import type { KubeForm } from './kube-forms.ts';
import { KubeRefusal, acceptsJson, checkKubeQuery, expired, readKubeQuery, refuse, tooLarge } from './kube-request.ts';
import type { KubeQuery } from './kube-request.ts';
import { KubeStore, kubeResource } from './kube-store.ts';
import type { KubeChange, KubeObject, KubeResource } from './kube-store.ts';
import { KubeStream } from './kube-stream.ts';
import { KubeWatch } from './kube-watch.ts';

/** How the server is made. */
export interface FakeKubeApiOptions {
  /** Certificate and key in PEM; with `clientAuthority`, clients must show a certificate that it signed. */
  readonly tls?: { readonly certificate: string; readonly key: string; readonly clientAuthority?: string };
  /** What clients must bear. */
  readonly token?: string;
  /** Says how mixed events are mixed. */
  readonly seed?: number;
  /** How many changes are remembered at least: 10,000. */
  readonly history?: number;
  /** What `timeoutSeconds` of a watch is measured with. */
  readonly clock?: Clock;
}
/** A request that came. */
export interface KubeRequest {
  /** The path with its parameters. */
  readonly url: string;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
}
/** How `sendInitialEvents` is met: as a server does that knows it, one that refuses it (422), or one that never heard of it. */
export type WatchListSupport = 'known' | 'refused' | 'ignored';

/** Milliseconds of real time for which `when` waits. */
const PATIENCE = 30_000;
const JSON_TYPE = { 'content-type': 'application/json' };

/** A Kubernetes API for tests. Nothing happens by time, but for `timeoutSeconds` of a watch. */
export class FakeKubeApi {
  readonly store: KubeStore;
  /** What goes wrong. */
  readonly faults: KubeFaults;
  /** The requests since the list was last emptied, refused ones too. */
  readonly requests: KubeRequest[] = [];
  /** What clients must bear; undefined lets everybody in. */
  token: string | undefined;
  watchList: WatchListSupport = 'known';
  /** Versions of collections that are served in another one than usual. */
  readonly versions = new Map<KubeResource, string>();
  /** Whether it speaks the binary form to those who ask for it, as the real API does where there is one. */
  binary = true;
  /** Lists that give a limit get no more objects a page than this, as the real API may do. */
  pageSize = Number.POSITIVE_INFINITY;
  readonly #options: FakeKubeApiOptions;
  readonly #connections = new Set<Socket>();
  readonly #waiting = new Set<() => void>();
  #server: Server | undefined;
  #port = 0;

  constructor(options: FakeKubeApiOptions = {}) {
    this.#options = options;
    this.token = options.token;
    this.store = new KubeStore(options.history ?? 10_000);
    this.faults = new KubeFaults(options.seed ?? 1, () => {
      this.store.compact();
      return this.store.version;
    });
  }
  /** The port, once it listens. */
  get port(): number {
    return this.#port;
  }
  /** Where it listens. */
  get url(): string {
    return `http${this.#options.tls === undefined ? '' : 's'}://127.0.0.1:${this.#port}`;
  }
  /** Listens: on the port it had before, if it had one. */
  async up(): Promise<void> {
    if (this.#server !== undefined) return;
    const { tls } = this.#options;
    const serve = (request: IncomingMessage, response: ServerResponse) => this.#serve(request, response);
    const server = tls === undefined ? createServer(serve) : createTlsServer({
      cert: tls.certificate, key: tls.key,
      ...(tls.clientAuthority === undefined ? {} : { ca: tls.clientAuthority, requestCert: true, rejectUnauthorized: true }),
    }, serve);
    Object.assign(server, { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 });
    server.on('connection', (socket: Socket) => {
      this.#connections.add(socket);
      socket.on('close', () => this.#connections.delete(socket));
    });
    await new Promise<void>((resolve, reject) => void server.once('error', reject).listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }
  /** Stops listening and drops its connections: later ones are refused. The objects stay. */
  async down(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.#connections) socket.destroy();
    await closed;
  }

  /** Puts objects in, by the names of their collections, in any spelling (`endpointSlices`). */
  load(cluster: { readonly [collection: string]: readonly KubeObject[] | undefined }): void {
    for (const [name, objects = []] of Object.entries(cluster)) {
      const resource = kubeResource(name);
      for (const object of objects) this.add(resource, object);
    }
  }
  /** A new object, which gets kind, uid, creationTimestamp and resourceVersion. */
  add(resource: KubeResource, object: KubeObject): void {
    this.#tell(this.store.add(resource, object));
  }
  /** An object in place of the one with its name. */
  update(resource: KubeResource, object: KubeObject): void {
    this.#tell(this.store.update(resource, object));
  }
  /** Takes an object away: `namespace/name`, or a name. */
  delete(resource: KubeResource, key: string): void {
    this.#tell(this.store.delete(resource, key));
  }
  /** An object just as it is, however odd; `key` is what `delete` knows it by. */
  putAsIs(resource: KubeResource, key: string, object: KubeObject): void {
    this.#tell(this.store.putAsIs(resource, key, object));
  }
  #tell(change: KubeChange): void {
    const { copies, order } = this.faults.of(change.resource);
    for (const watch of this.faults.watches) watch.take(change, order, copies);
  }
  /** Sends the version to the watches that want bookmarks, after events that were kept back. */
  bookmark(resource: KubeResource): void {
    this.faults.flush(resource);
    for (const watch of this.faults.watches) if (watch.query.resource === resource) watch.bookmark(this.store.version);
  }
  /** How many watches of a resource are open. */
  watches(resource: KubeResource): number {
    return [...this.faults.watches].filter(({ query, stream }) => query.resource === resource && !stream.over).length;
  }
  /** Resolves as soon as the condition holds; it is looked at whenever a request comes, or an answer ends. Rejects after half a minute. */
  async when(condition: () => boolean): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (!condition()) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`waited in vain for the API's clients; they asked ${this.requests.map(({ url }) => url).join(' ')}`));
      }, PATIENCE);
      this.#waiting.add(look);
    });
  }
  #look(): void {
    for (const look of [...this.#waiting]) look();
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push({ url: request.url ?? '', headers: request.headers });
    try {
      this.#answer(request, response);
    } catch (error) {
      const refusal = error instanceof KubeRefusal ? error : refuse(500, String(error));
      const { code, status, retryAfter } = refusal;
      const form = this.#form(request.headers.accept, 'services') ?? jsonForm('services');
      response.writeHead(code, { 'content-type': form.type, ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }) });
      response.end(form.object(status), form.encoding);
    }
    this.#look();
  }
  #answer({ url = '/', headers, method }: IncomingMessage, response: ServerResponse): void {
    if (this.token !== undefined && headers.authorization !== `Bearer ${this.token}`) throw refuse(401, 'Unauthorized');
    const { pathname } = new URL(url, 'http://kube');
    if (pathname === '/version') return void response.writeHead(200, JSON_TYPE).end('{"major":"1","minor":"35","gitVersion":"v1.35.0"}');
    if (/^\/(livez|readyz|healthz)$/.test(pathname)) return void response.end('ok');
    const query = readKubeQuery(url, this.versions);
    if (method !== 'GET') throw refuse(405, 'the server does not allow this method on the requested resource');
    const form = this.#form(headers.accept, query.resource);
    if (form === undefined) throw refuse(406, 'only the following media types are accepted: application/json');
    this.faults.check(query);
    if (query.name !== undefined) return this.#object(query, response, form);
    if (!query.watch || this.watchList === 'known') checkKubeQuery(query);
    if (query.watch) this.#watch(query, response, form);
    else this.#list(query, response, form);
  }
  /** What the client wants most of what there is. */
  #form(accept: string | undefined, resource: KubeResource): KubeForm | undefined {
    const binary = this.binary && acceptsBinary(accept) ? binaryForm(resource) : undefined;
    return binary ?? (acceptsJson(accept) ? jsonForm(resource) : undefined);
  }
  #stream({ resource, watch }: KubeQuery, response: ServerResponse, form: KubeForm): KubeStream {
    const { stalled, held } = this.faults.of(resource);
    const type = { 'content-type': watch ? form.watchType : form.type };
    const stream = new KubeStream(resource, response, type, stalled, held && !watch ? 0 : Number.POSITIVE_INFINITY, form.encoding);
    this.faults.streams.add(stream);
    response.on('close', () => {
      this.faults.streams.delete(stream);
      this.#look();
    });
    return stream;
  }

  #object({ resource, namespace, name }: KubeQuery, response: ServerResponse, form: KubeForm): void {
    const object = this.store.get(resource, namespace === undefined ? name! : `${namespace}/${name}`);
    if (object === undefined) throw refuse(404, `${resource} "${name}" not found`);
    response.writeHead(200, { 'content-type': form.type }).end(form.object(object), form.encoding);
  }
  #list(query: KubeQuery, response: ServerResponse, form: KubeForm): void {
    const { resource, selects, selected } = query;
    const { version, from, limit } = this.#page(query);
    const all = this.store.list(resource, version).filter(([key, object]) => key >= from && selects(object));
    const page = limit === 0 ? all : all.slice(0, Math.min(limit, this.pageSize));
    const next = all[page.length]?.[0];
    const more = next === undefined ? {} : {
      continue: Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: version, start: next })).toString('base64url'),
      ...(selected ? {} : { remainingItemCount: all.length - page.length }),
    };
    const metadata = { resourceVersion: String(version), ...more };
    const stream = this.#stream(query, response, form);
    stream.write(form.list(metadata, page.map(([, object]) => object)));
    stream.end();
  }
  /** Which version is listed, from which key on, and how many objects. Throws KubeRefusal. */
  #page(query: KubeQuery): { version: number; from: string; limit: number } {
    const { version: wanted, match, limit } = query;
    const { version: current, compacted } = this.store;
    if (query.continue !== '') {
      const { rv, start } = readContinue(query.continue);
      const late = 'The provided continue parameter is too old to display a consistent list result.';
      if (rv < compacted) throw refuse(410, late);
      return { version: rv, from: start, limit };
    }
    if (wanted !== undefined && wanted > current) throw tooLarge(wanted, current);
    const exact = match === 'Exact' || (match === '' && limit > 0 && (wanted ?? 0) > 0);
    if (exact && wanted! < compacted) throw expired(wanted!, compacted);
    return { version: exact ? wanted! : current, from: '', limit: wanted === 0 ? 0 : limit };
  }

  #watch(query: KubeQuery, response: ServerResponse, form: KubeForm): void {
    if (query.initialEvents !== undefined && this.watchList === 'refused') {
      const forbidden = 'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled';
      throw refuse(422, `ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: ${forbidden}`);
    }
    const { version: from } = query;
    const { version, compacted } = this.store;
    const initialEvents = this.watchList === 'known' ? query.initialEvents : undefined;
    if (initialEvents === true && from !== undefined && from > version) throw tooLarge(from, version);
    const watch = new KubeWatch(query, this.#stream(query, response, form), form);
    if (initialEvents ?? (from === undefined || from === 0)) {
      for (const [, object] of this.store.list(query.resource)) watch.initial(object);
      if (initialEvents === true) watch.bookmark(version, true);
    } else if (from !== undefined && from !== 0 && from < compacted) return watch.fail(expired(from, compacted).status);
    else for (const change of this.store.since(from || version)) watch.take(change, 'kept', 1);
    this.faults.watches.add(watch);
    const { timeoutSeconds } = query;
    const { clock = systemClock } = this.#options;
    const expire = () => this.faults.expire(watch, this.store.version);
    const cancel = timeoutSeconds === undefined ? () => {} : clock.after(timeoutSeconds * 1000, expire);
    response.on('close', () => {
      cancel();
      this.faults.watches.delete(watch);
      this.#look();
    });
  }
}

function readContinue(token: string): { rv: number; start: string } {
  try {
    const { rv, start } = JSON.parse(Buffer.from(token, 'base64url').toString()) as { rv: unknown; start: unknown };
    if (typeof rv === 'number' && typeof start === 'string') return { rv, start };
  } catch {
    // What is no JSON is refused as any other token that this server did not make.
  }
  throw refuse(400, 'continue key is not valid');
}
