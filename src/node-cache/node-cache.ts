// A server as the cache of a node: its addresses, the rules that bring it the questions, whether it answers itself, and its Corefile when a
// ConfigMap changes. Knows when; what is done stands in the files beside this one.
import { HttpServer } from '../http/server.ts';
import type { HttpHandler } from '../http/server.ts';
import { every } from '../kernel/clock.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/seen/log.ts';
import type { Metrics } from '../kernel/seen/metrics.ts';
import type { Served } from '../kernel/site/plugin.ts';
import { chooseRules } from './choose-rules.ts';
import { NodeCacheCounts } from './counts.ts';
import { HandoverSocket, askForPlace } from './handover.ts';
import type { Predecessor } from './handover.ts';
import type { NodeCacheConfiguration } from './configuration.ts';
import { Link } from './link.ts';
import type { NodeCacheOptions } from './options.ts';
import type { Rules } from './rules.ts';
import { SetupError } from './setup-error.ts';
import type { RunTool } from './tool.ts';

/** Milliseconds between questions to itself, and between looks at the folders. */
const ASK = 2000, LOOK = 10_000;

/** The server that it is the cache with. */
export interface CachingServer {
  readonly app: { readonly served: Served | undefined; reload(): Promise<void>; handOver(failed: AbortSignal): Promise<void> };
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
}
/** What it is made with. */
export interface NodeCacheParts {
  readonly options: NodeCacheOptions;
  readonly configuration: NodeCacheConfiguration;
  readonly run: RunTool;
  /** Who asks this server itself. */
  readonly probe: (clock: Clock) => SelfProbe;
  /** Whether a zone that is forwarded is answered. */
  readonly answersUpstream: (served: Served, clock: Clock) => Promise<boolean>;
  /** What is shown of metrics. */
  readonly show: (metrics: Metrics) => HttpHandler;
  /** Whether another process listens at one of the addresses. */
  readonly othersListen: () => boolean;
}

/** Asks this process a question at one of its addresses, from ports of its own. */
interface SelfProbe {
  readonly ports: readonly number[];
  /** Takes other ports. */
  renew(): Promise<void>;
  ask(address: string, port: number): Promise<boolean>;
  close(): void;
}

/** What goes along with the server. */
export class NodeCache {
  readonly #parts: NodeCacheParts;
  readonly #end = new AbortController();
  #server!: CachingServer;
  #counts!: NodeCacheCounts;
  #link: Link | undefined;
  #rules: Rules | undefined;
  #probe: SelfProbe | undefined;
  #metrics: HttpServer | undefined;
  /** The process before this one, and where the next one asks. */
  #before: Predecessor | undefined;
  #handover: HandoverSocket | undefined;
  /** What the Corefile that is served was made of. */
  #digest = '';
  #busy: Promise<void> = Promise.resolve();
  /** What whoever asks for readiness waits for. */
  readonly #missing = new Set<string>();
  #isLast = true;
  /** What stood there once, so that it is mended if it goes. */
  readonly #made = new Set<string>();
  /** Whether the rules were put in place. */
  #stand = false;
  readonly #told = new Map<string, string>();

  constructor(parts: NodeCacheParts) {
    this.#parts = parts;
  }
  /** What is not there yet; nothing any more once all was. */
  awaited(): readonly string[] {
    return [...this.#missing];
  }

  /** Before anything is opened: the addresses have to be there. */
  async begin(server: CachingServer): Promise<void> {
    const { options, configuration, run } = this.#parts;
    const { log, metrics, clock } = (this.#server = server);
    this.#counts = new NodeCacheCounts(metrics);
    configuration.complaints = (text) => {
      this.#counts.failed('configmap');
      log.error(text);
    };
    this.#digest = configuration.digest;
    log.info(`Using Corefile ${options.corefile}: ${configuration.summary}`);
    for (const text of options.idle) log.warning(text);
    this.#missing.add('answer to itself').add('upstream');
    if (options.handover !== '') this.#before = await askForPlace(options.handover, clock);
    if (this.#before !== undefined) log.info('Taking the place of the process before');
    try {
      this.#metrics = await HttpServer.open(options.metrics, clock);
      this.#metrics.route('/metrics', this.#parts.show(metrics), this.#end.signal);
    } catch (error) {
      log.error(`Failed to start metrics handler: ${(error as Error).message}`);
    }
    const { interfaceName: name, addresses, isIPv6, port, healthPort } = options;
    if (options.setsUpInterface) {
      this.#missing.add('interface');
      this.#link = new Link({ name, addresses, isIPv6, run, warn: (text) => log.warning(text) });
      await this.#tryTo('interface', () => this.#mend('interface', this.#link!));
    }
    const rules = await chooseRules(options.rules, { addresses, isIPv6, port, healthPort, run });
    if (rules === undefined) return log.info('Rules: none');
    this.#missing.add('rules');
    if ('said' in rules) {
      this.#counts.failed(rules.type);
      return log.error(rules.said);
    }
    this.#rules = rules;
    this.#explainRules(rules, addresses);
  }
  #explainRules({ name, endByThemselves }: Rules, addresses: readonly string[]): void {
    const { log } = this.#server;
    const alone = addresses.filter(isLinkLocal);
    if (!endByThemselves) {
      return log.warning(`Rules: ${name}: they stay where this process dies, and questions are lost until it is back `
        + '(-rules nft ends them in 6 s)');
    }
    log.info(`Rules: ${name}, renewed while this server answers itself, gone 6 s after it does not`);
    if (alone.length > 0) {
      log.warning(`Nobody takes the place of ${alone.join(', ')} where this process dies: a link-local address is this node's alone`);
    }
  }

  /** Everything listens. */
  serving(): void {
    const { options } = this.#parts;
    const { clock, log } = this.#server;
    const { signal } = this.#end;
    const report = (error: unknown): void => log.error(error instanceof Error ? error.message : String(error));
    this.#probe = this.#parts.probe(clock);
    if (options.handover !== '') this.#listen(options.handover);
    const turn = (): Promise<void> => this.#next(() => this.#ask());
    void turn().catch(report).then(() => every(clock, ASK, signal, report, turn));
    every(clock, options.interval, signal, report, () => this.#next(() => this.#check()));
    every(clock, LOOK, signal, report, () => this.#look());
  }
  #listen(path: string): void {
    const { app, log } = this.#server;
    const handover = new HandoverSocket(path, { write: (failed) => app.handOver(failed), log: (text) => log.info(text) });
    this.#handover = handover;
    handover.open().catch((error: Error) => log.error(`Nobody can take the place of this process: ${error.message}`));
  }
  /** A signal ends the process. Who is the last brings no more questions here, so that who asks from now on is answered by the cluster. */
  async leaving(): Promise<void> {
    this.#end.abort();
    await this.#busy;
    const hasNext = this.#handover?.hasNext === true || this.#parts.othersListen();
    this.#isLast = !this.#parts.options.skipsTeardown && !hasNext;
    const rules = this.#rules;
    if (this.#isLast && rules !== undefined && this.#stand) await this.#tryTo('rules', () => rules.stop());
  }
  /** Nothing is served any more. */
  async gone(): Promise<void> {
    this.#end.abort();
    this.#probe?.close();
    this.#before?.close();
    this.#handover?.close();
    const link = this.#link, rules = this.#rules;
    if (!this.#isLast || this.#parts.options.skipsTeardown) return this.#metrics?.close();
    if (rules !== undefined && this.#stand) await this.#tryTo('rules', () => rules.remove());
    if (link !== undefined) await this.#tryTo('interface', () => link.remove());
    await this.#metrics?.close();
  }

  /** One after the other: `nft` and `ip` are told one thing at a time. */
  #next(call: () => Promise<void>): Promise<void> {
    const done = this.#busy.then(call);
    this.#busy = done.catch(() => {});
    return done;
  }
  /** Asks itself, and renews the rules where it answers. */
  async #ask(): Promise<void> {
    const { addresses, port } = this.#parts.options;
    const probe = this.#probe!, rules = this.#rules;
    if (this.#end.signal.aborted) return;
    if (rules !== undefined && !this.#stand) {
      await probe.renew();
      // Those of iptables stand from now on: questions to itself come no other way.
      await this.#tryTo('rules', async () => {
        await this.#mend('rules', rules);
        await rules.renew([], probe.ports);
        this.#stand = true;
      });
    } else if (probe.ports.length === 0) await probe.renew();
    const answered = await Promise.all(addresses.map((address) => probe.ask(address, port)));
    const answering = addresses.filter((_, i) => answered[i]);
    if (answering.length === addresses.length) this.#recovered('answer');
    else await this.#silent(addresses.filter((_, i) => !answered[i]), probe);
    if (rules !== undefined && this.#stand && !this.#end.signal.aborted) {
      await this.#tryTo('rules', () => this.#renew(rules, answering, probe.ports));
    }
    if (answering.length > 0) this.#missing.delete('answer to itself');
    if (this.#missing.has('upstream')) await this.#askUpstream();
    // All that it needs is there: the process before may go.
    if (this.#missing.size === 0) this.#before?.taken();
  }
  async #renew(rules: Rules, answering: readonly string[], ports: readonly number[]): Promise<void> {
    try {
      await rules.renew(answering, ports);
    } catch (error) {
      // The table is gone: somebody flushed all rules.
      if (!(await rules.ensure())) throw error;
      this.#counts.mended('rules');
      await rules.renew(answering, ports);
    }
    if (answering.length > 0) this.#missing.delete('rules');
  }
  async #silent(addresses: readonly string[], probe: SelfProbe): Promise<void> {
    this.#tell('answer', `No answer to itself at ${addresses.join(', ')}`);
    await probe.renew();
    // An address that went is back at once, and not in a minute.
    if (this.#link !== undefined) await this.#tryTo('interface', () => this.#mend('interface', this.#link!));
  }
  async #askUpstream(): Promise<void> {
    const { served } = this.#server.app;
    const answered = served !== undefined && await this.#parts.answersUpstream(served, this.#server.clock).catch(() => false);
    if (answered) this.#missing.delete('upstream');
  }
  /** Looks whether somebody took away what was set up. */
  async #check(): Promise<void> {
    if (this.#end.signal.aborted) return;
    const link = this.#link, rules = this.#rules;
    if (link !== undefined) await this.#tryTo('interface', () => this.#mend('interface', link));
    if (rules !== undefined && this.#stand) await this.#tryTo('rules', () => this.#mend('rules', rules));
  }
  async #mend(what: 'interface' | 'rules', thing: Link | Rules): Promise<void> {
    const isNew = await thing.ensure();
    if (what === 'interface') this.#missing.delete('interface');
    const first = !this.#made.has(what);
    this.#made.add(what);
    if (!isNew) return;
    const { log } = this.#server;
    if (first) return what === 'interface' ? log.info(`Added interface - ${this.#parts.options.interfaceName}`) : undefined;
    this.#counts.mended(what);
    log.warning(`The ${what} had gone, and is back`);
  }
  async #look(): Promise<void> {
    const { configuration } = this.#parts;
    configuration.text();
    if (configuration.digest === this.#digest) return;
    this.#digest = configuration.digest;
    this.#server.log.info(`A ConfigMap has changed: ${configuration.summary}`);
    await this.#server.app.reload().catch(() => this.#counts.failed('configmap'));
  }

  /** Does it; what fails is counted, and told where it is something else than before. */
  async #tryTo(what: string, call: () => Promise<void>): Promise<void> {
    try {
      await call();
      this.#recovered(what);
    } catch (error) {
      if (error instanceof SetupError) this.#counts.failed(error.type);
      this.#tell(what, (error as Error).message);
    }
  }
  #tell(what: string, text: string): void {
    if (this.#told.get(what) === text) return;
    this.#told.set(what, text);
    this.#server.log.error(text);
  }
  #recovered(what: string): void {
    if (this.#told.delete(what)) this.#server.log.info(`${what}: all is well again`);
  }
}
/** Of this machine's networks alone (RFC 3927, RFC 4291 2.5.6). */
const isLinkLocal = (address: string): boolean => /^169\.254\.|^fe[89ab]/i.test(address);
